//! Topics beside the templates that went out under them.

use baja::{
    identity::Person,
    intent::{Reason, Scope},
    ledger::{Act, Change, Day, Evidence, Figure, Seen, SeenKind},
    payload::Labels,
};

use super::Site;
use crate::support::{wait::until, webhook::now};

#[tokio::test]
async fn a_topic_shows_which_of_its_templates_nobody_had_agreed_to() {
    let site = Site::start().await;
    let ledger = &site.app.ledger;
    let mut seen = Vec::new();
    for (template, topic, count) in
        [("spring_promo", "loans", 12), ("receipt", "orders", 30), ("", "orders", 3)]
    {
        for number in 0..count {
            let label = if template.is_empty() { String::new() } else { format!("tpl={template};") };
            let mut person = Person::new();
            person.add_text(&format!("3460000{:04}", seen.len()));
            seen.push(Seen {
                message_id: format!("wamid.{template}.{number}"),
                kind: SeenKind::Delivered,
                at: (now() - 60) * 1000,
                to: String::new(),
                person,
                class: None,
                labels: Labels::read(&format!("{label}topic={topic}")),
                code: None,
            });
        }
    }
    ledger.note_sends("acme", &seen, 0).await.unwrap();
    // Four of the twelve leave, three of them saying that they never signed up.
    for (place, sent) in seen.iter().take(4).enumerate() {
        let decision = |act, reason: &str, seconds| Change {
            person: sent.person.clone(),
            act,
            at: (now() - 40 + seconds) * 1000,
            claim: None,
            evidence: Evidence {
                source: "text",
                // The first taps a button that names the template alone: its topic follows from what was sent.
                quoted: if place == 0 { String::new() } else { sent.message_id.clone() },
                reference: if place == 0 { "tpl=spring_promo".to_owned() } else { String::new() },
                reason: reason.to_owned(),
                ..Evidence::default()
            },
            message: None,
        };
        ledger.apply(&[("acme", decision(Act::Stop(Scope::All), "", 0))]).await.unwrap();
        if place > 0 {
            ledger.apply(&[("acme", decision(Act::Reason(Scope::All), "no_consent", 1))]).await.unwrap();
        }
    }
    // The service counts by itself.
    until("the counts", async || {
        let today = Day::of(now() * 1000);
        let days = ledger.counters("acme", today.plus(-1), today).await.unwrap();
        let never = Figure::Reason(Reason::NoConsent);
        (days.iter().map(|day| day.total(never)).sum::<u64>() == 3).then_some(())
    })
    .await;
    let mut visitor = site.signed_in(&site.reader).await;
    let seen = visitor.ready("/page/of/acme/templates").await;
    let table = seen.body.split_once("Topics, and what went out under them").expect("the table").1;
    let bodies: Vec<_> = table.split("<tbody ").skip(1).collect();
    assert_eq!(bodies.len(), 2, "{table}");
    for text in [
        "<bdi>loans</bdi>",
        "3 of 3 who gave a reason said that they never signed up.",
        "templates/one?name=spring_promo&#38;days=7\"><bdi>spring_promo</bdi>",
        "data-label=\"Per 1,000\">333.3<small>",
    ] {
        assert!(bodies[0].contains(text), "{text}: {}", bodies[0]);
    }
    assert!(!bodies[0].contains("no template known"), "{}", bodies[0]);
    for text in [
        "<bdi>orders</bdi>",
        "<bdi>receipt</bdi>",
        "Others, or no template known</th><td class=\"n\" role=\"cell\" data-label=\"Delivered\">3</td>",
    ] {
        assert!(bodies[1].contains(text), "{text}: {}", bodies[1]);
    }
    assert!(!bodies[1].contains("never signed up"), "{}", bodies[1]);
    // Beside one template only its own topics.
    let seen = visitor.ready("/page/of/acme/templates/one?name=receipt").await;
    assert!(
        seen.body.contains("<bdi>orders</bdi>") && !seen.body.contains("<bdi>loans</bdi>"),
        "{}",
        seen.body
    );
    site.finish().await;
}
