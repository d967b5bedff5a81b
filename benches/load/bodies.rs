//! Signed requests, each with ids of its own.

use baja::signature::sign;

pub const SECRET: &str = "an-invented-app-secret";

fn envelope(lists: &str) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"880011223344556","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15557654321","phone_number_id":"770099887766554"}},{lists}}}}}]}}]}}"#
    )
}

fn person(number: usize) -> (String, String) {
    (format!("54911{number:08}"), format!("AR.2041776883{number:010}"))
}

fn contact(number: usize) -> String {
    let (wa_id, user_id) = person(number);
    format!(r#"{{"profile":{{"name":"Lucia Ejemplo"}},"wa_id":"{wa_id}","user_id":"{user_id}"}}"#)
}

fn message(number: usize, text: &str) -> String {
    let (wa_id, user_id) = person(number);
    format!(
        r#"{{"from":"{wa_id}","from_user_id":"{user_id}","id":"wamid.INVENTED{number:012}","timestamp":"1795430400","type":"text","text":{{"body":"{text}"}}}}"#
    )
}

pub fn status(number: usize) -> String {
    let (wa_id, user_id) = person(number);
    envelope(&format!(
        r#""contacts":[{}],"statuses":[{{"id":"wamid.HBgNNTQ5MTE1NTU1MDE0MhUCABEYEjRERUFEQkVFRkNBRkUwMTIzAA{number:012}","status":"delivered","timestamp":"1795431200","recipient_id":"{wa_id}","recipient_user_id":"{user_id}","biz_opaque_callback_data":"tpl=spring_promo;topic=offers;cmp=77;segment=returning-customers;variant=b","conversation":{{"id":"0123456789abcdef0123456789abcdef","origin":{{"type":"marketing"}}}},"pricing":{{"billable":true,"pricing_model":"PMP","type":"regular","category":"marketing"}}}}]"#,
        contact(number)
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
    let messages: Vec<_> = (0..100)
        .map(|index| {
            let text = if index % 10 == 0 { "BAJA" } else { "gracias, a que hora abren manana?" };
            message((number * 100 + index) % 100_000_000, text)
        })
        .collect();
    envelope(&format!(r#""messages":[{}]"#, messages.join(",")))
}

pub fn requests(count: usize, body: fn(usize) -> String) -> Vec<Vec<u8>> {
    requests_from(0, count, body)
}

pub fn requests_from(first: usize, count: usize, body: fn(usize) -> String) -> Vec<Vec<u8>> {
    (first..first + count)
        .map(|number| {
            let body = body(number);
            let signature = sign(SECRET, body.as_bytes()).unwrap();
            let head = format!(
                "POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nX-Hub-Signature-256: {signature}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            [head.into_bytes(), body.into_bytes()].concat()
        })
        .collect()
}
