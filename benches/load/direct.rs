//! The script that an opt-out calls, through the same client and without HTTP in front.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use baja::ledger::Ledger;
use tokio::task::LocalSet;

use crate::{people::Leaving, store::Redis};

/// One opt-out to a call, as many calls in flight; calls a second.
pub async fn opt_outs(redis: &Redis, first: usize, in_flight: usize, time: Duration) -> f64 {
    let store = redis.open().await;
    let people = Rc::new(RefCell::new(Leaving::from(first)));
    let started = Instant::now();
    let local = LocalSet::new();
    for _ in 0..in_flight {
        let (ledger, people): (Arc<Ledger>, _) = (Arc::clone(&store.ledger), Rc::clone(&people));
        local.spawn_local(async move {
            while started.elapsed() < time {
                let body = people.borrow_mut().body(1);
                ledger.apply(&body).await.unwrap();
            }
        });
    }
    local.await;
    (people.borrow().next - first) as f64 / started.elapsed().as_secs_f64()
}
