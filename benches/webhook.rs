//! What a webhook costs: the signature, then the events, and for a chat all three with the decision on what was said.

#![allow(clippy::expect_used, reason = "a bench that cannot begin must say so")]

use std::hint::black_box;

use baja::intent::{Context, Decision, Lexicon};
use baja::payload::{Event, Words, parse};
use baja::signature::{AppSecrets, sign};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const SECRET: &str = "an-invented-app-secret";
const CHAT: &str = "Hola, quería saber si el pedido sale hoy o mañana, gracias";

/// An envelope around the lists of one change.
fn body(lists: &str) -> String {
    format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"770000000000077","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550107788","phone_number_id":"660000000000042"}},{lists}}}}}]}}]}}"#
    )
}

fn contact(number: usize) -> String {
    format!(
        r#"{{"profile":{{"name":"Marta Ficticia"}},"wa_id":"52155501{number:05}","user_id":"MX.700123456789{number:08}"}}"#
    )
}

fn message(number: usize, text: &str) -> String {
    format!(
        r#"{{"from":"52155501{number:05}","from_user_id":"MX.700123456789{number:08}","id":"wamid.INVENTED{number:08}AAAAAAAAAA","timestamp":"1795430400","type":"text","text":{{"body":"{text}"}}}}"#
    )
}

fn text(text: &str) -> String {
    body(&format!(r#""contacts":[{}],"messages":[{}]"#, contact(1), message(1, text)))
}

fn status() -> String {
    let status = r#"{"id":"wamid.INVENTED00000002BBBBBBBBBBBBBBBBBBBBBBBBBBBBBB","status":"delivered","timestamp":"1795430400","recipient_id":"5215550100001","recipient_user_id":"MX.70012345678900000001","biz_opaque_callback_data":"tpl=promo_invented;topic=offers;cmp=77","conversation":{"id":"0123456789abcdef0123456789abcdef","expiration_timestamp":"1795516800","origin":{"type":"marketing"}},"pricing":{"billable":true,"pricing_model":"PMP","type":"regular","category":"marketing"}}"#;
    body(&format!(r#""contacts":[{}],"statuses":[{status}]"#, contact(1)))
}

fn batch(size: usize) -> String {
    let contacts: Vec<_> = (0..size).map(contact).collect();
    let messages: Vec<_> = (0..size)
        .map(|number| message(number, if number % 10 == 0 { "BAJA" } else { "gracias, ya llegó el pedido" }))
        .collect();
    body(&format!(r#""contacts":[{}],"messages":[{}]"#, contacts.join(","), messages.join(",")))
}

fn bodies() -> Vec<(&'static str, String)> {
    vec![
        ("stop 560 B", text("BAJA")),
        ("text 600 B", text(CHAT)),
        ("status 1 KB", status()),
        ("batch of 100", batch(100)),
        ("batch of 3 MiB", batch(9_600)),
    ]
}

fn webhook(criterion: &mut Criterion) {
    let secrets = AppSecrets::new([SECRET]).expect("the secret is not empty");
    let mut group = criterion.benchmark_group("webhook");
    for (name, body) in bodies() {
        let body = body.into_bytes();
        let header = sign(SECRET, &body).expect("the secret is not empty");
        group.throughput(Throughput::Bytes(body.len() as u64));
        group.bench_with_input(BenchmarkId::new("verify", name), &body, |bencher, body| {
            bencher.iter(|| secrets.verify([header.as_bytes()], black_box(body)));
        });
        group.bench_with_input(BenchmarkId::new("parse", name), &body, |bencher, body| {
            bencher.iter(|| parse(black_box(body)));
        });
    }
    group.finish();
}

/// The signature of a body, its events, and the decision on each text in it.
fn decide(secrets: &AppSecrets, lexicon: &Lexicon, header: &str, body: &[u8]) -> Vec<Decision> {
    secrets.verify([header.as_bytes()], body).expect("the body is signed with the secret");
    let parsed = parse(body);
    let texts = parsed.events.iter().filter_map(|event| match event {
        Event::Said(said) => match &said.words {
            Words::Text(text) => Some(text),
            _ => None,
        },
        _ => None,
    });
    texts.map(|text| lexicon.classify(text, &Context::default())).collect()
}

fn whole(criterion: &mut Criterion) {
    let secrets = AppSecrets::new([SECRET]).expect("the secret is not empty");
    let lexicon = Lexicon::builtin().expect("the embedded words compile");
    let body = text(CHAT).into_bytes();
    let header = sign(SECRET, &body).expect("the secret is not empty");
    assert_eq!(decide(&secrets, &lexicon, &header, &body).len(), 1, "the body has one text");
    criterion.bench_function("webhook/whole/text 600 B", |bencher| {
        bencher.iter(|| decide(&secrets, &lexicon, &header, black_box(&body)));
    });
}

criterion_group!(benches, webhook, whole);
criterion_main!(benches);
