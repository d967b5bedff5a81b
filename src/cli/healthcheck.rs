//! `baja healthcheck`: whether a running service is ready.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use anyhow::ensure;
use clap::Args;
use serde::Serialize;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use tokio_rustls::{TlsConnector, rustls::ClientConfig};

use super::{Answer, Global, output::Output};
use crate::http::pinned_to;

/// What `--help` ends with.
const HELP: &str = "\
Examples:
  baja healthcheck
  HEALTHCHECK CMD [\"baja\", \"healthcheck\"]      (in a Dockerfile)

Exit codes:
  0  ready
  1  not ready, or nothing answers
  2  the configuration cannot be read";

/// What the address of the operators' listener comes from.
const LISTENER_VARIABLES: &[&str] =
    &["BAJA_OPS_LISTEN", "BAJA__SERVER__OPS_LISTEN", "BAJA__SERVER__OPS_TLS__"];
/// For everything: less than the usual time of a container's health check, which would kill us without a word.
const DEADLINE: Duration = Duration::from_millis(2500);
/// What is read of the answer: its first line is enough.
const ANSWER_BYTES: u64 = 1024;

/// Ask a running service whether it is ready. For containers.
///
/// Asks /ready at the operators' address of the configuration, on this machine. Needs no secrets.
#[derive(Args)]
#[command(after_help = HELP)]
pub(super) struct Healthcheck {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    ready: bool,
    why: &'a str,
}

impl Healthcheck {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Answer> {
        let settings = global.settings_from(LISTENER_VARIABLES)?;
        let address = local(settings.server.ops_listen);
        ensure!(address.port() != 0, "port 0 is another port each time; set BAJA_OPS_LISTEN to a fixed one");
        // The certificate is made out to another name than this machine's loopback, so it is compared with the file.
        let tls = settings.server.ops_tls.as_ref().map(|tls| pinned_to(&tls.certificate)).transpose()?;
        let (ready, why) = match tokio::time::timeout(DEADLINE, ask(address, tls)).await {
            Ok(Ok(200)) => (true, "redis answers, and the service takes webhooks"),
            Ok(Ok(_)) => (false, "redis does not answer, or the service is stopping"),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                (false, "something else listens there")
            }
            Ok(Err(_)) => (false, "nothing listens there"),
            Err(_) => (false, "no answer in time"),
        };
        let mut out = Output::new(self.json);
        let word = if ready { "ready" } else { "not ready" };
        out.either(&Line { ready, why }, || format!("{word} on {address}: {why}"))?;
        out.flush()?;
        Ok(if ready { Answer::Yes } else { Answer::No })
    }
}

/// Where a listener on all addresses is reached from here.
fn local(listener: SocketAddr) -> SocketAddr {
    let ip = match listener {
        SocketAddr::V4(address) if address.ip().is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(address) if address.ip().is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        _ => listener.ip(),
    };
    SocketAddr::new(ip, listener.port())
}

/// The status of `GET /ready`.
async fn ask(address: SocketAddr, tls: Option<ClientConfig>) -> io::Result<u16> {
    let stream = TcpStream::connect(address).await?;
    match tls {
        None => ask_over(stream, address).await,
        Some(tls) => {
            let connector = TlsConnector::from(Arc::new(tls));
            ask_over(connector.connect(address.ip().into(), stream).await?, address).await
        }
    }
}

async fn ask_over(mut stream: impl AsyncRead + AsyncWrite + Unpin, address: SocketAddr) -> io::Result<u16> {
    let request = format!("GET /ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    // A server that ends TLS without a word has still answered.
    if let Err(error) = stream.take(ANSWER_BYTES).read_to_end(&mut answer).await
        && answer.is_empty()
    {
        return Err(error);
    }
    status(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// The number in `HTTP/1.1 200 OK`.
fn status(answer: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(answer.split(|byte| *byte == b'\r').next()?).ok()?;
    line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_status_and_nothing_else() {
        assert_eq!(status(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"), Some(503));
        for other in [&b""[..], b"HTTP/1.1", b"SSH-2.0-x\r\n", b"\xff\r\n"] {
            assert_eq!(status(other), None);
        }
    }

    #[test]
    fn a_listener_on_all_addresses_is_asked_on_the_loopback() {
        for (listener, asked) in
            [("0.0.0.0:9090", "127.0.0.1:9090"), ("[::]:9090", "[::1]:9090"), ("10.0.0.7:1", "10.0.0.7:1")]
        {
            assert_eq!(local(listener.parse().unwrap()), asked.parse().unwrap());
        }
    }
}
