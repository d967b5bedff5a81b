//! What Meta knows: the tokens, the app's webhooks, the accounts, the numbers.

mod number;

use std::collections::{BTreeMap, BTreeSet};

use secrecy::SecretString;

use super::{Finding, Said, days_until};
use crate::{
    cloud_api::{AccountError, CloudApi, Number, SubscribedApp, Subscription, TokenInfo},
    config::{Business, Settings},
};

const TOKEN: &str = "meta.token";
const PERMISSIONS: &str = "meta.permissions";
const APP_SECRET: &str = "meta.app_secret";
const CALLBACK: &str = "meta.callback";
const FIELDS: &str = "meta.fields";
const SUBSCRIBED: &str = "meta.subscribed";
const OVERRIDE: &str = "meta.override";
const NUMBERS: &str = "meta.numbers";

const MESSAGING: &str = "whatsapp_business_messaging";
const MANAGEMENT: &str = "whatsapp_business_management";
/// Tokens with less time left are renewed now, days.
const SOON: i64 = 14;
const NEW_TOKEN: &str = "token.new";
/// Meta's code for an access token that is not, or no longer, good.
const BAD_TOKEN: i64 = 190;

/// What was found, and where Meta sends webhooks.
#[derive(Debug, Default)]
pub struct Told {
    /// In the order in which it was looked at.
    pub findings: Vec<Finding>,
    /// The app's callback URL.
    pub callback: Option<String>,
}

/// An app, as Meta tells of it.
struct App {
    callback: Option<String>,
}

/// Asks Meta about every business. `own` is the address that the service is meant to have, `now` in unix seconds.
pub async fn examine(settings: &Settings, api: &CloudApi, own: Option<&str>, now: i64) -> Told {
    let mut told = Told::default();
    let mut apps: BTreeMap<String, App> = BTreeMap::new();
    for business in &settings.businesses {
        let slug = business.slug.as_str();
        let Some(token) = &business.access_token else {
            told.findings.push(Finding::unchecked(TOKEN, "token.none").of(slug));
            continue;
        };
        let info = match api.token_info(token).await {
            Ok(info) => info,
            Err(error) => {
                told.findings.push(token_refused(error).of(slug));
                if error == AccountError::Unreachable {
                    break;
                }
                continue;
            }
        };
        told.findings.extend(judge_token(&info, now).into_iter().map(|finding| finding.of(slug)));
        if !apps.contains_key(&info.app_id) && !info.app_id.is_empty() {
            let app = examine_app(settings, api, &info.app_id, own, &mut told.findings).await;
            told.callback = told.callback.or_else(|| app.callback.clone());
            apps.insert(info.app_id.clone(), app);
        }
        let callback = apps.get(&info.app_id).and_then(|app| app.callback.as_deref()).or(own);
        examine_accounts((business, token), api, &info, callback, &mut told.findings).await;
    }
    told
}

fn token_refused(error: AccountError) -> Finding {
    match error {
        AccountError::Unreachable | AccountError::Unreadable => Finding::unchecked(TOKEN, said(error)),
        AccountError::Refused { code: Some(BAD_TOKEN), .. } => {
            Finding::problem(TOKEN, "token.refused", NEW_TOKEN)
        }
        AccountError::Refused { .. } => Finding::problem(TOKEN, said(error), NEW_TOKEN),
    }
}

fn judge_token(info: &TokenInfo, now: i64) -> Vec<Finding> {
    if !info.is_valid {
        return vec![Finding::problem(TOKEN, "token.invalid", NEW_TOKEN)];
    }
    let ends = [info.expires_at, info.data_access_expires_at].into_iter().filter(|end| *end > 0).min();
    let token = match ends.map(|end| days_until(end, now)) {
        Some(days) if days < 0 => Finding::problem(TOKEN, "token.expired", NEW_TOKEN),
        Some(days) if days < SOON => {
            Finding::problem(TOKEN, Said::of("token.expires").with("days", days), NEW_TOKEN)
        }
        Some(days) => Finding::warning(TOKEN, Said::of("token.expires").with("days", days), NEW_TOKEN),
        None => Finding::ok(TOKEN, "token.valid"),
    };
    let missing = |scope: &&str| !info.scopes.iter().any(|has| has == scope);
    let lacks: Vec<_> = [MESSAGING, MANAGEMENT].into_iter().filter(missing).collect();
    let permissions = match lacks.as_slice() {
        [] => Finding::ok(
            PERMISSIONS,
            Said::of("permissions.fine").with("permissions", format!("{MESSAGING}, {MANAGEMENT}")),
        ),
        [MANAGEMENT] => Finding::warning(
            PERMISSIONS,
            Said::of("permissions.no_management").with("permission", MANAGEMENT),
            NEW_TOKEN,
        ),
        lacks => Finding::problem(
            PERMISSIONS,
            Said::of("permissions.missing").with("permissions", lacks.join(", ")),
            NEW_TOKEN,
        ),
    };
    vec![token, permissions]
}

async fn examine_app(
    settings: &Settings,
    api: &CloudApi,
    app: &str,
    own: Option<&str>,
    findings: &mut Vec<Finding>,
) -> App {
    let mut asked = None;
    for secret in &settings.meta.app_secrets {
        let answer = api.subscriptions(app, secret).await;
        let done = !matches!(answer, Err(AccountError::Refused { .. }));
        asked = Some(answer);
        if done {
            break;
        }
    }
    let subscriptions = match asked {
        Some(Ok(subscriptions)) => {
            findings.push(Finding::ok(APP_SECRET, "app_secret.of_this_app").of(app));
            subscriptions
        }
        Some(Err(error @ AccountError::Refused { .. })) => {
            let told = with_answer("app_secret.of_another", error);
            findings.push(Finding::problem(APP_SECRET, told, "app_secret.of_another.advice").of(app));
            return App { callback: None };
        }
        Some(Err(error)) => {
            findings.push(Finding::unchecked(APP_SECRET, said(error)).of(app));
            return App { callback: None };
        }
        None => {
            findings.push(Finding::unchecked(APP_SECRET, "app_secret.none").of(app));
            return App { callback: None };
        }
    };
    let ours = subscriptions.iter().find(|one| one.object == "whatsapp_business_account");
    findings.extend(judge_subscription(ours, own).into_iter().map(|finding| finding.of(app)));
    App { callback: ours.map(|one| one.callback_url.clone()).filter(|url| !url.is_empty()) }
}

fn judge_subscription(ours: Option<&Subscription>, own: Option<&str>) -> Vec<Finding> {
    let Some(ours) = ours else {
        return vec![Finding::problem(CALLBACK, "callback.none", "callback.none.advice")];
    };
    let place = place(&ours.callback_url);
    let told = |code| Said::of(code).with("place", &place);
    let callback = match own {
        _ if !ours.active => {
            Finding::problem(CALLBACK, told("callback.inactive"), "callback.inactive.advice")
        }
        Some(own) if !same_place(own, &ours.callback_url) => {
            Finding::problem(CALLBACK, told("callback.elsewhere"), "callback.elsewhere.advice")
        }
        _ => Finding::ok(CALLBACK, told("callback.fine")),
    };
    let lacks = |field: &str| !ours.fields.iter().any(|one| one.name == field);
    let mut fields = Vec::new();
    for (field, loss) in [("messages", "fields.no_messages"), ("user_preferences", "fields.no_preferences")] {
        if lacks(field) {
            let advice = Said::of("fields.subscribe").with("field", field);
            fields.push(Finding::problem(FIELDS, loss, advice));
        }
    }
    if lacks("standby") {
        fields.push(Finding::warning(FIELDS, "fields.no_standby", "fields.no_standby.advice"));
    }
    if fields.is_empty() {
        fields.push(Finding::ok(FIELDS, "fields.fine"));
    }
    fields.insert(0, callback);
    fields
}

async fn examine_accounts(
    (business, token): (&Business, &SecretString),
    api: &CloudApi,
    info: &TokenInfo,
    callback: Option<&str>,
    findings: &mut Vec<Finding>,
) {
    let accounts = accounts(business, info);
    if accounts.is_empty() {
        let told = Said::of("accounts.unknown").with("business", &business.slug);
        findings.push(Finding::unchecked(SUBSCRIBED, told).of(&business.slug));
    }
    let mut seen: BTreeMap<String, Number> = BTreeMap::new();
    for account in &accounts {
        match api.subscribed_apps(token, account).await {
            Ok(apps) => findings.extend(
                judge_account(&apps, &info.app_id, callback).into_iter().map(|finding| finding.of(account)),
            ),
            Err(error) => findings.push(unseen(SUBSCRIBED, error).of(account)),
        }
        match api.numbers(token, account).await {
            Ok(numbers) => seen.extend(numbers.into_iter().map(|number| (number.id.clone(), number))),
            Err(error) => findings.push(unseen(NUMBERS, error).of(account)),
        }
    }
    for id in &business.phone_number_ids {
        if seen.contains_key(id) {
            continue;
        }
        match api.number(token, id).await {
            Ok(number) => drop(seen.insert(id.clone(), number)),
            Err(error) => findings.push(unseen(NUMBERS, error).of(id)),
        }
    }
    for (id, number) in &seen {
        let served = business.owns_every_number
            || business.phone_number_ids.contains(id)
            || (business.phone_number_ids.is_empty() && !business.waba_ids.is_empty());
        if !served {
            let advice = Said::of("number.of_nobody.advice").with("business", &business.slug);
            findings.push(Finding::warning(NUMBERS, "number.of_nobody", advice).of(id));
            continue;
        }
        findings.extend(number::judge(number, callback).into_iter().map(|finding| finding.of(id)));
    }
}

/// The accounts of a business: those of the settings, or those that its token was made for.
fn accounts(business: &Business, info: &TokenInfo) -> BTreeSet<String> {
    if !business.waba_ids.is_empty() {
        return business.waba_ids.iter().cloned().collect();
    }
    let ours = info.granular_scopes.iter().filter(|one| one.scope == MANAGEMENT || one.scope == MESSAGING);
    ours.flat_map(|one| one.target_ids.iter().cloned()).collect()
}

fn judge_account(apps: &[SubscribedApp], app: &str, callback: Option<&str>) -> Vec<Finding> {
    let Some(ours) = apps.iter().find(|one| one.whatsapp_business_api_data.id == app) else {
        return vec![Finding::problem(SUBSCRIBED, "account.not_subscribed", "account.not_subscribed.advice")];
    };
    let mut findings = vec![Finding::ok(SUBSCRIBED, "account.subscribed")];
    let elsewhere = ours.override_callback_uri.as_deref().filter(|url| !url.is_empty());
    findings.extend(elsewhere.and_then(|url| split(url, callback, "override.of_account.advice")));
    findings
}

/// `messages` go elsewhere than all other fields: an override moves that field alone.
fn split(url: &str, callback: Option<&str>, remedy: &'static str) -> Option<Finding> {
    if callback.is_some_and(|callback| same_place(url, callback)) {
        return None;
    }
    let told = match callback {
        Some(callback) => Said::of("override.splits").with("others", place(callback)),
        None => Said::of("override.splits_off"),
    };
    Some(Finding::warning(OVERRIDE, told.with("place", place(url)), remedy))
}

fn unseen(check: &'static str, error: AccountError) -> Finding {
    match error {
        AccountError::Refused { .. } => {
            Finding::problem(check, with_answer("meta.unseen", error), "meta.unseen.advice")
        }
        AccountError::Unreachable | AccountError::Unreadable => Finding::unchecked(check, said(error)),
    }
}

/// What Meta answered.
fn said(error: AccountError) -> Said {
    match error {
        AccountError::Refused { .. } => with_answer("meta.refused", error),
        AccountError::Unreachable => Said::of("meta.unreachable"),
        AccountError::Unreadable => Said::of("meta.unreadable"),
    }
}

/// With Meta's own code, which its documents explain, and the status.
fn with_answer(code: &'static str, error: AccountError) -> Said {
    let (number, status) = match error {
        AccountError::Refused { code, http_status } => (code.map(|code| code.to_string()), http_status),
        AccountError::Unreachable | AccountError::Unreadable => (None, 0),
    };
    Said::of(code).with("status", status).with("number", number.as_deref().unwrap_or("-"))
}

/// Host and path: what comes after may hold a secret.
fn place(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
    format!("{scheme}://{rest}")
}

fn same_place(one: &str, other: &str) -> bool {
    let plain = |url: &str| place(url).trim_end_matches('/').to_ascii_lowercase();
    plain(one) == plain(other)
}
