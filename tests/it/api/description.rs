//! The description of the API against the API: what is answered is described, and what is described is answered.

use std::collections::BTreeSet;

use baja::{http::openapi, ledger::StoredNearMiss};
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{Api, json_of};
use crate::support::{
    app::{Answer, App},
    raw::exchange,
    wait::until,
    webhook::{message, messages, now, says},
};

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

fn document() -> Value {
    serde_json::from_str(&openapi().unwrap()).unwrap()
}

/// One path with one method.
struct Operation {
    method: Method,
    path: String,
    described: Value,
}

impl Operation {
    fn all(document: &Value) -> Vec<Self> {
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, described) in item.as_object().unwrap() {
                let method = method.to_uppercase().parse().unwrap();
                all.push(Self { method, path: path.clone(), described: described.clone() });
            }
        }
        all
    }

    fn name(&self) -> &str {
        self.described["operationId"].as_str().unwrap()
    }

    fn statuses(&self) -> impl Iterator<Item = u16> {
        self.described["responses"].as_object().unwrap().keys().map(|status| status.parse().unwrap())
    }

    /// The path with the parameters' own examples, but for this near-miss.
    fn path(&self, business: &str, near_miss: &str) -> String {
        let mut path = self.path.clone();
        for parameter in self.described["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let example = parameter["example"].as_str().or(parameter["schema"]["example"].as_str());
            let value = match name {
                "business" if !business.is_empty() => business,
                "id" if !near_miss.is_empty() => near_miss,
                _ => example.unwrap_or_default(),
            };
            path = path.replace(&format!("{{{name}}}"), value);
        }
        assert!(!path.contains('{'), "{path} has a parameter without an example");
        path
    }

    /// The query of all parameters' own examples.
    fn query(&self) -> String {
        let parameters = self.described["parameters"].as_array().into_iter().flatten();
        let pairs = parameters.filter(|one| one["in"] == "query").filter_map(|one| {
            let example =
                [&one["example"], &one["schema"]["example"]].into_iter().find(|one| !one.is_null())?;
            let text = example.as_str().map_or_else(|| example.to_string(), str::to_owned);
            Some(format!("{}={text}", one["name"].as_str().unwrap()))
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// The body made of its members' own examples.
    fn example(&self, document: &Value) -> Option<Value> {
        let schema = &self.described["requestBody"]["content"]["application/json"]["schema"];
        let name = schema["$ref"].as_str()?.rsplit('/').next().unwrap();
        let properties = document["components"]["schemas"][name]["properties"].as_object().unwrap();
        let members = properties.iter().map(|(name, property)| {
            assert!(!property["example"].is_null(), "{}: {name} has no example", self.name());
            (name.clone(), property["example"].clone())
        });
        Some(Value::Object(members.collect()))
    }
}

/// Holds answers against the description, and remembers what was seen.
struct Judge {
    document: Value,
    seen: BTreeSet<(String, u16)>,
}

impl Judge {
    fn take(&mut self, operation: &Operation, answer: &Answer) {
        self.take_body(operation, answer.status, &json_of(answer));
    }

    #[track_caller]
    fn take_body(&mut self, operation: &Operation, status: u16, body: &Value) {
        let name = operation.name();
        let response = &operation.described["responses"][status.to_string()];
        assert!(!response.is_null(), "{name} answered {status}, which is not described: {body}");
        assert!(!response["description"].as_str().unwrap().is_empty(), "{name} {status}");
        let schema = &response["content"]["application/json"]["schema"];
        assert!(!schema.is_null(), "{name} {status} has no schema");
        let mut whole = schema.as_object().unwrap().clone();
        whole.insert("components".to_owned(), self.document["components"].clone());
        let validator = jsonschema::validator_for(&Value::Object(whole)).unwrap();
        let errors: Vec<_> = validator.iter_errors(body).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{name} {status}: {errors:?}\n{body}");
        self.seen.insert((name.to_owned(), status));
    }
}

/// The description with no member that it does not name: nothing is answered beside it. (Callers are to bear new members.)
fn closed(mut document: Value) -> Value {
    fn close(value: &mut Value) {
        match value {
            Value::Object(members) => {
                if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                    members.insert("additionalProperties".to_owned(), json!(false));
                }
                members.values_mut().for_each(close);
            }
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    close(&mut document["components"]["schemas"]);
    document
}

async fn near_misses(app: &App, count: usize) -> Vec<StoredNearMiss> {
    until("near-misses", async || {
        let found = app.ledger.near_misses("acme", None, 100).await.unwrap();
        (found.len() >= count).then_some(found)
    })
    .await
}

/// A near-miss of this number, which its person has answered with no where `no`.
async fn near_miss(app: &App, number: &str, no: bool) -> String {
    let before = app.ledger.near_misses("acme", None, 100).await.unwrap().len();
    app.post(says(number, &format!("wamid.{number}"), "no me interesa")).await;
    let id = near_misses(app, before + 1).await[0].id.as_str().to_owned();
    if no {
        let tap = json!({ "type": "interactive", "interactive": { "type": "button_reply",
            "button_reply": { "id": "keep", "title": "No" } } });
        app.post(messages(&[message((number, ""), &format!("wamid.T{number}"), now() + 1, tap)])).await;
        until("the answer", async || {
            let found = app.ledger.near_misses("acme", None, 1).await.unwrap();
            (found[0].near_miss.state() == "no").then_some(())
        })
        .await;
    }
    id
}

#[tokio::test]
async fn every_answer_is_described_and_every_description_is_answered() {
    let plain = document();
    assert!(plain["openapi"].as_str().unwrap().starts_with("3.1."), "{}", plain["openapi"]);
    assert_eq!(plain["info"]["version"], env!("CARGO_PKG_VERSION"));
    let operations = Operation::all(&plain);
    assert!(operations.len() >= 9, "{}", operations.len());
    let mut judge = Judge { document: closed(plain.clone()), seen: BTreeSet::new() };

    let mut api = Api::with(&[("BAJA__SERVER__BODY_TIMEOUT_MS", "2000")]).await;
    assert_eq!(api.app.ask_operators("/api/v1/openapi.json").await.body, openapi().unwrap());
    let (desk, read) = (api.desk.clone(), api.read.clone());

    // 200, with the examples of the description; once shown everything, once masked.
    for operation in &operations {
        assert_eq!(operation.described["security"], json!([{ "token": [] }]), "{}", operation.name());
        let number = format!("3460000{:04}", operation.name().len());
        let id = match operation.name().ends_with("near_miss") {
            true => near_miss(&api.app, &number, false).await,
            false => String::new(),
        };
        let path = operation.path("", &id);
        let body = operation.example(&plain).map(|example| example.to_string());
        for query in [String::new(), operation.query()] {
            let path = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
            let answer = api.ask(operation.method.clone(), &desk, &path, body.clone()).await;
            assert_eq!(answer.status, 200, "{}: {answer:?}", operation.name());
            judge.take(operation, &answer);
        }
    }
    // A person with a history, so that every member is there.
    api.app
        .post(messages(&[message(
            ("5215512345678", "MX.900"),
            "wamid.A",
            now(),
            json!({ "type": "text", "text": { "body": "BAJA" } }),
        )]))
        .await;
    for operation in operations.iter().filter(|one| !one.name().ends_with("near_miss")) {
        let body = operation.example(&plain).map(|example| example.to_string());
        for token in [&desk, &read] {
            let answer =
                api.ask(operation.method.clone(), token, &operation.path("", ""), body.clone()).await;
            judge.take(operation, &answer);
        }
    }

    // No other method is answered.
    for operation in &operations {
        for method in METHODS {
            let known = |one: &Operation| one.path == operation.path && one.method.as_str() == method;
            if !operations.iter().any(known) {
                let answer = api.ask(method.parse().unwrap(), &desk, &operation.path("", ""), None).await;
                assert_eq!(answer.status, 405, "{method} {}", operation.path);
            }
        }
    }

    // 400, 401, 404, 413, 415, 409.
    for operation in &operations {
        let (method, path) = (operation.method.clone(), operation.path("", ""));
        let answer = api.app.operators_request(method.clone(), &path, &[], None).await;
        judge.take(operation, &answer);
        if operation.path.contains("{business}") {
            let body = operation.example(&plain).map(|example| example.to_string());
            let answer = api.ask(method.clone(), &desk, &operation.path("absent", ""), body).await;
            assert_eq!(answer.status, 404);
            judge.take(operation, &answer);
            let wrong = match method {
                Method::POST => api.ask(Method::POST, &desk, &path, Some("{".to_owned())).await,
                _ => api.ask(method.clone(), &desk, &format!("{path}?limit=0"), None).await,
            };
            judge.take(operation, &wrong);
        }
        if method == Method::POST {
            let large = api.ask(Method::POST, &desk, &path, Some(" ".repeat(1024 * 1024 + 1))).await;
            judge.take(operation, &large);
            let authorization = format!("Bearer {desk}");
            let headers = [("authorization", authorization.as_str()), ("content-encoding", "br")];
            let answer = api.app.operators_request(Method::POST, &path, &headers, Some("x".to_owned())).await;
            judge.take(operation, &answer);
        }
        let conflict = match operation.name() {
            "approve_near_miss" => near_miss(&api.app, "34611100001", true).await,
            "reject_near_miss" => {
                let id = near_miss(&api.app, "34611100002", false).await;
                let approve = format!("/api/v1/businesses/acme/near-misses/{id}/approve");
                assert_eq!(api.post(&desk, &approve, json!({})).await.status, 200);
                id
            }
            _ => continue,
        };
        let answer = api.post(&desk, &operation.path("", &conflict), json!({})).await;
        judge.take(operation, &answer);
    }

    late(&mut judge, &operations).await;
    shut(&mut judge, &operations).await;

    // 500: what is stored is not what it should be. 503: it cannot be reached. 429: somebody guesses.
    let ask_all = async |api: &Api, judge: &mut Judge, status: u16| {
        for operation in operations.iter().filter(|one| one.statuses().any(|one| one == status)) {
            let body = operation.example(&plain).map(|example| example.to_string());
            let path = operation.path("", "0000000000000000");
            let answer = api.ask(operation.method.clone(), &desk, &path, body).await;
            assert_eq!(answer.status, status, "{}: {answer:?}", operation.name());
            judge.take(operation, &answer);
        }
    };
    for key in ["suppressed", "suppressed:marketing", "people", "near", "near:order"] {
        let _: () = api.app.redis(&["SET", &format!("baja:{{acme}}:{key}"), "no set, no hash"]).await;
    }
    ask_all(&api, &mut judge, 500).await;
    let _: () = api.app.redis(&["FLUSHALL"]).await;
    api.app.store().server.kill().await;
    ask_all(&api, &mut judge, 503).await;
    for _ in 0..10 {
        api.get("baja_guess", "/api/v1/businesses").await;
    }
    ask_all(&api, &mut judge, 429).await;
    api.app.store().server.restart().await.unwrap();
    api.finish().await;

    let described: BTreeSet<_> = operations
        .iter()
        .flat_map(|one| one.statuses().map(|status| (one.name().to_owned(), status)))
        .collect();
    let unreached: Vec<_> = described.difference(&judge.seen).collect();
    assert!(unreached.is_empty(), "described and not answered: {unreached:?}");
}

/// 408: a body that does not come.
async fn late(judge: &mut Judge, operations: &[Operation]) {
    let api = Api::with(&[("BAJA__SERVER__BODY_TIMEOUT_MS", "50")]).await;
    for operation in operations.iter().filter(|one| one.method == Method::POST) {
        let path = operation.path("", "");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: baja\r\nAuthorization: Bearer {}\r\nContent-Length: 100\r\n\r\n{{",
            api.desk
        );
        let answer = exchange(api.app.operators, request.as_bytes()).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert_eq!(status, 408, "{answer}");
        judge.take_body(operation, status, &serde_json::from_str(body).unwrap());
    }
    api.finish().await;
}

/// 403: no token is configured.
async fn shut(judge: &mut Judge, operations: &[Operation]) {
    let app = App::start().await;
    for operation in operations {
        let headers = [("authorization", "Bearer baja_any")];
        let path = operation.path("", "");
        let answer = app.operators_request(operation.method.clone(), &path, &headers, None).await;
        assert_eq!(answer.status, 403, "{answer:?}");
        judge.take(operation, &answer);
    }
    app.finish().await;
}

#[test]
fn the_description_names_everything_once_and_explains_it() {
    let document = document();
    let operations = Operation::all(&document);
    let names: BTreeSet<_> = operations.iter().map(Operation::name).collect();
    assert_eq!(names.len(), operations.len());
    for operation in &operations {
        assert!(operation.described["summary"].is_string(), "{}", operation.name());
        for parameter in operation.described["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{}: {parameter}", operation.name());
        }
    }
    // Every reference leads somewhere.
    let text = document.to_string();
    let schemas: &Map<String, Value> = document["components"]["schemas"].as_object().unwrap();
    for reference in text.split("\"$ref\":\"").skip(1) {
        let name = reference.split('"').next().unwrap().strip_prefix("#/components/schemas/").unwrap();
        assert!(schemas.contains_key(name), "{name} is not described");
    }
}
