//! `breaches`, and what `show` says of the message behind an opt-out.

use baja::{
    identity::Person,
    intent::Scope,
    ledger::{Act, Evidence, MessageClass, Seen, SeenKind},
    payload::Labels,
};
use serde_json::json;

use crate::store::Store;

fn sent(id: &str, at: i64, data: &str) -> Seen {
    let mut person = Person::new();
    person.add_text("5215512345678");
    Seen {
        message_id: id.to_owned(),
        kind: SeenKind::Sent,
        at,
        to: "5215512345678".to_owned(),
        person,
        class: Some(MessageClass::Marketing),
        labels: Labels::read(data),
        code: None,
    }
}

#[tokio::test]
async fn a_breach_is_listed_without_the_number_and_the_opt_out_with_its_template() {
    let store = Store::start().await;
    let said = store.run(&["breaches"]);
    assert_eq!((said.code, said.out.starts_with("There is none")), (0, true), "{said:?}");
    assert_eq!(store.run(&["breaches", "--json"]).out, "");

    let now = jiff::Timestamp::now().as_millisecond();
    let ledger = store.ledger();
    let data = "tpl=spring_promo;topic=offers;cmp=77";
    ledger.note_sends("default", &[sent("wamid.FIRST", now - 60_000, data)], 0).await.unwrap();
    let evidence = Evidence { source: "text", quoted: "wamid.FIRST".to_owned(), ..Evidence::default() };
    store.event(&["5215512345678"], Act::Stop(Scope::All), now - 1000, evidence, None).await;
    ledger.count_decisions("default").await.unwrap();
    // Beyond the grace of the shipped settings.
    ledger.note_sends("default", &[sent("wamid.SECOND", now + 90_000, data)], 0).await.unwrap();

    let said = store.run(&["breaches"]);
    assert_eq!(said.code, 1, "{said:?}");
    for word in ["…5678", "refused all since", "template spring_promo", "topic offers", "campaign 77"] {
        assert!(said.out.contains(word), "{word}: {}", said.out);
    }
    let said = store.run(&["breaches", "--json"]);
    assert!(!said.out.contains("5512345678") && !said.out.contains("wamid"), "{}", said.out);
    assert_eq!(said.objects()[0]["identifier"], json!("…5678"));
    let said = store.run(&["breaches", "--json", "--reveal"]);
    let shown = &said.objects()[0];
    assert_eq!(
        (&shown["identifier"], &shown["message_id"], &shown["scope"]),
        (&json!("5215512345678"), &json!("wamid.SECOND"), &json!("all"))
    );

    let said = store.run(&["show", "5215512345678"]);
    let line = "provoked by      template spring_promo, topic offers, campaign 77 (known by: context)";
    assert!(said.out.contains(line), "{}", said.out);
    let said = store.run(&["show", "--json", "5215512345678"]);
    assert_eq!(
        said.objects()[0]["people"][0]["evidence"][0]["provoked_by"]["template"],
        json!("spring_promo")
    );
}
