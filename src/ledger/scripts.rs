//! The Lua scripts, one file each, and how a batch of their calls is run.

use std::time::Duration;

use redis::{Cmd, Value};

use super::{
    LedgerError,
    connection::{Supervisor, read, refuse_error},
    relay::RelayScripts,
};

const CLOCK: &str = include_str!("lua/clock.lua");
const PRELUDE: &str = include_str!("lua/prelude.lua");
const OUTBOX: &str = include_str!("lua/outbox.lua");
const NEAR: &str = include_str!("lua/near.lua");

/// What the scripts about sends and counts share, in this order.
const INSIGHT: [&str; 7] = [
    CLOCK,
    PRELUDE,
    include_str!("lua/insight/open.lua"),
    include_str!("lua/insight/tally.lua"),
    include_str!("lua/insight/known.lua"),
    include_str!("lua/insight/people.lua"),
    include_str!("lua/insight/waiting.lua"),
];

/// One script: its source and the digest that Redis knows it by.
#[derive(Debug)]
pub(super) struct Script {
    source: String,
    digest: String,
}

impl Script {
    pub(super) fn new(parts: &[&str]) -> Self {
        let source = parts.concat();
        let digest = redis::Script::new(&source).get_hash().to_owned();
        Self { source, digest }
    }

    /// A call of this script.
    pub(super) fn call(&self, keys: Vec<String>, args: Vec<String>) -> Call<'_> {
        self.call_with_bytes(keys, args.into_iter().map(String::into_bytes).collect())
    }

    /// A call with arguments that need not be text.
    pub(super) fn call_with_bytes(&self, keys: Vec<String>, args: Vec<Vec<u8>>) -> Call<'_> {
        Call { script: self, keys, args }
    }
}

/// Every script of the ledger.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) alerts: Script,
    pub(super) apply: Script,
    pub(super) barrier: Script,
    pub(super) count: Script,
    pub(super) depth: Script,
    pub(super) erase_sends: Script,
    pub(super) forget: Script,
    pub(super) heartbeat: Script,
    pub(super) janitor: Script,
    pub(super) learn: Script,
    pub(super) lease: Script,
    pub(super) look: Script,
    pub(super) near_answer: Script,
    pub(super) near_close: Script,
    pub(super) near_erase: Script,
    pub(super) near_list: Script,
    pub(super) near_note: Script,
    pub(super) near_of: Script,
    pub(super) news: Script,
    pub(super) reconcile: Script,
    pub(super) revive: Script,
    pub(super) sends: Script,
    pub(super) settle: Script,
    pub(super) unbury: Script,
    pub(super) relay: RelayScripts,
}

impl Scripts {
    pub(super) fn new() -> Self {
        let apply = [
            CLOCK,
            include_str!("lua/apply/plain.lua"),
            PRELUDE,
            OUTBOX,
            include_str!("lua/apply/read.lua"),
            include_str!("lua/apply/decide.lua"),
            include_str!("lua/apply/write.lua"),
            include_str!("lua/apply.lua"),
        ]
        .concat();
        let insight = INSIGHT.concat();
        Self {
            alerts: Script::new(&[CLOCK, include_str!("lua/alerts.lua")]),
            // The only script that may write when Redis is full: losing an opt-out breaks the law.
            apply: Script::new(&["#!lua flags=allow-oom\n", &apply]),
            barrier: Script::new(&["#!lua flags=allow-oom\n", include_str!("lua/barrier.lua")]),
            // The same for what is only worth knowing, which must leave the room to opt-outs.
            learn: Script::new(&[&apply]),
            count: Script::new(&[&insight, include_str!("lua/count.lua")]),
            depth: Script::new(&[CLOCK, OUTBOX, include_str!("lua/depth.lua")]),
            erase_sends: Script::new(&[include_str!("lua/erase_sends.lua")]),
            forget: Script::new(&[CLOCK, PRELUDE, include_str!("lua/forget.lua")]),
            heartbeat: Script::new(&[CLOCK, include_str!("lua/heartbeat.lua")]),
            janitor: Script::new(&[CLOCK, PRELUDE, include_str!("lua/janitor.lua")]),
            lease: Script::new(&[CLOCK, OUTBOX, include_str!("lua/lease.lua")]),
            look: Script::new(&[PRELUDE, include_str!("lua/look.lua")]),
            near_answer: Script::new(&[NEAR, include_str!("lua/near/answer.lua")]),
            near_close: Script::new(&[CLOCK, include_str!("lua/near/close.lua")]),
            near_erase: Script::new(&[NEAR, include_str!("lua/near/erase.lua")]),
            near_list: Script::new(&[include_str!("lua/near/list.lua")]),
            near_note: Script::new(&[CLOCK, NEAR, include_str!("lua/near/note.lua")]),
            near_of: Script::new(&[NEAR, include_str!("lua/near/of.lua")]),
            news: Script::new(&[include_str!("lua/news.lua")]),
            reconcile: Script::new(&[CLOCK, OUTBOX, include_str!("lua/reconcile.lua")]),
            revive: Script::new(&[CLOCK, OUTBOX, include_str!("lua/revive.lua")]),
            sends: Script::new(&[&insight, include_str!("lua/sends.lua")]),
            settle: Script::new(&[CLOCK, OUTBOX, include_str!("lua/settle.lua")]),
            unbury: Script::new(&[CLOCK, include_str!("lua/unbury.lua")]),
            relay: RelayScripts::new(CLOCK),
        }
    }
}

impl Scripts {
    /// The sources of all scripts.
    pub(super) fn sources(&self) -> Vec<String> {
        let scripts = [
            &self.alerts,
            &self.apply,
            &self.barrier,
            &self.count,
            &self.depth,
            &self.erase_sends,
            &self.forget,
            &self.heartbeat,
            &self.janitor,
            &self.learn,
            &self.lease,
            &self.look,
            &self.near_answer,
            &self.near_close,
            &self.near_erase,
            &self.near_list,
            &self.near_note,
            &self.near_of,
            &self.news,
            &self.reconcile,
            &self.revive,
            &self.sends,
            &self.settle,
            &self.unbury,
        ];
        scripts.into_iter().chain(self.relay.all()).map(|script| script.source.clone()).collect()
    }
}

/// One call of a script. The first key routes it on a cluster.
pub(super) struct Call<'a> {
    script: &'a Script,
    keys: Vec<String>,
    args: Vec<Vec<u8>>,
}

impl Call<'_> {
    fn command(&self, whole: bool) -> Cmd {
        let mut command = redis::cmd(if whole { "EVAL" } else { "EVALSHA" });
        command.arg(if whole { &self.script.source } else { &self.script.digest });
        command.arg(self.keys.len()).arg(&self.keys).arg(&self.args);
        command
    }
}

/// How many replicas must have a write, and how long they have.
#[derive(Clone, Copy)]
pub(super) struct Wait {
    pub(super) replicas: u32,
    pub(super) timeout: Duration,
}

impl Wait {
    fn command(self) -> Cmd {
        let mut command = redis::cmd("WAIT");
        command.arg(self.replicas).arg(super::millis(self.timeout));
        command
    }

    fn judge(self, reply: Option<Value>) -> Result<(), LedgerError> {
        let reply = refuse_error(reply.ok_or(LedgerError::Record("reply"))?)?;
        let (got, wanted) = (read(reply, "wait")?, self.replicas);
        if got < wanted { Err(LedgerError::Replicas { got, wanted }) } else { Ok(()) }
    }
}

/// Runs calls in one round trip; all keys must be in one slot. Where Redis does not know a script (after a
/// restart or a failover), a second round trip carries it once.
pub(super) async fn run(redis: &Supervisor, calls: &[Call<'_>]) -> Result<Vec<Value>, LedgerError> {
    run_and_wait(redis, calls, None).await
}

/// The same, and in the same round trip waits for replicas. `WAIT` is about what its own connection wrote, so
/// it goes where the calls go: on a cluster, which sends a pipeline to one node, to the primary of their slot.
pub(super) async fn run_and_wait(
    redis: &Supervisor,
    calls: &[Call<'_>],
    wait: Option<Wait>,
) -> Result<Vec<Value>, LedgerError> {
    let with_wait = |commands: Vec<Cmd>| commands.into_iter().chain(wait.map(Wait::command)).collect();
    let first = calls.iter().map(|call| call.command(false)).collect();
    let mut replies = redis.pipeline(with_wait(first)).await?;
    let mut waited = wait.and_then(|_| replies.pop());
    let unknown: Vec<usize> = replies
        .iter()
        .enumerate()
        .filter(|(_, reply)| is_unknown_script(reply))
        .map(|(index, _)| index)
        .collect();
    if !unknown.is_empty() {
        let mut sent: Vec<&str> = Vec::new();
        let mut again = Vec::with_capacity(unknown.len());
        for call in unknown.iter().filter_map(|&index| calls.get(index)) {
            let first = !sent.contains(&call.script.digest.as_str());
            if first {
                sent.push(&call.script.digest);
            }
            again.push(call.command(first));
        }
        let mut repeated = redis.pipeline(with_wait(again)).await?;
        waited = wait.and_then(|_| repeated.pop());
        for (index, reply) in unknown.into_iter().zip(repeated) {
            if let Some(slot) = replies.get_mut(index) {
                *slot = reply;
            }
        }
    }
    let replies = replies.into_iter().map(refuse_error).collect::<Result<_, _>>()?;
    wait.map_or(Ok(()), |wait| wait.judge(waited))?;
    Ok(replies)
}

fn is_unknown_script(reply: &Value) -> bool {
    matches!(reply, Value::ServerError(error) if error.code() == "NOSCRIPT")
}
