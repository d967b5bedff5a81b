//! A closed-loop generator: each connection sends its next request when the last was answered.

use std::{
    cell::Cell,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::LocalSet,
};

/// Sends the requests over and over; answers a second.
pub async fn repeat(address: &str, requests: &[Vec<u8>], connections: usize, time: Duration) -> f64 {
    run(address, requests, connections, time, true).await
}

/// Sends each request at most once; answers a second.
pub async fn until_spent(address: &str, requests: &[Vec<u8>], connections: usize, time: Duration) -> f64 {
    run(address, requests, connections, time, false).await
}

/// Opens connections that have all been answered once, and holds them.
pub async fn hold(address: &str, count: usize, requests: &[Vec<u8>]) -> Vec<TcpStream> {
    let mut held = Vec::with_capacity(count);
    for request in requests.iter().cycle().take(count) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        exchange(&mut stream, request, &mut [0; 1024]).await;
        held.push(stream);
    }
    held
}

/// One request over a connection of its own.
pub async fn send(address: &str, request: &[u8]) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    exchange(&mut stream, request, &mut [0; 1024]).await;
}

async fn run(address: &str, requests: &[Vec<u8>], connections: usize, time: Duration, again: bool) -> f64 {
    let requests: Rc<[Vec<u8>]> = requests.into();
    let next = Rc::new(Cell::new(0usize));
    let answered = Rc::new(Cell::new(0u64));
    let started = Instant::now();
    let (local, mut tasks) = (LocalSet::new(), Vec::new());
    for _ in 0..connections {
        let (requests, next, answered) = (Rc::clone(&requests), Rc::clone(&next), Rc::clone(&answered));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        tasks.push(local.spawn_local(async move {
            let mut buffer = [0; 1024];
            while started.elapsed() < time {
                let index = next.replace(next.get() + 1);
                let request = if again {
                    &requests[index % requests.len()]
                } else {
                    match requests.get(index) {
                        Some(request) => request,
                        None => break,
                    }
                };
                exchange(&mut stream, request, &mut buffer).await;
                answered.set(answered.get() + 1);
            }
        }));
    }
    local.await;
    for task in tasks {
        // What went wrong there must not look like a slow server.
        task.await.unwrap();
    }
    answered.get() as f64 / started.elapsed().as_secs_f64()
}

/// One request and its answer, which must be a 200 without a body.
async fn exchange(stream: &mut TcpStream, request: &[u8], buffer: &mut [u8]) {
    stream.write_all(request).await.unwrap();
    let mut length = 0;
    loop {
        let read = stream.read(&mut buffer[length..]).await.unwrap();
        let said = String::from_utf8_lossy(&buffer[..length]);
        assert!(read > 0, "the server closed the connection after {said:?}");
        length += read;
        if buffer[..length].ends_with(b"\r\n\r\n") {
            break;
        }
    }
    assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..length]));
}
