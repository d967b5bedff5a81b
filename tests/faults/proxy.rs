//! A proxy between the service and Redis that can be told to misbehave.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::watch,
};

/// What becomes of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Pass,
    /// Each reply comes this much later.
    Slow(Duration),
    /// Of so many replies one is lost, and its connection with it: Redis has done what it was told.
    EatReply(u64),
    /// Connections from before this moment carry nothing any more, and are not closed; new ones work.
    Freeze(Instant),
    /// Nothing gets through, and nothing is closed.
    BlackHole,
}

pub struct Proxy {
    pub address: SocketAddr,
    mode: watch::Sender<Mode>,
    eaten: Arc<AtomicU64>,
}

impl Proxy {
    pub async fn start(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mode, watched) = watch::channel(Mode::Pass);
        let eaten = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&eaten);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, port, watched.clone(), Arc::clone(&count)));
            }
        });
        Self { address, mode, eaten }
    }

    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// How many replies were lost so far.
    pub fn eaten(&self) -> u64 {
        self.eaten.load(Ordering::Relaxed)
    }
}

async fn carry(client: TcpStream, port: u16, watched: watch::Receiver<Mode>, eaten: Arc<AtomicU64>) {
    let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let line = Line { watched, opened_at: Instant::now(), eaten };
    // Whichever ends first takes the other with it.
    tokio::select! {
        () = line.clone().requests(from_client, to_server) => {}
        () = line.replies(from_server, to_client) => {}
    }
}

#[derive(Clone)]
struct Line {
    watched: watch::Receiver<Mode>,
    opened_at: Instant,
    eaten: Arc<AtomicU64>,
}

impl Line {
    async fn requests(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            self.stand_still().await;
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    }

    async fn replies(mut self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut buffer = vec![0; 64 * 1024];
        let mut replies = 0u64;
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            replies += 1;
            let mode = *self.watched.borrow();
            match mode {
                Mode::Slow(delay) => tokio::time::sleep(delay).await,
                Mode::EatReply(every) if replies.is_multiple_of(every) => {
                    self.eaten.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                _ => {}
            }
            self.stand_still().await;
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
        }
    }

    /// Returns when bytes may pass; for a connection that a freeze met, never.
    async fn stand_still(&mut self) {
        loop {
            let mode = *self.watched.borrow_and_update();
            match mode {
                Mode::Freeze(since) if self.opened_at < since => return std::future::pending().await,
                Mode::BlackHole => {}
                _ => return,
            }
            if self.watched.changed().await.is_err() {
                return;
            }
        }
    }
}
