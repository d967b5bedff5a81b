//! A Redis that is killed in the middle of a write to its append-only file.
//!
//! What a script did stands there between `MULTI` and `EXEC`. Where the end of it is missing, Redis 7.0.15 cuts the
//! file behind the last whole command instead of before the `MULTI` (`src/aof.c`, `loadSingleAppendOnlyFile`).
//! The half that is left is done at the start after, together with what was written since. Nobody had an
//! answer to it, so that the event is delivered again.

use std::{fs::File, io::Write, path::PathBuf};

use baja::{
    intent::Scope,
    ledger::{Act, Change, JobKind, Ledger, Message, Outcome, Settlement},
};

use super::{change, confirmation, set_due};
use crate::support::store::{Store, person};

const NUMBER: &str = "34600111222";
const SUPPRESSED: &str = "baja:{acme}:suppressed";
/// In how many places a write is cut.
const CUTS: u64 = 16;

fn stop(number: &str) -> Change {
    let mut stop = change(&[number], Act::Stop(Scope::All), 10);
    stop.claim = Some(format!("1:wamid.{number}"));
    stop.message = Some(Message { to: number.to_owned(), ..confirmation(JobKind::Stopped) });
    stop
}

async fn apply(ledger: &Ledger, number: &str) -> (Outcome, bool) {
    let applied = ledger.apply(&[("acme", stop(number))]).await.unwrap().remove(0);
    (applied.outcome, applied.queued)
}

/// Sends what is due, and tells how many of it went to the person.
async fn send_all(ledger: &Ledger) -> usize {
    let mut sent = 0;
    for lease in ledger.lease("acme", 10).await.unwrap() {
        let accepted = Settlement::Sent { wamid: "wamid.OUT".to_owned() };
        ledger.settle("acme", &lease.job.id, lease.token, accepted).await.unwrap();
        sent += usize::from(lease.job.to == NUMBER);
    }
    sent
}

fn written(store: &Store) -> PathBuf {
    store.server.folder().join("appendonlydir/appendonly.aof.1.incr.aof")
}

fn size(store: &Store) -> u64 {
    written(store).metadata().unwrap().len()
}

/// Kills Redis, leaves only so much of what it wrote, and starts it again.
async fn fall(store: &mut Store, left: Option<u64>) {
    store.server.kill().await;
    if let Some(left) = left {
        File::options().write(true).open(written(store)).unwrap().set_len(left).unwrap();
    }
    store.server.restart().await.unwrap();
}

/// Where a write from one size of the file to another is cut: nearly whole, and less and less.
fn cuts((before, after): (u64, u64)) -> impl Iterator<Item = u64> {
    (0..CUTS).map(move |cut| after - 1 - (after - before - 1) * cut / CUTS)
}

/// The sizes of the file before and after an opt-out, always the same.
async fn opt_out(store: &Store) -> (u64, u64) {
    let ledger = store.ledger();
    apply(&ledger, "34600111220").await;
    send_all(&ledger).await;
    let before = size(store);
    assert_eq!(apply(&ledger, NUMBER).await, (Outcome::Applied, true));
    (before, size(store))
}

#[tokio::test]
async fn an_opt_out_that_was_written_in_part_is_confirmed_once_when_it_comes_again() {
    for cut in 0..CUTS {
        let mut store = Store::start().await;
        let left = cuts(opt_out(&store).await).nth(cut as usize);
        fall(&mut store, left).await;
        assert_eq!(store.members(SUPPRESSED).await, ["34600111220"]);
        let ledger = store.ledger();
        assert_eq!(apply(&ledger, NUMBER).await, (Outcome::Applied, true));
        assert_eq!(send_all(&ledger).await, 1);
        // Now the half is done, before the whole.
        fall(&mut store, None).await;
        let ledger = store.ledger();
        assert_eq!(send_all(&ledger).await, 0, "it is sent again, cut {cut}");
        assert_eq!(apply(&ledger, NUMBER).await, (Outcome::Duplicate, false));
        assert_eq!(store.members(SUPPRESSED).await, ["34600111220", NUMBER]);
        let jobs = ledger.jobs("acme", 10).await.unwrap();
        assert_eq!(jobs.iter().filter(|job| job.to == NUMBER).count(), 1, "cut {cut}");
        assert!(jobs.iter().all(|job| job.state == "sent"), "cut {cut}");
    }
}

#[tokio::test]
async fn an_opt_out_that_was_written_in_part_counts_also_when_the_half_comes_first() {
    let mut confirmed = 0;
    for cut in 0..CUTS {
        let mut store = Store::start().await;
        let left = cuts(opt_out(&store).await).nth(cut as usize);
        fall(&mut store, left).await;
        // Something else is written, and the half with it at the next start.
        apply(&store.ledger(), "34600111223").await;
        fall(&mut store, None).await;
        let ledger = store.ledger();
        let sent = send_all(&ledger).await;
        apply(&ledger, NUMBER).await;
        let sent = sent + send_all(&ledger).await;
        assert!(sent <= 1, "{sent} confirmations, cut {cut}");
        confirmed += sent;
        assert!(store.members(SUPPRESSED).await.iter().any(|member| member == NUMBER), "cut {cut}");
        let records = ledger.records("acme", &person(&[NUMBER])).await.unwrap();
        assert_eq!(records.len(), 1, "cut {cut}");
        assert_eq!(apply(&ledger, NUMBER).await, (Outcome::Duplicate, false), "cut {cut}");
    }
    // Nobody is told of it when the half is the place in the set and not yet the message: a third of the bytes.
    assert!(confirmed > CUTS as usize / 2, "{confirmed} of {CUTS}");
}

#[tokio::test]
async fn a_message_whose_end_was_written_in_part_is_not_sent_again() {
    for cut in 0..CUTS {
        let mut store = Store::start().await;
        opt_out(&store).await;
        let ledger = store.ledger();
        let held = ledger.lease("acme", 10).await.unwrap().remove(0);
        let before = size(&store);
        let accepted = Settlement::Sent { wamid: "wamid.OUT".to_owned() };
        ledger.settle("acme", &held.job.id, held.token, accepted).await.unwrap();
        let left = cuts((before, size(&store))).nth(cut as usize);
        fall(&mut store, left).await;
        apply(&store.ledger(), "34600111223").await;
        fall(&mut store, None).await;
        // The end of its lease.
        set_due(&store, &held.job.id, 1000).await;
        let ledger = store.ledger();
        assert_eq!(send_all(&ledger).await, 0, "cut {cut}");
        let job = ledger.jobs("acme", 10).await.unwrap().into_iter().find(|job| job.id == held.job.id);
        let state = job.unwrap().state;
        // Either its end is known, or its fate is in doubt, which a status settles.
        let due = ledger.depth("acme").await.unwrap().iter().map(|depth| depth.jobs).sum::<u64>();
        assert_eq!(due, u64::from(state == "unknown"), "{state}, cut {cut}");
        assert!(state == "sent" || state == "unknown", "{state}, cut {cut}");
    }
}

#[tokio::test]
async fn a_redis_that_refuses_to_start_because_an_older_file_is_torn_starts_all_the_same() {
    let mut store = Store::start().await;
    opt_out(&store).await;
    store.server.kill().await;
    // As when it was killed in a write, started again, began to write another file, and was killed again.
    let torn = b"*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$4\r\nhalf\r\n$1\r\n1\r\n";
    File::options().append(true).open(written(&store)).unwrap().write_all(torn).unwrap();
    let files = store.server.folder().join("appendonlydir");
    File::create(files.join("appendonly.aof.2.incr.aof")).unwrap();
    let manifest = files.join("appendonly.aof.manifest");
    let next = b"file appendonly.aof.2.incr.aof seq 2 type i\n";
    File::options().append(true).open(manifest).unwrap().write_all(next).unwrap();
    store.server.restart().await.unwrap();
    let log = std::fs::read_to_string(store.server.folder().join("redis.log")).unwrap();
    assert!(log.contains("the truncated file is not the last file"), "it did refuse: {log}");
    assert_eq!(store.members(SUPPRESSED).await, ["34600111220", NUMBER]);
}
