//! `healthcheck`.

use std::{
    io::{Read, Write},
    net::TcpListener,
};

use serde_json::json;

use crate::binary::{Baja, Said};

/// Asks a listener that answers once with `answer`; returns what it was asked, too.
fn ask(answer: &'static str) -> (Said, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let service = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut question = [0; 256];
        let length = stream.read(&mut question).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&question[..length]).into_owned()
    });
    let said = Baja::new(&["healthcheck", "--json"])
        .env("BAJA_OPS_LISTEN", format!("0.0.0.0:{port}"))
        .env("BAJA_APP_SECRET_FILE", "/nowhere/secret")
        .run();
    (said, service.join().unwrap())
}

#[test]
fn ready_is_zero_and_everything_else_is_one() {
    let (said, question) = ask("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    assert!(question.starts_with("GET /ready HTTP/1.1\r\n"), "{question}");
    assert_eq!((said.code, &said.objects()[0]["ready"]), (0, &json!(true)), "{said:?}");
    for answer in ["HTTP/1.1 503 Service Unavailable\r\n\r\n", "SSH-2.0-invented\r\n", ""] {
        let (said, _) = ask(answer);
        assert_eq!((said.code, &said.objects()[0]["ready"]), (1, &json!(false)), "{answer}");
    }
}

#[test]
fn nobody_there_is_one_and_no_address_is_two() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let said = Baja::new(&["healthcheck"]).env("BAJA_OPS_LISTEN", address).run();
    assert_eq!((said.code, said.out.contains("nothing listens there")), (1, true), "{said:?}");
    assert_eq!(Baja::new(&["healthcheck"]).env("BAJA_OPS_LISTEN", "127.0.0.1:0").run().code, 2);
    assert_eq!(Baja::new(&["healthcheck"]).env("BAJA_OPS_LISTEN", "somewhere").run().code, 2);
}
