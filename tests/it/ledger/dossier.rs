//! All that is known of one person, and what an operator takes away.

use baja::{
    intent::Scope,
    ledger::{Act, EntryId, JobKind, NearMiss, NearMissId, Operator, Way},
};

use super::{change, confirmation, marketing};
use crate::support::store::{Store, person};

const DESK: Operator<'_> = Operator { by: "desk", note: "by telephone" };

fn near_miss(canonical: &[&str], at: f64) -> (NearMissId, NearMiss) {
    let canonical = canonical.iter().map(|one| (*one).to_owned()).collect();
    let near_miss = NearMiss { at, canonical, scope: "all".to_owned(), ..NearMiss::default() };
    (NearMissId::random(), near_miss)
}

#[tokio::test]
async fn everything_of_a_person_is_found_by_any_identifier_and_nothing_of_others() {
    let store = Store::start().await;
    let ledger = store.ledger();
    let mut stop = change(&["5215512340001", "MX.900"], Act::Stop(Scope::All), 10);
    stop.message = Some(confirmation(JobKind::Stopped));
    let other = change(&["525512340002"], Act::Stop(Scope::All), 10);
    ledger.apply(&[("acme", stop), ("acme", other)]).await.unwrap();
    let near_misses =
        [near_miss(&["MX.900"], 1.0), near_miss(&["525512340002"], 2.0), near_miss(&["525512340001"], 3.0)];
    ledger.note_near_misses("acme", &near_misses).await.unwrap();
    for identifier in ["5215512340001", "525512340002"] {
        let mut breach = redis::cmd("XADD");
        breach.arg(&["baja:{acme}:breaches", "*", "identifier", identifier, "scope", "all", "sent", "20000"]);
        let _: String = breach.query_async(&mut store.sender().await).await.unwrap();
    }

    for spelling in ["525512340001", "5215512340001", "MX.900"] {
        let dossier = ledger.dossier("acme", &person(&[spelling]), None).await.unwrap();
        assert_eq!(dossier.known.refused, ["all"], "{spelling}");
        assert_eq!(dossier.known.records.len(), 1);
        let near_misses: Vec<_> = dossier.near_misses.iter().map(|one| one.near_miss.at).collect();
        assert_eq!(near_misses, [3.0, 1.0]);
        assert_eq!(
            dossier.breaches.iter().map(|one| one.identifier.as_str()).collect::<Vec<_>>(),
            ["5215512340001"]
        );
        assert_eq!(dossier.jobs.iter().map(|job| job.to.as_str()).collect::<Vec<_>>(), ["5215512340001"]);
        let acts: Vec<_> = dossier.trail.entries.iter().map(|entry| entry.act.as_str()).collect();
        assert_eq!(acts, ["near_miss", "near_miss", "stop"]);
        assert!(dossier.trail.next.is_none());
    }
    let nobody = ledger.dossier("acme", &person(&["34600111222"]), None).await.unwrap();
    assert!(nobody.known.is_nothing() && nobody.near_misses.is_empty() && nobody.breaches.is_empty());
    assert!(nobody.jobs.is_empty() && nobody.trail.entries.is_empty());
}

#[tokio::test]
async fn a_long_audit_is_looked_through_a_part_at_a_time() {
    let store = Store::start().await;
    let ledger = store.ledger();
    let theirs = person(&["34600111222"]).identifiers().to_vec();
    ledger.decide("acme", Way::Suppress, &marketing(), DESK, &theirs).await.unwrap();
    let breach =
        |who: &str| ["baja:{acme}:breaches", "*", "identifier", who, "scope", "all"].map(str::to_owned);
    let mut others = redis::pipe();
    others.cmd("XADD").arg(&breach("34600111222")).ignore();
    for _ in 0..2500 {
        others.cmd("XADD").arg(&breach("34600999888")).ignore();
        let entry = ["baja:{acme}:audit", "*", "act", "stop", "person", "34600999888"];
        others.cmd("XADD").arg(&entry).ignore();
    }
    let () = others.query_async(&mut store.sender().await).await.unwrap();
    let whole = person(&["34600111222"]);
    let first = ledger.dossier("acme", &whole, None).await.unwrap();
    assert_eq!((first.breaches.len(), first.breaches_looked_through), (0, 1000));
    let first = first.trail;
    assert_eq!((first.entries.len(), first.looked_through), (0, 2000));
    let next = first.next.expect("there is more");
    let second = ledger.dossier("acme", &whole, Some(&next)).await.unwrap();
    assert_eq!(second.breaches.len(), 1, "of {} that are older", second.breaches_looked_through);
    let second = second.trail;
    assert_eq!((second.looked_through, second.next), (501, None));
    let entry = &second.entries[0];
    assert_eq!((entry.act.as_str(), entry.scope.as_str()), ("stop", "marketing"));
    assert_eq!((entry.by.as_str(), entry.note.as_str()), (DESK.by, DESK.note));
}

#[tokio::test]
async fn dead_letters_are_paged_and_dropped_once_with_who_did_it() {
    let store = Store::start().await;
    let ledger = store.ledger();
    let letters: Vec<_> = (0..5).map(|number| format!("broken {number}")).collect();
    let items: Vec<_> = letters.iter().map(|raw| ("message", "invented", raw.as_str())).collect();
    ledger.bury("acme", &items).await.unwrap();
    let mut before = None;
    let mut seen = Vec::new();
    loop {
        let page = ledger.dead_letters("acme", before.as_ref(), 2).await.unwrap();
        let Some(last) = page.last() else { break };
        before = EntryId::parse(&last.id);
        seen.extend(page.into_iter().map(|letter| letter.raw));
    }
    assert_eq!(seen, ["broken 4", "broken 3", "broken 2", "broken 1", "broken 0"]);

    let newest = EntryId::parse(&ledger.dead_letters("acme", None, 1).await.unwrap()[0].id).unwrap();
    assert_eq!(ledger.dead_letter("acme", &newest).await.unwrap().unwrap().raw, "broken 4");
    assert!(ledger.drop_dead_letter("acme", &newest, false, DESK).await.unwrap());
    assert!(!ledger.drop_dead_letter("acme", &newest, false, DESK).await.unwrap());
    assert!(ledger.dead_letter("acme", &newest).await.unwrap().is_none());
    let audit: Vec<(String, Vec<String>)> = redis::cmd("XRANGE")
        .arg(&["baja:{acme}:audit", "-", "+"])
        .query_async(&mut store.sender().await)
        .await
        .unwrap();
    assert_eq!(audit.len(), 1);
    let entry = audit[0].1.join(" ");
    assert!(entry.starts_with("act dead_letter kind message result dropped time "), "{entry}");
    assert!(entry.ends_with(r#"event {"source":"operator","by":"desk","note":"by telephone"}"#), "{entry}");
    assert!(!entry.contains("broken"), "{entry}");
}
