//! HTTP by hand, for what no client would send.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::wait::DEADLINE;

/// Sends bytes as they are and reads until the other side closes, or has answered in full.
pub async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The other side may answer and close before it has read all of it.
    let _ = stream.write_all(request).await;
    read(&mut stream).await
}

/// Reads until the other side closes.
pub async fn read(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let reading = async {
        let mut piece = [0; 4096];
        loop {
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(length) => answer.extend_from_slice(&piece[..length]),
            }
        }
    };
    let in_time = tokio::time::timeout(DEADLINE, reading).await;
    assert!(in_time.is_ok(), "the connection stayed open");
    String::from_utf8(answer).unwrap()
}
