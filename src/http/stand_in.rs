//! A stand-in for the Cloud API, for the demo and the tests: accepts messages and remembers them, and answers questions with
//! what it was given.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, PoisonError},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::header,
    web::{self, Data, Json, Path},
};
use serde_json::{Value, json};

/// A running stand-in; it stops with this value.
pub struct StandIn {
    address: SocketAddr,
    handle: ServerHandle,
    seen: Arc<Seen>,
}

/// A message that was sent.
#[derive(Clone)]
pub struct Sent {
    /// From which number.
    pub phone_number_id: String,
    /// Whether a bearer token came with it.
    pub authorized: bool,
    /// The request's body.
    pub body: Value,
    /// The id that it was given.
    pub wamid: String,
}

#[derive(Default)]
struct Seen {
    messages: Mutex<Vec<Sent>>,
    /// What is answered to a GET, by the path behind the version.
    answers: BTreeMap<String, Value>,
    arrived: tokio::sync::Notify,
}

impl StandIn {
    /// Starts on a free port of the loopback. It knows nothing that could be asked for.
    ///
    /// # Errors
    ///
    /// When no port can be bound.
    pub fn start() -> std::io::Result<Self> {
        Self::knowing(BTreeMap::new())
    }

    /// Starts with the answers to questions, by the path behind the version, as in `debug_token`.
    ///
    /// # Errors
    ///
    /// When no port can be bound.
    pub fn knowing(answers: BTreeMap<String, Value>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Seen { answers, ..Seen::default() });
        let data = Data::from(Arc::clone(&seen));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(data.clone())
                .route("/v26.0/{number}/messages", web::post().to(accept))
                .route("/v26.0/{path:.+}", web::get().to(answer))
        })
        .disable_signals()
        .workers(1)
        .shutdown_timeout(1)
        .listen(listener)?
        .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { address, handle, seen })
    }

    /// The base URL, as `BAJA_GRAPH_URL` takes it.
    pub fn url(&self) -> String {
        format!("http://{}/v26.0", self.address)
    }

    /// What was sent so far.
    pub fn messages(&self) -> Vec<Sent> {
        self.seen.messages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until at least `count` messages were sent. The caller bounds it in time.
    pub async fn wait_for(&self, count: usize) -> Vec<Sent> {
        loop {
            let arrived = self.seen.arrived.notified();
            let messages = self.messages();
            if messages.len() >= count {
                return messages;
            }
            arrived.await;
        }
    }

    /// Stops it.
    pub async fn stop(self) {
        self.handle.stop(false).await;
    }
}

async fn answer(path: Path<String>, seen: Data<Seen>) -> HttpResponse {
    match seen.answers.get(path.as_str()) {
        Some(answer) => HttpResponse::Ok().json(answer),
        // As Meta answers about what is not there.
        None => HttpResponse::NotFound()
            .json(json!({ "error": { "message": "Unsupported get request", "code": 100 } })),
    }
}

async fn accept(
    number: Path<String>,
    request: HttpRequest,
    body: Json<Value>,
    seen: Data<Seen>,
) -> HttpResponse {
    let authorization = request.headers().get(header::AUTHORIZATION);
    let authorized = authorization.is_some_and(|value| value.as_bytes().starts_with(b"Bearer "));
    let mut messages = seen.messages.lock().unwrap_or_else(PoisonError::into_inner);
    let wamid = format!("wamid.STANDIN{:04}", messages.len() + 1);
    let body = body.into_inner();
    let to = body.get("to").and_then(Value::as_str).map(|to| to.trim_start_matches('+').to_owned());
    let contact = match to {
        Some(wa_id) => json!({ "input": body.get("to"), "wa_id": wa_id }),
        None => json!({ "input": body.get("recipient"), "user_id": body.get("recipient") }),
    };
    let answer = json!({
        "messaging_product": "whatsapp", "contacts": [contact], "messages": [{ "id": wamid }],
    });
    messages.push(Sent { phone_number_id: number.into_inner(), authorized, body, wamid });
    drop(messages);
    seen.arrived.notify_waiters();
    HttpResponse::Ok().json(answer)
}
