//! An open-loop generator: every request has its time beforehand, whatever became of those before it, and its latency
//! counts from that time. So a server that stands still is charged with all that Meta would have sent meanwhile.

use std::{
    io::{Read, Write},
    net::TcpStream,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{bodies, figures::quantile};

/// What a request says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Status,
    Chat,
    OptOut,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Status, Self::Chat, Self::OptOut];
}

/// How much comes, a second.
#[derive(Clone, Copy)]
pub struct Mix {
    pub statuses: f64,
    pub inbound: f64,
    /// Of what people say, the share that is an opt-out.
    pub opt_outs: f64,
}

impl Mix {
    /// A message of a business gets three statuses, and one in three is answered: three to one, as Meta counts it.
    pub const META: Self = Self { statuses: 3000.0, inbound: 1000.0, opt_outs: 0.05 };

    /// A quarter of that, where something else needs the machine as well.
    pub const QUARTER: Self = Self { statuses: 750.0, inbound: 250.0, opt_outs: 0.05 };

    pub fn rate(self) -> f64 {
        self.statuses + self.inbound
    }

    fn draw(self, random: &mut StdRng) -> Kind {
        if random.random::<f64>() * self.rate() < self.statuses {
            Kind::Status
        } else if random.random::<f64>() < self.opt_outs {
            Kind::OptOut
        } else {
            Kind::Chat
        }
    }
}

/// One request of a plan.
struct Planned {
    at: Duration,
    kind: Kind,
    number: usize,
}

/// The requests of a time, at random moments: as many as the mix says on average, independent of each other.
pub struct Plan(Vec<Planned>);

impl Plan {
    pub fn new(mix: Mix, time: Duration, seed: u64, first: usize) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let (mut at, mut planned) = (0.0, Vec::new());
        loop {
            at -= (1.0 - random.random::<f64>()).ln() / mix.rate();
            if at > time.as_secs_f64() {
                return Self(planned);
            }
            let (kind, number) = (mix.draw(&mut random), first + planned.len());
            planned.push(Planned { at: Duration::from_secs_f64(at), kind, number });
        }
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Sends it all over as many connections; a request whose time has come while all are busy waits, and that counts.
    /// Every answer must be a 200.
    #[allow(
        clippy::disallowed_methods,
        reason = "a thread of the generator waits for the time of its request"
    )]
    pub fn send(&self, address: &str, connections: usize) -> Latencies {
        let next = AtomicUsize::new(0);
        let measured = Mutex::new(Vec::with_capacity(self.len()));
        let started = Instant::now() + Duration::from_millis(20);
        thread::scope(|scope| {
            for _ in 0..connections {
                scope.spawn(|| {
                    let mut stream = TcpStream::connect(address).unwrap();
                    stream.set_nodelay(true).unwrap();
                    let mut own = Vec::new();
                    while let Some(planned) = self.0.get(next.fetch_add(1, Ordering::Relaxed)) {
                        // Made before its time, so that making it delays nothing.
                        let request = bodies::request(&body(planned));
                        let due = started + planned.at;
                        thread::sleep(due.saturating_duration_since(Instant::now()));
                        exchange(&mut stream, &request);
                        own.push((planned.kind, due.elapsed().as_secs_f64() * 1e3));
                    }
                    measured.lock().unwrap().extend(own);
                });
            }
        });
        Latencies { measured: measured.into_inner().unwrap(), took: started.elapsed() }
    }
}

/// How long answers took from the time at which their requests were due.
pub struct Latencies {
    measured: Vec<(Kind, f64)>,
    took: Duration,
}

impl Latencies {
    /// Answers a second.
    pub fn rate(&self) -> f64 {
        self.measured.len() as f64 / self.took.as_secs_f64()
    }

    /// The milliseconds within which that share of all of these kinds was answered.
    pub fn within(&self, share: f64, kinds: &[Kind]) -> f64 {
        let of_kinds = self.measured.iter().filter(|(kind, _)| kinds.contains(kind));
        quantile(of_kinds.map(|(_, latency)| *latency).collect(), share)
    }
}

fn body(planned: &Planned) -> String {
    match planned.kind {
        Kind::Status => bodies::status(planned.number),
        Kind::Chat => bodies::chat(planned.number),
        Kind::OptOut => bodies::stop(planned.number),
    }
}

fn exchange(stream: &mut TcpStream, request: &[u8]) {
    stream.write_all(request).unwrap();
    let (mut buffer, mut length) = ([0; 1024], 0);
    while !buffer[..length].ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut buffer[length..]).unwrap();
        assert!(read > 0, "the server closed the connection");
        length += read;
    }
    assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..length]));
}
