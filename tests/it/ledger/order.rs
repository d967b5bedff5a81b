//! Delivery order and duplication do not matter.

use baja::{intent::Scope, ledger::Act};
use proptest::{prelude::*, test_runner::TestRunner};

use super::{change, marketing};
use crate::support::store::Store;

/// What somebody does, known by the phone, the BSUID, or both.
#[derive(Debug, Clone)]
struct Step {
    who: u8,
    what: u8,
    at: i64,
}

impl Step {
    fn change(&self) -> baja::ledger::Change {
        let who: &[&str] = match self.who {
            0 => &["5215512340001"],
            1 => &["MX.900"],
            _ => &["525512340001", "MX.900"],
        };
        let act = match self.what {
            0 => Act::Stop(Scope::All),
            1 => Act::Start(Scope::All),
            2 => Act::Stop(marketing()),
            3 => Act::Start(marketing()),
            4 => Act::SettingsStop,
            _ => Act::SettingsResume,
        };
        change(who, act, self.at)
    }
}

fn histories() -> impl Strategy<Value = (Vec<Step>, Vec<usize>)> {
    let step = (0u8..3, 0u8..6, 1i64..5).prop_map(|(who, what, at)| Step { who, what, at });
    prop::collection::vec(step, 1..6).prop_flat_map(|steps| {
        let count = steps.len();
        let deliveries = (Just((0..count).collect::<Vec<_>>()), prop::collection::vec(0..count, 0..6))
            .prop_map(|(all, again)| [all, again].concat())
            .prop_shuffle();
        (Just(steps), deliveries)
    })
}

/// The tie between the two identifiers, told last so that every history ends with one person.
fn tie() -> Step {
    Step { who: 2, what: 5, at: 0 }
}

/// What the list must say by definition: per register the newest decision, a stop at a tie.
fn expected(steps: &[Step]) -> (bool, bool) {
    let newest =
        |kinds: &[u8]| steps.iter().filter(|step| kinds.contains(&step.what)).map(|step| step.at).max();
    let held = |stops: &[u8], starts: &[u8]| {
        newest(stops).is_some_and(|stop| newest(starts).is_none_or(|start| stop >= start))
    };
    (held(&[0], &[1]), held(&[2], &[1, 3]) || held(&[4], &[1, 3, 5]))
}

#[test]
fn invariant_4_any_order_and_duplication_of_events_ends_in_the_same_state() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (store, ledger, mut sender) = runtime.block_on(async {
        let store = Store::start().await;
        let ledger = store.ledger();
        let sender = store.sender().await;
        (store, ledger, sender)
    });
    let config = ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() };
    let result =
        TestRunner::new(config).run(&(histories(), 1usize..6), |((steps, deliveries), body_size)| {
            runtime.block_on(async {
                let _: () = redis::cmd("FLUSHALL").query_async(&mut sender.clone()).await.unwrap();
                let mut changes: Vec<_> =
                    deliveries.iter().map(|index| ("acme", steps[*index].change())).collect();
                changes.push(("acme", tie().change()));
                for body in changes.chunks(body_size) {
                    ledger.apply(body).await.unwrap();
                }
                let everything = ["5215512340001", "525512340001", "MX.900"].map(str::to_owned).to_vec();
                let (all, marketing) = expected(&steps);
                let want = |listed: bool| if listed { everything.clone() } else { Vec::new() };
                prop_assert_eq!(store.members("baja:{acme}:suppressed").await, want(all));
                prop_assert_eq!(store.members("baja:{acme}:suppressed:marketing").await, want(marketing));
                Ok(())
            })
        });
    let _: () = runtime.block_on(redis::cmd("FLUSHALL").query_async(&mut sender)).unwrap();
    result.unwrap();
}
