use std::time::Duration;

/// Why the ledger could not do what it was asked. Nothing in it comes from a person.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// Redis could not be reached, or its connection broke.
    #[error("redis cannot be reached ({0}); check BAJA_REDIS_URL and that redis-server is up")]
    Unavailable(&'static str),
    /// Redis did not answer in time. What was asked may have been done.
    #[error("redis did not answer within {} ms", .0.as_millis())]
    Timeout(Duration),
    /// Redis answered with an error.
    #[error("redis refused the command with {code}")]
    Refused {
        /// The error's first word, for example `OOM` or `READONLY`.
        code: String,
    },
    /// Fewer replicas than configured confirmed the write in time. It is on the primary.
    #[error("{got} of {wanted} replicas confirmed the write; check the replicas or redis.wait_replicas")]
    Replicas {
        /// How many confirmed.
        got: u32,
        /// How many were asked for.
        wanted: u32,
    },
    /// A stored record is not in a form that this version knows.
    #[error("a stored {0} cannot be read; it may come from a newer version")]
    Record(&'static str),
    /// The address of Redis is not usable.
    #[error("redis.url is not usable: {0}")]
    Address(&'static str),
    /// No business of that name is configured.
    #[error("no business is called {0:?}; see [business] in the configuration")]
    NoBusiness(String),
    /// No relay target of that name is configured.
    #[error("no queued target is called {0:?}; see [relay] in the configuration")]
    NoTarget(String),
}

impl LedgerError {
    /// Whether the same call may succeed later. What Redis refuses for the call's own sake stays refused.
    pub fn is_passing(&self) -> bool {
        const STATES: [&str; 9] = [
            "OOM",
            "MISCONF",
            "READONLY",
            "LOADING",
            "MASTERDOWN",
            "CLUSTERDOWN",
            "NOREPLICAS",
            "TRYAGAIN",
            "BUSY",
        ];
        match self {
            Self::Unavailable(_) | Self::Timeout(_) | Self::Replicas { .. } => true,
            Self::Refused { code } => STATES.contains(&code.as_str()),
            Self::Record(_) | Self::Address(_) | Self::NoBusiness(_) | Self::NoTarget(_) => false,
        }
    }

    /// A short, stable name for metrics and logs.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "unavailable",
            Self::Timeout(_) => "timeout",
            Self::Refused { .. } => "refused",
            Self::Replicas { .. } => "replicas",
            Self::Record(_) => "record",
            Self::Address(_) => "address",
            Self::NoBusiness(_) => "no_business",
            Self::NoTarget(_) => "no_target",
        }
    }
}
