//! What Meta would tell of the demo's account, for those who ask: an invented app, account and number.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    stage::PHONE_NUMBER_ID,
    year::{STANDINGS, WABA},
};

const APP: &str = "660011223344550";
/// On this machine, where nobody answers: the doctor rings there, and a demo asks nothing of the world.
const CALLBACK: &str = "https://127.0.0.1:9/webhook";

/// The answers by the path of the question.
pub(super) fn answers() -> BTreeMap<String, Value> {
    let scopes = ["whatsapp_business_messaging", "whatsapp_business_management"];
    let token = json!({ "data": {
        "app_id": APP, "is_valid": true, "expires_at": 0, "data_access_expires_at": 0, "scopes": scopes,
        "granular_scopes": scopes.map(|scope| json!({ "scope": scope, "target_ids": [WABA] })),
    } });
    let fields = ["messages", "user_preferences", "standby"].map(|name| json!({ "name": name }));
    let subscriptions = json!({ "data": [{
        "object": "whatsapp_business_account", "callback_url": CALLBACK,
        "active": true, "fields": fields,
    }] });
    let subscribed = json!({ "data": [{ "whatsapp_business_api_data": { "id": APP, "name": "Acme" } }] });
    // As its news of the year ended.
    let number = json!({
        "id": PHONE_NUMBER_ID, "display_phone_number": "+1 555-765-4321", "verified_name": "Acme",
        "name_status": "APPROVED", "status": "CONNECTED", "quality_rating": "RED",
        "throughput": { "level": "STANDARD" }, "whatsapp_business_manager_messaging_limit": "TIER_10K",
    });
    let templates = (1..).zip(STANDINGS).map(|(id, (name, category, score))| {
        json!({ "id": id.to_string(), "name": name, "language": "es_MX", "status": "APPROVED", "category": category,
            "quality_score": { "score": score }, "rejected_reason": "NONE" })
    });
    let templates = json!({ "data": templates.collect::<Vec<_>>() });
    BTreeMap::from([
        ("debug_token".to_owned(), token),
        (format!("{APP}/subscriptions"), subscriptions),
        (format!("{WABA}/subscribed_apps"), subscribed),
        (format!("{WABA}/phone_numbers"), json!({ "data": [number.clone()] })),
        (format!("{WABA}/message_templates"), templates),
        (PHONE_NUMBER_ID.to_owned(), number),
    ])
}
