//! What a webhook costs Redis on the way to its 200.

use baja::{intent::Scope, ledger::Act};

use crate::{ledger::change, support::store::Store};

/// Calls of EVALSHA and of EVAL since the last reset.
async fn spent(store: &Store) -> (u64, u64) {
    let info: String =
        redis::cmd("INFO").arg("everything").query_async(&mut store.sender().await).await.unwrap();
    let number = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        let digits: String = line.chars().skip(name.len()).take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    };
    (number("cmdstat_evalsha:calls="), number("cmdstat_eval:calls="))
}

#[tokio::test]
async fn an_opt_out_is_one_script_call_and_a_hundred_share_one() {
    let store = Store::start().await;
    let ledger = store.ledger();
    // Connecting and telling the scripts is not a part of any opt-out.
    ledger.ping().await.unwrap();
    let reset = async || {
        let _: () =
            redis::cmd("CONFIG").arg("RESETSTAT").query_async(&mut store.sender().await).await.unwrap();
    };
    reset().await;
    ledger.apply(&[("acme", change(&["34600111222"], Act::Stop(Scope::All), 10))]).await.unwrap();
    assert_eq!(spent(&store).await, (1, 0));
    reset().await;
    let numbers: Vec<String> = (0..1000).map(|number| format!("34600{number:06}")).collect();
    let batch: Vec<_> =
        numbers.iter().map(|number| ("acme", change(&[number], Act::Stop(Scope::All), 10))).collect();
    ledger.apply(&batch).await.unwrap();
    assert_eq!(spent(&store).await, (10, 0));
    assert_eq!(store.members("baja:{acme}:suppressed").await.len(), 1001);
}
