//! `[server]`

use std::net::SocketAddr;
use std::time::Duration;

use super::{reader::Reader, tls::TlsSettings};

/// What Meta may send in one webhook, bytes.
const META_BODY_LIMIT: u32 = 3 * 1024 * 1024;

/// The two listeners and their limits.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where webhooks arrive.
    pub listen: SocketAddr,
    /// Where operators look.
    pub ops_listen: SocketAddr,
    /// TLS of the public listener; `None` where something in front of it does that.
    pub tls: Option<TlsSettings>,
    /// TLS of the operators' listener.
    pub ops_tls: Option<TlsSettings>,
    /// Threads that answer; 0 is one for each core.
    pub workers: usize,
    /// Largest body, bytes. At least Meta's limit of 3 MiB.
    pub body_limit: usize,
    /// Bodies larger than 64 KiB that are held at a time.
    pub large_bodies: usize,
    /// For the whole body to arrive.
    pub body_timeout: Duration,
    /// For the head of a request to arrive.
    pub header_timeout: Duration,
    /// How long an idle connection stays open.
    pub keep_alive: Duration,
    /// Open connections for each thread.
    pub max_connections: usize,
    /// To finish what has begun after a request to stop.
    pub shutdown_timeout: Duration,
}

impl Server {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let server = Self {
            listen: reader.address("server.listen"),
            ops_listen: reader.address("server.ops_listen"),
            tls: TlsSettings::read(reader, "server.tls"),
            ops_tls: TlsSettings::read(reader, "server.ops_tls"),
            workers: reader.size("server.workers", 0..=1024),
            body_limit: reader.size("server.body_limit_bytes", META_BODY_LIMIT..=64 * 1024 * 1024),
            large_bodies: reader.size("server.large_bodies", 1..=100_000),
            body_timeout: reader.milliseconds("server.body_timeout_ms", 1..=60_000),
            header_timeout: reader.milliseconds("server.header_timeout_ms", 1..=60_000),
            keep_alive: reader.seconds("server.keep_alive_s", 1..=3600),
            max_connections: reader.size("server.max_connections", 1..=1_000_000),
            shutdown_timeout: reader.seconds("server.shutdown_timeout_s", 1..=3600),
        };
        // Port 0 is any free port, so two of them never meet.
        if server.listen == server.ops_listen && server.listen.port() != 0 {
            let hint = "give the operators' listener another port";
            reader.problem("server.ops_listen", "the same as server.listen", hint);
        }
        server
    }
}
