//! What `baja doctor` makes of a service and a Redis that are real. Meta's part is in `tests/cli/doctor.rs`.

use baja::doctor::{Status, examine_address, examine_redis};

use crate::support::{
    app::{App, settings},
    store::{Store, ledger, options},
};

#[tokio::test]
async fn the_service_is_known_by_its_answer_to_a_wrong_verify_token() {
    let app = App::start().await;
    let findings = examine_address(&format!("http://{}/webhook", app.public), 0).await;
    assert_eq!((findings[0].check, findings[0].status), ("address.reach", Status::Ok), "{findings:?}");
    let other = examine_address(&format!("http://{}/elsewhere", app.public), 0).await;
    assert_eq!(other[0].status, Status::Problem, "{other:?}");
    assert!(app.metric("baja_handshakes_total{outcome=\"refused\"}").await >= 1.0);
    app.finish().await;
}

#[tokio::test]
async fn what_a_user_of_redis_may_not_do_is_named() {
    let store = Store::start().await;
    let mut redis = store.sender().await;
    let rules =
        ["on", ">word", "~baja:*", "-@all", "+@read", "+@scripting", "+@connection", "+info", "+srem"];
    let mut command = redis::cmd("ACL");
    command.arg("SETUSER").arg("narrow").arg(&rules);
    let _: () = command.query_async(&mut redis).await.unwrap();
    let url = store.server.url().replace("redis://", "redis://narrow:word@");
    let findings =
        examine_redis(&settings(&url, "http://127.0.0.1:9", &[]), &ledger(&[&url], options())).await;
    let of = |check: &str| findings.iter().find(|one| one.check == check).unwrap();
    let rights = of("redis.rights");
    assert_eq!(rights.status, Status::Problem);
    assert!(
        rights.found.to_string().contains("HDEL") && !rights.found.to_string().contains("SREM"),
        "{rights:?}"
    );
    // What may not be asked is not taken for sound.
    assert_eq!(of("redis.eviction").status, Status::Unchecked);
    assert_eq!(of("redis.clock").status, Status::Unchecked);
}
