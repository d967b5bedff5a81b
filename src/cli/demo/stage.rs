//! What the demo plays on: an own Redis, a stand-in for the Cloud API, and the real service between them.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use anyhow::{Context, anyhow};
use tempfile::TempDir;
use tokio::{sync::oneshot, task::JoinHandle};

use super::{
    super::list::Unobserved,
    account,
    post::{self, Answer},
};
use crate::{
    access::NewToken,
    clock::unix_seconds,
    config::Settings,
    http::stand_in::{Sent, StandIn},
    identity::Person,
    ledger::{DeadLetter, Ledger, StoredEvidence},
    metrics::Metrics,
    signature,
    startup::{Application, StartError, Store, ledger_options, private_redis::PrivateRedis},
};

/// The one business of the demo.
pub(super) const BUSINESS: &str = "acme";
/// Its invented number, as Meta names it.
pub(super) const PHONE_NUMBER_ID: &str = "770099887766554";

/// Of the form of Meta's.
const APP_SECRET: &str = "0123456789abcdef0123456789abcdef";
const ACCESS_TOKEN: &str = "EAAinventedinventedinventedinventedinventedinventedinventedinvented";
const FORGERS_SECRET: &str = "a-guess";

/// Days for which the page's sent messages are known.
const YEAR_DAYS: u32 = 370;

/// For what the service does after its answer: to send, and to keep what it could not read.
const DEADLINE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Who signs a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signer {
    /// Meta, with the app's secret.
    Meta,
    /// Somebody who does not know it.
    Forger,
}

/// Everything that runs.
pub(super) struct Stage {
    redis: PrivateRedis,
    api: StandIn,
    ledger: Arc<Ledger>,
    webhook: SocketAddr,
    operators: SocketAddr,
    stop: oneshot::Sender<()>,
    service: JoinHandle<Result<(), StartError>>,
    started_at: i64,
    tokens: [NewToken; 2],
    settings: Settings,
    _folder: TempDir,
}

impl Stage {
    /// Starts all of it, on free ports and in a temporary folder.
    pub(super) async fn set() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()
            .context("there is no temporary folder; set TMPDIR to one that can be written")?;
        let redis = PrivateRedis::start(folder.path(), None).await?;
        let api =
            StandIn::knowing(account::answers()).context("cannot start the stand-in for the Cloud API")?;
        let tokens = [NewToken::random(), NewToken::random()];
        let settings = Settings::load(None, variables(&redis.url(), &api.url(), &tokens).into_iter())?;
        let store = Store::open(&settings, &Arc::new(Metrics::new())).await?;
        let application = Application::build(&settings).await?;
        let (webhook, operators) = (application.public_address(), application.operators_address());
        let (stop, stopped) = oneshot::channel();
        let service = tokio::spawn(application.run(async {
            // An error means that the stage is gone, which is a reason to stop as well.
            let _ = stopped.await;
        }));
        let started_at = unix_seconds();
        let ledger = store.ledger;
        let _folder = folder;
        Ok(Self {
            redis,
            api,
            ledger,
            webhook,
            operators,
            stop,
            service,
            started_at,
            tokens,
            settings,
            _folder,
        })
    }

    /// Where the operators' page is.
    pub(super) fn page(&self) -> String {
        format!("http://{}/page", self.operators)
    }

    /// Tokens that open it: one that may act, and one that may look.
    pub(super) fn tokens(&self) -> [&str; 2] {
        self.tokens.each_ref().map(NewToken::token)
    }

    /// The list, with sent messages counted that were sent long ago.
    pub(super) fn ledger_of_a_year(&self) -> anyhow::Result<Ledger> {
        let mut options = ledger_options(&self.settings);
        options.insight.sends_days = YEAR_DAYS;
        options.insight.breach_grace = Duration::ZERO;
        // It names every day's keys with each call.
        (options.limits.response, options.limits.budget) = (DEADLINE, 2 * DEADLINE);
        Ok(Ledger::new(&[&self.redis.url()], options, Arc::new(Unobserved))?)
    }

    /// When it began, unix seconds.
    pub(super) fn started_at(&self) -> i64 {
        self.started_at
    }

    /// Where each part is, for the reader.
    pub(super) fn addresses(&self) -> [(&'static str, String); 3] {
        [
            (
                "Redis",
                format!("{}, appendonly yes, appendfsync always, in a temporary folder", self.redis.url()),
            ),
            (
                "baja",
                format!(
                    "http://{}/webhook, and http://{}/metrics for operators",
                    self.webhook, self.operators
                ),
            ),
            ("Cloud API", format!("{}, a stand-in that accepts and remembers", self.api.url())),
        ]
    }

    /// Delivers a body as Meta does.
    pub(super) async fn deliver(&self, body: &[u8], signer: Signer) -> anyhow::Result<Answer> {
        let secret = if signer == Signer::Meta { APP_SECRET } else { FORGERS_SECRET };
        let signature = signature::sign(secret, body)?;
        post::post(self.webhook, &signature, body).await.context("the webhook did not answer")
    }

    /// The set of who refuses everything, or a topic.
    pub(super) fn set_of(&self, topic: Option<&str>) -> anyhow::Result<String> {
        let keys = self.ledger.keys(BUSINESS)?;
        let set = topic.map_or(Some(keys.suppressed()), |topic| keys.topic(topic));
        set.map(str::to_owned).context("there is no such topic")
    }

    /// Whether a set has a member, asked as a sender asks.
    pub(super) async fn is_member(&self, set: &str, member: &str) -> anyhow::Result<bool> {
        self.redis.is_member(set, member).await.context("redis did not answer")
    }

    /// Every message that the Cloud API has accepted, once nothing is left to be sent.
    pub(super) async fn sent(&self) -> anyhow::Result<Vec<Sent>> {
        let drained = async {
            while self.ledger.depth(BUSINESS).await?.iter().any(|state| state.jobs > 0) {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            anyhow::Ok(())
        };
        tokio::time::timeout(DEADLINE, drained).await.context("confirmations were left in the outbox")??;
        Ok(self.api.messages())
    }

    /// The dead letters, once there are `count`, or those that there are at the deadline.
    pub(super) async fn dead_letters(&self, count: usize) -> anyhow::Result<Vec<DeadLetter>> {
        let read = || self.ledger.dead_letters(BUSINESS, None, count + 1);
        let kept = async {
            loop {
                let letters = read().await?;
                if letters.len() >= count {
                    return anyhow::Ok(letters);
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        match tokio::time::timeout(DEADLINE, kept).await {
            Ok(letters) => letters,
            Err(_) => Ok(read().await?),
        }
    }

    /// Why somebody is, or is not, on the list: the newest piece of evidence that was written.
    pub(super) async fn evidence(&self, identifier: &str) -> anyhow::Result<Option<StoredEvidence>> {
        let mut person = Person::new();
        person.add_text(identifier);
        let records = self.ledger.records(BUSINESS, &person).await?;
        let all = records.into_iter().flat_map(|record| record.evidence);
        Ok(all.max_by(|one, other| one.written_at.total_cmp(&other.written_at)))
    }

    /// Stops all of it in good order.
    pub(super) async fn strike(self) -> anyhow::Result<()> {
        // An error means that the service has stopped by itself; it then says why.
        let _ = self.stop.send(());
        let stopped = tokio::time::timeout(DEADLINE, self.service).await;
        stopped.map_err(|_| anyhow!("the service did not stop in time"))???;
        self.api.stop().await;
        self.redis.stop().await;
        Ok(())
    }
}

/// The settings, as an operator would give them in the environment.
fn variables(redis: &str, graph: &str, tokens: &[NewToken; 2]) -> Vec<(String, String)> {
    let [desk, reader] = tokens.each_ref().map(|token| token.hash().to_string());
    let pairs = [
        ("BAJA_APP_SECRET", APP_SECRET),
        ("BAJA_VERIFY_TOKEN", "invented-verify-token"),
        ("BAJA_ACCESS_TOKEN", ACCESS_TOKEN),
        ("BAJA_REDIS_URL", redis),
        ("BAJA_GRAPH_URL", graph),
        ("BAJA_LISTEN", "127.0.0.1:0"),
        ("BAJA_OPS_LISTEN", "127.0.0.1:0"),
        ("BAJA__SERVER__WORKERS", "1"),
        ("BAJA__BUSINESS__ACME__PHONE_NUMBER_IDS", PHONE_NUMBER_ID),
        ("BAJA__BUSINESS__ACME__TOPICS", "offers,account"),
        ("BAJA__ACCESS__DESK__SHA256", &desk),
        ("BAJA__ACCESS__DESK__ROLE", "write"),
        ("BAJA__ACCESS__DESK__REVEAL", "true"),
        ("BAJA__ACCESS__READER__SHA256", &reader),
    ];
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}
