//! Minutes of what Meta sends, and whether anything grows that should not.

use std::time::Duration;

use redis::aio::MultiplexedConnection;

use crate::{
    CONNECTIONS,
    open_loop::{Kind, Mix, Plan},
    servers::{Resident, Server},
    store::{Redis, info},
};

/// So that hours of it fit a small machine's memory.
const MIX: Mix = Mix::QUARTER;
const INTERVAL: Duration = Duration::from_secs(30);
/// So many intervals are let go by first, where there are more: threads, buffers and the memory of who is who come into use.
const WARM: usize = 10;
/// The process may gain so much after that, MiB.
const GAIN: f64 = 2.0;

struct Moment {
    resident: Resident,
    keys: f64,
    used: f64,
    opt_outs: f64,
}

/// Prints a line an interval, and fails when the process goes on growing.
pub async fn run(minutes: f64) {
    let redis = Redis::start().await;
    let mut connection = redis.connect().await;
    let server = Server::baja(&redis.url).await;
    let intervals = (minutes * 60.0 / INTERVAL.as_secs_f64()).ceil().max(2.0) as usize;
    println!(
        "{} statuses and {} messages a second, one message in twenty an opt-out; each line after {} s\n",
        MIX.statuses,
        MIX.inbound,
        INTERVAL.as_secs()
    );
    println!(
        "    sent/s  p99 ms (opt-outs)   worst ms   resident MiB (anonymous)   redis keys   redis MiB   opt-outs"
    );
    let (mut first, mut number) = (None, 0);
    let mut last = None;
    for interval in 0..intervals {
        let plan = Plan::new(MIX, INTERVAL, interval as u64, number);
        number += plan.len();
        let latencies = plan.send(&server.address, CONNECTIONS);
        let moment = look(&server, &mut connection).await;
        println!(
            "{:>10.0} {:>7.1} {:>11.1} {:>10.1} {:>14.1} {:>13.1} {:>12.0} {:>11.1} {:>10.0}",
            latencies.rate(),
            latencies.within(0.99, &[Kind::Status]),
            latencies.within(0.99, &[Kind::OptOut]),
            latencies.within(1.0, &Kind::ALL),
            moment.resident.all,
            moment.resident.anonymous,
            moment.keys,
            moment.used,
            moment.opt_outs,
        );
        if interval <= WARM.min(intervals / 2) {
            first = Some(moment.resident);
        }
        last = Some(moment.resident);
    }
    let (Some(first), Some(last)) = (first, last) else { return };
    let gain = last.anonymous - first.anonymous;
    println!("\nthe process gained {gain:.1} MiB since it was warm; redis keeps what it was told");
    assert!(gain < GAIN, "the process grows");
}

async fn look(server: &Server, redis: &mut MultiplexedConnection) -> Moment {
    Moment {
        resident: server.resident(),
        keys: redis::cmd("DBSIZE").query_async(redis).await.unwrap(),
        used: info(redis, "memory", "used_memory").await / (1024.0 * 1024.0),
        opt_outs: redis::cmd("HLEN").arg("baja:{default}:evidence").query_async(redis).await.unwrap(),
    }
}
