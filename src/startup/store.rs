//! The ledger, from the settings.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use secrecy::ExposeSecret;

use super::{
    StartError,
    observers::RedisObserver,
    private_redis::{PrivateRedis, PrivateRedisError},
};
use crate::{
    config::{OnUnknown, Redis, RedisMode, RelayMode, RelayTarget, Settings},
    ledger::{InsightRules, Keyspace, Ledger, Limits, Options, OutboxRules, RelayKeys, RelayRules, Topology},
    metrics::Metrics,
};

/// The ledger, and its private server where there is one.
pub struct Store {
    /// The list.
    pub ledger: Arc<Ledger>,
    /// The `redis-server` that belongs to it.
    pub private: Option<PrivateRedis>,
}

/// Where a private server listens when nothing else does: where senders look first.
const USUAL_PORT: u16 = 6379;

impl Store {
    /// Opens the list that the settings name. A private server is started; another one is connected to
    /// when it is first used.
    ///
    /// # Errors
    ///
    /// When the address cannot be used, or a private server does not start.
    pub async fn open(settings: &Settings, metrics: &Arc<Metrics>) -> Result<Self, StartError> {
        let private = match &settings.redis.private {
            Some(folder) => {
                if PrivateRedis::find(folder).await.is_some() {
                    return Err(PrivateRedisError::Taken.into());
                }
                let usual =
                    std::net::TcpListener::bind(("127.0.0.1", USUAL_PORT)).is_ok().then_some(USUAL_PORT);
                let server = PrivateRedis::start(folder, usual).await?;
                tracing::info!(url = server.url(), folder = %folder.display(), "a private redis-server runs");
                Some(server)
            }
            None => None,
        };
        let own = private.as_ref().map(PrivateRedis::url);
        let urls: Vec<&str> = match &own {
            Some(url) => vec![url],
            None => settings.redis.urls.iter().map(ExposeSecret::expose_secret).collect(),
        };
        let observer = Arc::new(RedisObserver::new(Arc::clone(metrics)));
        let ledger = Arc::new(Ledger::new(&urls, ledger_options(settings), observer)?);
        Ok(Self { ledger, private })
    }
}

/// The keys of each business, by its slug.
pub(super) fn keyspaces(settings: &Settings) -> BTreeMap<String, Keyspace> {
    let businesses = settings.businesses.iter().map(|business| {
        let topics = business.topics.iter().map(|(slug, topic)| (slug.as_str(), topic.key.as_deref()));
        let existing = business.suppressed_key.as_deref();
        (business.slug.clone(), Keyspace::new(&settings.redis.prefix, &business.slug, existing, topics))
    });
    businesses.collect()
}

/// What the settings say of the ledger.
pub fn ledger_options(settings: &Settings) -> Options {
    let redis = &settings.redis;
    Options {
        topology: match redis.mode {
            RedisMode::Single => Topology::Single,
            RedisMode::Cluster => Topology::Cluster,
            RedisMode::Sentinel => Topology::Sentinel(redis.sentinel_master.clone()),
        },
        limits: Limits {
            connect: redis.connect_timeout,
            response: redis.response_timeout,
            budget: redis.budget,
        },
        prefix: redis.prefix.clone(),
        businesses: keyspaces(settings),
        claim_ttl: settings.ledger.claim_ttl,
        audit_max: settings.ledger.audit_max,
        changes_max: settings.ledger.changes_max,
        dead_letters_max: settings.ledger.dead_letters_max,
        near_misses_max: settings.ledger.near_misses_max,
        tombstone_ttl: settings.ledger.tombstone_ttl,
        cooldown: settings.confirm.cooldown,
        wait: (redis.wait_replicas, redis.wait_timeout),
        outbox: OutboxRules {
            lease: settings.confirm.lease,
            unknown_after: settings.confirm.unknown_after,
            resend_unknown: settings.confirm.on_unknown == OnUnknown::ResendOnce,
            max_attempts: settings.confirm.max_attempts,
            finished_max: settings.ledger.outbox_finished_max,
        },
        insight: InsightRules {
            sends_days: settings.insight.sends_days,
            sends_a_day: settings.insight.sends_a_day,
            counts_days: settings.insight.counts_days,
            values: settings.insight.values,
            breach_grace: settings.insight.breach_grace,
            breaches_max: settings.insight.breaches_max,
            news_max: settings.insight.news_max,
            last_template: settings.insight.last_template,
            marketing: settings.confirm.marketing,
        },
        relays: settings
            .relays
            .iter()
            .filter(|target| target.mode == RelayMode::Queued)
            .map(relay_rules(redis))
            .collect(),
    }
}

/// How much longer than a delivery may take its lease lasts, for what is done around it.
const LEASE_MARGIN: Duration = Duration::from_secs(15);

fn relay_rules(redis: &Redis) -> impl Fn(&RelayTarget) -> (String, RelayRules) {
    |target| {
        let rules = RelayRules {
            keys: RelayKeys::new(&redis.prefix, &target.name),
            max_entries: target.queue_max,
            max_bytes: target.queue_bytes,
            max_dead: target.dead_max,
            lease: target.timeout + LEASE_MARGIN,
        };
        (target.name.clone(), rules)
    }
}
