//! The operators' page: signing in, who may do what, what every answer carries, and each view.

mod accessible;
mod attacks;
mod browser;
mod health;
mod overview;
mod people;
mod security;
mod sign_in;
mod templates;
mod topics;
mod work;

use std::collections::BTreeMap;

use baja::access::NewToken;
use reqwest::{Method, header::HeaderMap, redirect::Policy};

use crate::support::{app::App, wait::until};

/// A running service with three tokens: `reader` looks, `desk` acts and sees whole numbers, `other` may see another business
/// only.
pub struct Site {
    pub app: App,
    pub reader: String,
    pub desk: String,
    pub other: String,
}

/// Somebody's browser: keeps cookies, follows nothing by itself.
pub struct Visitor {
    base: String,
    client: reqwest::Client,
    pub cookies: BTreeMap<String, String>,
    /// Sent with every request.
    pub headers: Vec<(&'static str, String)>,
}

/// What came back.
#[derive(Debug)]
pub struct Seen {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Site {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(variables: &[(&str, &str)]) -> Self {
        let tokens: [NewToken; 3] = std::array::from_fn(|_| NewToken::random());
        let hashes = tokens.each_ref().map(|token| token.hash().to_string());
        let mut all = vec![
            ("BAJA__ACCESS__READER__SHA256", hashes[0].as_str()),
            ("BAJA__ACCESS__DESK__SHA256", &hashes[1]),
            ("BAJA__ACCESS__DESK__ROLE", "write"),
            ("BAJA__ACCESS__DESK__REVEAL", "true"),
            ("BAJA__ACCESS__OTHER__SHA256", &hashes[2]),
            ("BAJA__ACCESS__OTHER__BUSINESSES", "other"),
            ("BAJA__BUSINESS__OTHER__PHONE_NUMBER_IDS", "660099887766554"),
        ];
        all.extend(variables);
        let app = App::with(&all).await;
        let [reader, desk, other] = tokens.map(|token| token.token().to_owned());
        Self { app, reader, desk, other }
    }

    /// A browser that has not signed in.
    pub fn visitor(&self) -> Visitor {
        Visitor::of(&self.app)
    }

    /// A browser that has signed in with this token.
    pub async fn signed_in(&self, token: &str) -> Visitor {
        let mut visitor = self.visitor();
        let seen = visitor.sign_in(token).await;
        assert_eq!((seen.status, seen.location()), (303, "/page"), "{seen:?}");
        visitor
    }

    pub async fn finish(self) {
        self.app.finish().await;
    }
}

impl Visitor {
    pub fn of(app: &App) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self {
            base: format!("http://{}", app.operators),
            client,
            cookies: BTreeMap::new(),
            headers: Vec::new(),
        }
    }

    pub async fn get(&mut self, path: &str) -> Seen {
        self.ask(Method::GET, path, None).await
    }

    /// The view, once nothing on it is being worked out.
    pub async fn ready(&mut self, path: &str) -> Seen {
        until("the view to be ready", async || {
            let seen = self.get(path).await;
            (!seen.body.contains("http-equiv=\"refresh\"")).then_some(seen)
        })
        .await
    }

    /// Sends a form as a browser does from the page itself, without a form token of its own.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let encoded: Vec<_> =
            fields.iter().map(|(name, value)| format!("{name}={}", percent_encoded(value))).collect();
        self.ask(Method::POST, path, Some(encoded.join("&"))).await
    }

    /// Sends a form with the token that `from` gave its forms.
    pub async fn submit(&mut self, from: &str, path: &str, fields: &[(&str, &str)]) -> Seen {
        let token = self.get(from).await.form_token();
        let mut all = vec![("form_token", token.as_str())];
        all.extend(fields);
        self.post(path, &all).await
    }

    pub async fn sign_in(&mut self, token: &str) -> Seen {
        self.post("/page/sign-in", &[("token", token)]).await
    }

    pub async fn ask(&mut self, method: Method, path: &str, form: Option<String>) -> Seen {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !self.cookies.is_empty() {
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", cookies.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        if let Some(form) = form {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        for set in headers.get_all("set-cookie") {
            let text = set.to_str().unwrap();
            let (name, value) = text.split(';').next().unwrap().split_once('=').unwrap();
            if text.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        Seen { status, headers, body: response.text().await.unwrap() }
    }
}

impl Seen {
    /// Where a redirect leads.
    #[track_caller]
    pub fn location(&self) -> &str {
        self.headers.get("location").unwrap_or_else(|| panic!("no redirect: {self:?}")).to_str().unwrap()
    }

    /// The whole header that sets a cookie.
    #[track_caller]
    pub fn cookie(&self, name: &str) -> &str {
        let sets = self.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap());
        sets.into_iter().find(|set| set.starts_with(&format!("{name}="))).expect("the cookie is set")
    }

    /// The token of the forms on this page.
    #[track_caller]
    pub fn form_token(&self) -> String {
        let after = self.body.split_once("name=\"form_token\" value=\"").expect("a form").1;
        after.split_once('"').unwrap().0.to_owned()
    }

    /// The main heading.
    #[track_caller]
    pub fn heading(&self) -> &str {
        let after = self.body.split_once("<h1>").unwrap_or_else(|| panic!("no heading: {self:?}")).1;
        after.split_once("</h1>").unwrap().0
    }
}

/// A value of a form, as browsers write it.
fn percent_encoded(value: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    value.bytes().map(byte).collect()
}
