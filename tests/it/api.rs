//! The API on the operators' listener: who may do what, and what is answered.

mod description;
mod limits;
mod list;

use baja::access::NewToken;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::app::{Answer, App};

/// A running service with four tokens: `read` and `write` see their numbers masked, `desk` may do and see everything,
/// `other` may see another business only.
pub struct Api {
    pub app: App,
    pub read: String,
    pub write: String,
    pub desk: String,
    pub other: String,
}

const BUSINESSES: [(&str, &str); 2] = [
    ("BAJA__BUSINESS__OTHER__PHONE_NUMBER_IDS", "660099887766554"),
    ("BAJA__BUSINESS__OTHER__TOPICS", "surveys"),
];

impl Api {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(variables: &[(&str, &str)]) -> Self {
        let [read, write, desk, other] = std::array::from_fn(|_| NewToken::random());
        let hashes = [&read, &write, &desk, &other].map(|token| token.hash().to_string());
        let mut all = vec![
            ("BAJA__ACCESS__READER__SHA256", hashes[0].as_str()),
            ("BAJA__ACCESS__WRITER__SHA256", &hashes[1]),
            ("BAJA__ACCESS__WRITER__ROLE", "write"),
            ("BAJA__ACCESS__DESK__SHA256", &hashes[2]),
            ("BAJA__ACCESS__DESK__ROLE", "write"),
            ("BAJA__ACCESS__DESK__REVEAL", "true"),
            ("BAJA__ACCESS__OTHER__SHA256", &hashes[3]),
            ("BAJA__ACCESS__OTHER__ROLE", "write"),
            ("BAJA__ACCESS__OTHER__BUSINESSES", "other"),
        ];
        all.extend(BUSINESSES);
        all.extend(variables);
        let app = App::with(&all).await;
        let [read, write, desk, other] = [read, write, desk, other].map(|token| token.token().to_owned());
        Self { app, read, write, desk, other }
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.ask(Method::GET, token, path, None).await
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.ask(Method::POST, token, path, Some(body.to_string())).await
    }

    pub async fn ask(&self, method: Method, token: &str, path: &str, body: Option<String>) -> Answer {
        let authorization = format!("Bearer {token}");
        self.app.operators_request(method, path, &[("authorization", &authorization)], body).await
    }

    pub async fn finish(self) {
        self.app.finish().await;
    }
}

pub fn at(path: &str) -> String {
    format!("/api/v1/businesses/acme/{path}")
}

#[track_caller]
pub fn json_of(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|_| panic!("not JSON: {answer:?}"))
}

/// The status and the code of a refusal, which is in the form of all refusals.
#[track_caller]
pub fn refusal(answer: &Answer) -> (u16, String) {
    let body = json_of(answer);
    assert_eq!(body["error"].as_object().map(|error| error.len()), Some(2), "{answer:?}");
    (answer.status, body["error"]["code"].as_str().unwrap().to_owned())
}

pub fn whole(numbers: &[&str]) -> Value {
    json!({ "numbers": numbers })
}
