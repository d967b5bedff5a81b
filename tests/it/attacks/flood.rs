//! A thousand connections that are slow on purpose, while honest webhooks come.

use futures_util::{StreamExt, stream};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{Target, statuses};
use crate::support::{raw::read, webhook::says};

const CONNECTIONS: usize = 1000;

/// What a slow client has sent when it falls silent.
const BEGINNINGS: [&[u8]; 5] = [
    b"",
    b"POST /web",
    b"POST /webhook HTTP/1.1\r\nHost: x\r\nX-A: ",
    b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 3000000\r\n\r\n{\"object\":",
    b"POST /webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n{\"object\":",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_slow_connections_keep_no_honest_webhook_away_and_are_closed() {
    let target = Target::start().await;
    let mut slow = Vec::with_capacity(CONNECTIONS);
    for index in 0..CONNECTIONS {
        let mut stream = TcpStream::connect(target.public).await.unwrap();
        stream.write_all(BEGINNINGS[index % BEGINNINGS.len()]).await.unwrap();
        slow.push(stream);
    }
    let numbers: Vec<_> = (0..50).map(|index| format!("34600{index:06}")).collect();
    for number in &numbers {
        let body = says(number, &format!("wamid.{number}"), "BAJA");
        assert_eq!(target.deliver(body.as_bytes()).await, 200, "{number}");
    }
    assert_eq!(target.suppressed().await, numbers);
    // Each is closed by the service, after a 408 or nothing, and none was taken for a delivery.
    let ends = stream::iter(slow).map(|mut stream| async move { statuses(&read(&mut stream).await) });
    let ends: Vec<_> = ends.buffer_unordered(CONNECTIONS).collect().await;
    assert_eq!(ends.len(), CONNECTIONS);
    assert!(ends.iter().flatten().all(|status| *status == 408), "{ends:?}");
    target.finish().await;
}
