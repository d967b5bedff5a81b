//! A browser that keeps its cookies.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use reqwest::{Method, redirect::Policy};

pub struct Visitor {
    base: String,
    client: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl Visitor {
    pub fn new(operators: SocketAddr) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        Self { base: format!("http://{operators}"), client, cookies: BTreeMap::new() }
    }

    pub async fn sign_in(&mut self, token: &str) {
        self.ask(Method::POST, "/page/sign-in", Some(format!("token={token}")), 303).await;
    }

    /// Looks a person up, so that the view of a person shows them.
    pub async fn look_up(&mut self, number: &str) {
        let path = "/page/of/default/person";
        let page = self.ask(Method::GET, path, None, 200).await;
        let token = page.split_once("name=\"form_token\" value=\"").unwrap().1.split_once('"').unwrap().0;
        self.ask(Method::POST, path, Some(format!("form_token={token}&number={number}")), 303).await;
    }

    /// A view of the business.
    pub async fn get(&mut self, path: &str) -> String {
        self.ask(Method::GET, &format!("/page/of/default{path}"), None, 200).await
    }

    /// The same, once nothing on it is being worked out.
    pub async fn ready(&mut self, path: &str) {
        while self.get(path).await.contains("http-equiv=\"refresh\"") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn ask(&mut self, method: Method, path: &str, form: Option<String>, status: u16) -> String {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        request = request.header("cookie", cookies.join("; "));
        if let Some(form) = form {
            request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        for set in response.headers().get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        response.text().await.unwrap()
    }
}
