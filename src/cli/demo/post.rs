//! One HTTP/1.1 POST over a plain socket: the demo needs no more of a client.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::signature;

const DEADLINE: Duration = Duration::from_secs(15);

/// What was answered.
pub(super) struct Answer {
    /// The status code.
    pub(super) status: u16,
    /// The body.
    pub(super) body: String,
}

/// Posts a body to `/webhook` at `address` with this signature.
pub(super) async fn post(address: SocketAddr, signature: &str, body: &[u8]) -> io::Result<Answer> {
    let head = format!(
        "POST /webhook HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n{}: {signature}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        signature::HEADER,
        body.len(),
    );
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        read(&answer).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the answer is not HTTP"))
    };
    tokio::time::timeout(DEADLINE, exchange).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

fn read(answer: &[u8]) -> Option<Answer> {
    let answer = String::from_utf8_lossy(answer);
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_status_and_body() {
        let answer = read(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        assert_eq!((answer.status, answer.body.as_str()), (401, "{}"));
        assert_eq!(read(b"HTTP/1.1 200 OK\r\n\r\n").unwrap().status, 200);
        assert!(read(b"").is_none() && read(b"SSH-2.0\r\n\r\n").is_none());
    }
}
