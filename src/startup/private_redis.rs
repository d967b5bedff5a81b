//! An own `redis-server` with durable settings, for one machine without a Redis, for the demo and the tests.

use std::{
    io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
};

/// How long a server may take to load its data and answer.
const START_DEADLINE: Duration = Duration::from_secs(30);
/// How often another free port is tried: somebody may take one between our look and the server's start.
const PORT_ATTEMPTS: usize = 5;

/// Holds the port of the server that was last started on a folder, so that commands find it.
const PORT_FILE: &str = "port";
/// What is read of an answer: enough for the longest path.
const ANSWER_BYTES: usize = 8192;

/// Why there is no private server.
#[derive(Debug, thiserror::Error)]
pub enum PrivateRedisError {
    /// The program is not there or cannot be run.
    #[error(
        "redis-server cannot be run ({0}); install it (Debian: apt-get install redis-server) or set BAJA_REDIS_URL"
    )]
    Program(io::Error),
    /// The folder for its data cannot be used.
    #[error(
        "the folder for redis data cannot be used ({0}); set redis.private_folder to a folder that can be written"
    )]
    Folder(io::Error),
    /// Another process has one on the same data.
    #[error(
        "a private redis-server runs on this folder already; stop the other `baja serve`, or set redis.private_folder"
    )]
    Taken,
    /// It did not come up.
    #[error("redis-server did not come up; see redis.log in its data folder")]
    NotUp,
}

/// A running `redis-server` of our own; it ends with this value.
pub struct PrivateRedis {
    program: PathBuf,
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl PrivateRedis {
    /// Starts a server on the loopback with its data in `folder`, on `port` or, with `None`, a free one, and
    /// waits until it answers. It writes and syncs before each reply (`appendonly yes`, `appendfsync
    /// always`) and evicts nothing.
    pub async fn start(folder: &Path, port: Option<u16>) -> Result<Self, PrivateRedisError> {
        Self::start_program("redis-server".into(), folder, port).await
    }

    /// [`Self::start`] with another program in the server's place, which takes the same arguments.
    pub async fn start_program(
        program: PathBuf,
        folder: &Path,
        port: Option<u16>,
    ) -> Result<Self, PrivateRedisError> {
        std::fs::create_dir_all(folder).map_err(PrivateRedisError::Folder)?;
        for _ in 0..PORT_ATTEMPTS {
            let chosen = match port {
                Some(port) => port,
                None => free_port().await.map_err(PrivateRedisError::Folder)?,
            };
            let child = spawn(&program, folder, chosen)?;
            let (program, folder) = (program.clone(), folder.to_owned());
            let mut server = Self { program, child, port: chosen, folder };
            if server.come_up().await? {
                std::fs::write(server.folder.join(PORT_FILE), chosen.to_string())
                    .map_err(PrivateRedisError::Folder)?;
                return Ok(server);
            }
            if port.is_some() {
                break;
            }
        }
        Err(PrivateRedisError::NotUp)
    }

    /// The address of the server that runs on `folder`, started by whichever process. A second one must
    /// never be started on the same data.
    pub async fn find(folder: &Path) -> Option<String> {
        let port: u16 = std::fs::read_to_string(folder.join(PORT_FILE)).ok()?.trim().parse().ok()?;
        let folder = folder.canonicalize().ok()?;
        let answer = ask(port, b"CONFIG GET dir\r\n").await?;
        // Another server may have the port by now.
        let own = answer
            .split(|byte| *byte == b'\n')
            .any(|line| line.trim_ascii() == folder.as_os_str().as_bytes());
        own.then(|| address(port))
    }

    /// Its address.
    pub fn url(&self) -> String {
        address(self.port)
    }

    /// Its port on the loopback.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder of its data.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Waits until it has ended by itself.
    pub async fn ended(&mut self) {
        // An error means that it is gone already.
        let _ = self.child.wait().await;
    }

    /// Its process, while it runs.
    pub fn process(&self) -> Option<u32> {
        self.child.id()
    }

    /// `SISMEMBER set member`, asked on a plain connection as a sender asks it; `None` when there is no answer.
    /// Neither may hold a blank.
    pub async fn is_member(&self, set: &str, member: &str) -> Option<bool> {
        match ask(self.port, format!("SISMEMBER {set} {member}\r\n").as_bytes()).await?.as_slice() {
            b":1\r\n" => Some(true),
            b":0\r\n" => Some(false),
            _ => None,
        }
    }

    /// Kills it at once, as a crash would.
    pub async fn kill(&mut self) {
        // An error means that it is gone already.
        let _ = self.child.kill().await;
    }

    /// Starts it again on the same port and data.
    pub async fn restart(&mut self) -> Result<(), PrivateRedisError> {
        self.child = spawn(&self.program, &self.folder, self.port)?;
        if self.come_up().await? { Ok(()) } else { Err(PrivateRedisError::NotUp) }
    }

    /// Starts it again whenever it ends, for as long as this is polled.
    pub async fn supervise(&mut self) {
        loop {
            self.ended().await;
            tracing::error!("the private redis-server ended; starting it again");
            if let Err(error) = self.restart().await {
                tracing::error!(%error, "the private redis-server did not start again; trying once more");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }

    /// Ends it in good order.
    pub async fn stop(mut self) {
        // It answers by closing the connection.
        let _ = ask(self.port, b"SHUTDOWN\r\n").await;
        if tokio::time::timeout(Duration::from_secs(5), self.child.wait()).await.is_err() {
            self.kill().await;
        }
    }

    /// Waits until it is up, and starts it once more when it ends by itself: where the last but one of its append-only
    /// files has a broken end, Redis 7.0 mends that, and refuses to start all the same
    /// (`src/aof.c`, "the truncated file is not the last file").
    async fn come_up(&mut self) -> Result<bool, PrivateRedisError> {
        if self.wait_until_up().await {
            return Ok(true);
        }
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            return Ok(false);
        }
        self.child = spawn(&self.program, &self.folder, self.port)?;
        Ok(self.wait_until_up().await)
    }

    async fn wait_until_up(&mut self) -> bool {
        let started = Instant::now();
        while started.elapsed() < START_DEADLINE {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return false;
            }
            if ask(self.port, b"PING\r\n").await.is_some_and(|answer| answer.starts_with(b"+PONG")) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

fn spawn(program: &Path, folder: &Path, port: u16) -> Result<Child, PrivateRedisError> {
    let log = std::fs::File::options()
        .create(true)
        .append(true)
        .open(folder.join("redis.log"))
        .map_err(PrivateRedisError::Folder)?;
    Command::new(program)
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""])
        .args(["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"])
        .arg("--dir")
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(PrivateRedisError::Program)
}

/// One inline command and the first bytes of its answer; the only Redis protocol outside the ledger.
async fn ask(port: u16, command: &[u8]) -> Option<Vec<u8>> {
    let talk = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
        stream.write_all(command).await.ok()?;
        let mut answer = vec![0; ANSWER_BYTES];
        let length = stream.read(&mut answer).await.ok()?;
        answer.truncate(length);
        Some(answer)
    };
    tokio::time::timeout(Duration::from_secs(1), talk).await.ok().flatten()
}

fn address(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}

async fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port())
}
