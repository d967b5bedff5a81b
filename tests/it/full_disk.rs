//! The disk under Redis's append-only file is full for a while.

use std::fs;

use baja::{
    doctor::{Status, examine_redis},
    ledger::AppendFile,
};

use crate::support::{
    app::{App, SUPPRESSED, settings},
    disk,
    store::{Store, ledger, options},
    wait::until,
    webhook::says,
};

const SERVER: &str = "acme";

/// Asks for a new append-only file and waits until it is there.
async fn rewrite(app: &mut App) {
    let before = disk::rewrites(&app.store().server);
    let _: redis::Value = app.redis(&["BGREWRITEAOF"]).await;
    let server = &app.store().server;
    until("a new append-only file", async || (disk::rewrites(server) > before).then_some(())).await;
}

fn holes(app: &mut App) -> usize {
    let folder = app.store().server.folder().join("appendonlydir");
    let number = disk::rewrites(&app.store().server);
    let file = fs::read(folder.join(format!("appendonly.aof.{number}.incr.aof"))).unwrap();
    file.iter().filter(|byte| **byte == 0).count()
}

async fn doctor(app: &mut App) -> Status {
    let url = app.store().server.url();
    let findings =
        examine_redis(&settings(&url, "http://127.0.0.1:9", &[]), &ledger(&[&url], options())).await;
    findings.iter().find(|one| one.check == "redis.append_file").unwrap().status
}

#[tokio::test]
async fn what_redis_wrote_after_its_disk_was_full_is_there_after_a_restart() {
    let store = Store::on_a_disk_that_can_be_full().await;
    let mut app = App::on_store(store, &[]).await;
    // It ends when a write fails, if it has to sync before each reply.
    let _: redis::Value = app.redis(&["CONFIG", "SET", "appendfsync", "everysec"]).await;
    rewrite(&mut app).await;
    assert_eq!(app.post(says("34600000001", "wamid.A", "BAJA")).await.status, 200);
    app.sent().await;

    let before = disk::rewrites(&app.store().server);
    disk::fill(&app.store().server);
    let body = says("34600000002", "wamid.B", "BAJA");
    until("a 503", async || (app.post(&body).await.status == 503).then_some(())).await;
    assert_eq!(doctor(&mut app).await, Status::Problem);
    disk::empty(&app.store().server);
    until("a 200", async || (app.post(&body).await.status == 200).then_some(())).await;
    let server = &app.store().server;
    until("a new append-only file, by the service", async || (disk::rewrites(server) > before).then_some(()))
        .await;
    assert_eq!(holes(&mut app), 0);
    assert_eq!(doctor(&mut app).await, Status::Ok);
    assert_eq!(app.post(says("34600000003", "wamid.C", "BAJA")).await.status, 200);

    app.store().server.kill().await;
    app.store().server.restart().await.unwrap();
    assert_eq!(app.members(SUPPRESSED).await, ["34600000001", "34600000002", "34600000003"]);
    app.sent().await;
    app.finish().await;
}

#[tokio::test]
async fn a_redis_that_could_always_write_is_left_alone() {
    let store = Store::start().await;
    let ledger = ledger(&[&store.server.url()], options());
    ledger.ping().await.unwrap();
    assert!(!ledger.take_refused_writes());
    assert_eq!(ledger.servers(), [SERVER]);
    assert_eq!(ledger.append_file(SERVER).await.unwrap(), AppendFile::Sound);
    // Twice at once: the second finds it under way.
    ledger.rewrite_append_file(SERVER).await.unwrap();
    ledger.rewrite_append_file(SERVER).await.unwrap();
}
