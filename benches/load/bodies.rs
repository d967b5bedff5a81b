//! Signed requests, each with ids of its own.

use baja::signature::sign;
use base64::{Engine, engine::general_purpose::STANDARD};

pub const SECRET: &str = "an-invented-app-secret";
pub const PHONE_NUMBER_ID: &str = "770099887766554";
/// When everything is said, unix seconds.
pub const TIMESTAMP: i64 = 1_795_430_400;

fn envelope(lists: &str) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"880011223344556","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15557654321","phone_number_id":"770099887766554"}},{lists}}}}}]}}]}}"#
    )
}

/// The phone, which has two spellings, and the user id of an invented person.
pub fn identifiers(number: usize) -> (String, String) {
    (format!("54911{number:08}"), format!("AR.2041776883{number:010}"))
}

/// A message id that looks like Meta's: the number and twenty random digits in base64.
pub fn wamid(number: usize) -> String {
    let random = (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let phone = identifiers(number).0;
    let inside = format!("\u{1c}\u{18}\r{phone}\u{15}\u{2}\0\u{12}\u{18}\u{14}{:020X}\0", random >> 48);
    format!("wamid.{}", STANDARD.encode(inside))
}

fn contact(number: usize) -> String {
    let (wa_id, user_id) = identifiers(number);
    format!(r#"{{"profile":{{"name":"Lucia Ejemplo"}},"wa_id":"{wa_id}","user_id":"{user_id}"}}"#)
}

fn message(number: usize, text: &str) -> String {
    let (wa_id, user_id) = identifiers(number);
    format!(
        r#"{{"from":"{wa_id}","from_user_id":"{user_id}","id":"{}","timestamp":"{TIMESTAMP}","type":"text","text":{{"body":"{text}"}}}}"#,
        wamid(number)
    )
}

pub fn status(number: usize) -> String {
    let (wa_id, user_id) = identifiers(number);
    envelope(&format!(
        r#""contacts":[{}],"statuses":[{{"id":"{}","status":"delivered","timestamp":"{TIMESTAMP}","recipient_id":"{wa_id}","recipient_user_id":"{user_id}","biz_opaque_callback_data":"tpl=spring_promo;topic=offers;cmp=77;segment=returning-customers;variant=b","conversation":{{"id":"0123456789abcdef0123456789abcdef","origin":{{"type":"marketing"}}}},"pricing":{{"billable":true,"pricing_model":"PMP","type":"regular","category":"marketing"}}}}]"#,
        contact(number),
        wamid(number)
    ))
}

pub fn chat(number: usize) -> String {
    let text = "Hola buenas tardes, queria saber si tienen el modelo azul en talla M y cuanto tarda el envio a Rosario";
    envelope(&format!(r#""contacts":[{}],"messages":[{}]"#, contact(number), message(number, text)))
}

pub fn stop(number: usize) -> String {
    envelope(&format!(r#""contacts":[{}],"messages":[{}]"#, contact(number), message(number, "BAJA")))
}

/// 100 messages, every tenth an opt-out.
pub fn batch(number: usize) -> String {
    many(number, 100, |index| if index % 10 == 0 { "BAJA" } else { "gracias, a que hora abren manana?" })
}

/// As many updates as Meta puts into one body, each an opt-out.
pub fn full_batch(number: usize) -> String {
    many(number, 1000, |_| "BAJA")
}

fn many(number: usize, size: usize, text: fn(usize) -> &'static str) -> String {
    let messages: Vec<_> =
        (0..size).map(|index| message((number * size + index) % 100_000_000, text(index))).collect();
    envelope(&format!(r#""messages":[{}]"#, messages.join(",")))
}

pub fn requests(count: usize, body: fn(usize) -> String) -> Vec<Vec<u8>> {
    requests_from(0, count, body)
}

pub fn requests_from(first: usize, count: usize, body: fn(usize) -> String) -> Vec<Vec<u8>> {
    (first..first + count).map(|number| request(&body(number))).collect()
}

/// A signed request with this body.
pub fn request(body: &str) -> Vec<u8> {
    request_with(&sign(SECRET, body.as_bytes()).unwrap(), body)
}

/// A request with this body and this header of a signature.
pub fn request_with(signature: &str, body: &str) -> Vec<u8> {
    let head = format!(
        "POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Hub-Signature-256: {signature}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body.as_bytes()].concat()
}
