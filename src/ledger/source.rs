//! Where connections come from: one Redis, Sentinel, or a Cluster.

use redis::{
    AsyncConnectionConfig, Client, IntoConnectionInfo, Pipeline, RedisFuture, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
    io::tcp::TcpSettings,
    sentinel::{SentinelClient, SentinelNodeConnectionInfo, SentinelServerType},
};
use std::time::Duration;

use super::{LedgerError, connection::Limits};

/// Unacknowledged data this old breaks the TCP connection. Keepalive alone does not notice a black hole
/// while data is in flight.
#[cfg(target_os = "linux")]
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(3);
/// How often the cluster client may send a command again by itself: the scripts bear it.
const CLUSTER_RETRIES: u32 = 3;

/// How the servers behind the addresses are arranged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topology {
    /// One server.
    Single,
    /// Sentinels that know the primary of this name.
    Sentinel(String),
    /// A Redis Cluster.
    Cluster,
}

/// Makes connections.
pub(super) enum Source {
    Single(Box<Client>),
    /// One client for each sentinel to be believed first, and whose turn it is: a client waits for the first of its
    /// sentinels before it heeds the others, and that one's machine may be the one that died.
    Sentinel(Vec<SentinelClient>, usize),
    Cluster(Box<ClusterClient>),
}

/// One connection; clones share it.
#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl Source {
    /// Reads the addresses. Connects to nothing.
    pub(super) fn new(urls: &[&str], topology: &Topology, limits: Limits) -> Result<Self, LedgerError> {
        let address = |_| LedgerError::Address("give redis://, rediss:// or unix://, with host and port");
        let first = *urls.first().ok_or(LedgerError::Address("it is empty"))?;
        Ok(match topology {
            Topology::Single => {
                let info = first.into_connection_info().map_err(address)?.set_tcp_settings(tcp());
                Self::Single(Box::new(Client::open(info).map_err(address)?))
            }
            Topology::Sentinel(primary) => {
                // The primary takes the credentials and the database of the first address.
                let info = first.into_connection_info().map_err(address)?;
                let node = SentinelNodeConnectionInfo::default()
                    .set_redis_connection_info(info.redis_settings().clone())
                    .set_tcp_settings(tcp());
                let client = |first: usize| {
                    let mut urls = urls.to_vec();
                    urls.rotate_left(first);
                    let kind = SentinelServerType::Master;
                    SentinelClient::build(urls, primary.clone(), Some(node.clone()), kind)
                };
                let clients = (0..urls.len()).map(client).collect::<Result<_, _>>();
                Self::Sentinel(clients.map_err(address)?, 0)
            }
            Topology::Cluster => {
                let client = ClusterClient::builder(urls.to_vec())
                    .connection_timeout(limits.connect / 2)
                    .response_timeout(limits.response)
                    .overall_response_timeout(Some(limits.budget))
                    .retries(CLUSTER_RETRIES)
                    .tcp_settings(tcp())
                    .build();
                Self::Cluster(Box::new(client.map_err(address)?))
            }
        })
    }

    /// How long connecting may take. Behind one address there is one server; where there are several, some may
    /// stand still and be waited for before the others are heeded (a cluster's nodes twice: to learn its slots, and
    /// to reach the nodes that these name), and giving up earlier would mean never to arrive.
    pub(super) fn patience(&self, limits: Limits) -> Duration {
        match self {
            Self::Single(_) => limits.connect,
            Self::Sentinel(..) | Self::Cluster(_) => limits.budget,
        }
    }

    /// Connects, makes sure that what answers may be written to, and tells it the scripts. On a cluster each
    /// node learns them when it is first asked.
    pub(super) async fn connect(
        &mut self,
        limits: Limits,
        scripts: &[String],
    ) -> Result<Connection, &'static str> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(limits.connect))
            .set_response_timeout(Some(limits.response));
        let refused = |error: redis::RedisError| reason(&error);
        match self {
            Self::Single(client) => {
                let connection =
                    client.get_multiplexed_async_connection_with_config(&config).await.map_err(refused)?;
                must_be_primary(connection, scripts).await
            }
            Self::Sentinel(clients, turn) => {
                let chosen = *turn % clients.len().max(1);
                *turn = turn.wrapping_add(1);
                let client = clients.get_mut(chosen).ok_or("there is no sentinel")?;
                let connection = client.get_async_connection_with_config(&config).await.map_err(refused)?;
                must_be_primary(connection, scripts).await
            }
            Self::Cluster(client) => {
                client.get_async_connection().await.map(Connection::Cluster).map_err(refused)
            }
        }
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a redis::Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(command),
            Self::Cluster(connection) => connection.req_packed_command(command),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

async fn must_be_primary(
    mut connection: MultiplexedConnection,
    scripts: &[String],
) -> Result<Connection, &'static str> {
    let role: redis::RedisResult<Vec<Value>> = redis::cmd("ROLE").query_async(&mut connection).await;
    let primary = match role {
        Ok(parts) => match parts.first() {
            Some(Value::BulkString(name)) => name == b"master",
            Some(Value::SimpleString(name)) => name == "master",
            _ => false,
        },
        // A server whose ACL hides ROLE will say READONLY if it comes to that.
        Err(error) => match error.code() {
            Some("NOPERM") => true,
            _ => return Err(reason(&error)),
        },
    };
    if !primary {
        return Err("connected to a replica");
    }
    let mut load = redis::pipe();
    load.ignore_errors();
    for script in scripts {
        load.cmd("SCRIPT").arg("LOAD").arg(script);
    }
    // Where the ACL forbids it, the first call carries its script.
    let _: Value = load.query_async(&mut connection).await.map_err(|error| reason(&error))?;
    Ok(Connection::Single(connection))
}

fn tcp() -> TcpSettings {
    let settings = TcpSettings::default().set_nodelay(true);
    #[cfg(target_os = "linux")]
    let settings = settings.set_user_timeout(TCP_USER_TIMEOUT);
    settings
}

/// A reason without the address in it, which may carry a password.
fn reason(error: &redis::RedisError) -> &'static str {
    match error.code() {
        Some("NOAUTH") => return "it wants a password",
        Some("WRONGPASS") => return "the password or user is wrong",
        Some("LOADING") => return "it is still loading its data",
        Some("MASTERDOWN") => return "the primary is down",
        _ => {}
    }
    if error.is_timeout() {
        "it did not answer in time"
    } else if error.is_connection_refusal() {
        "the connection was refused"
    } else if matches!(error.kind(), redis::ErrorKind::AuthenticationFailed) {
        "the password or user is wrong"
    } else if error.is_io_error() {
        "the connection broke"
    } else {
        "it refused the connection"
    }
}
