//! A Chromium without a window, driven as the W3C's WebDriver says, and able to reach nothing but this machine.
//!
//! Looks of what a person would: by CSS, texts as shown, keys as typed. Whatever is not there yet is waited for.

mod driver;

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Method;
use serde_json::{Value, json};

use super::wait::{LONG, until_within};
use driver::Driver;

/// The name of an element in WebDriver's answers.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys that write nothing.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const SPACE: &str = " ";

/// A browser with one window. It ends with this value.
pub struct Browser {
    driver: Driver,
    client: reqwest::Client,
    session: String,
}

/// Something on the page.
pub struct Element<'a> {
    browser: &'a Browser,
    id: String,
}

impl Browser {
    pub async fn start() -> Self {
        let driver = Driver::start();
        let client = reqwest::Client::builder().no_proxy().timeout(LONG).build().unwrap();
        let mut browser = Self { driver, client, session: String::new() };
        let answer = browser.send(Method::POST, "/session", Some(browser.driver.capabilities())).await;
        let Some(session) = answer["value"]["sessionId"].as_str() else { browser.driver.refused(&answer) };
        browser.session = format!("/session/{session}");
        browser
    }

    /// Opens an address, and waits until the page is there.
    pub async fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    /// Opens an address, and waits until nothing on it is being worked out.
    pub async fn open_ready(&self, url: &str) {
        self.open(url).await;
        until_within(LONG, url, async || (!self.has("meta[http-equiv=refresh]").await).then_some(())).await;
    }

    /// Tries to open an address that the browser must not reach, and returns why it did not.
    pub async fn cannot_open(&self, url: &str) -> String {
        let answer = self.send(Method::POST, &self.at("/url"), Some(json!({ "url": url }))).await;
        answer["value"]["message"].as_str().expect("it is not opened").to_owned()
    }

    pub async fn title(&self) -> String {
        self.text_of("/title").await
    }

    /// Goes back as the browser's own button does.
    pub async fn back(&self) {
        self.post("/back", json!({})).await;
    }

    /// The first that matches, once there is one.
    pub async fn find(&self, css: &str) -> Element<'_> {
        let found = until_within(LONG, css, async || self.all(css).await.into_iter().next()).await;
        Element { browser: self, id: found.id }
    }

    /// All that match now.
    pub async fn all(&self, css: &str) -> Vec<Element<'_>> {
        let found = self.post("/elements", by_css(css)).await;
        let ids = found.as_array().unwrap().iter().map(|one| one[ELEMENT].as_str().unwrap().to_owned());
        ids.map(|id| Element { browser: self, id }).collect()
    }

    /// Whether something matches now.
    pub async fn has(&self, css: &str) -> bool {
        !self.all(css).await.is_empty()
    }

    /// The text of the whole page as it is shown.
    pub async fn text(&self) -> String {
        self.find("body").await.text().await
    }

    /// Waits until the page shows a text: one that follows a click or a key comes in its own time.
    pub async fn shows(&self, text: &str) {
        until_within(LONG, text, async || {
            let body = self.send(Method::POST, &self.at("/element"), Some(by_css("body"))).await;
            let body = Element { browser: self, id: body["value"][ELEMENT].as_str()?.to_owned() };
            let shown = self.send(Method::GET, &self.at(&body.at("/text")), None).await;
            shown["value"].as_str()?.contains(text).then_some(())
        })
        .await;
    }

    /// Opens the page anew until it shows a text: for what the service does by itself.
    pub async fn shows_after_reloading(&self, text: &str) {
        until_within(LONG, text, async || {
            self.post("/refresh", json!({})).await;
            self.text().await.contains(text).then_some(())
        })
        .await;
    }

    /// What a function's body returns on the page.
    pub async fn script(&self, body: &str) -> Value {
        self.post("/execute/sync", json!({ "script": body, "args": [] })).await
    }

    /// Presses keys where the focus is.
    pub async fn press(&self, keys: &[&str]) {
        let actions: Vec<Value> = keys
            .iter()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        let actions = json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": actions }] });
        self.post("/actions", actions).await;
    }

    /// What has the focus.
    pub async fn focused(&self) -> Element<'_> {
        let found = self.get("/element/active").await;
        Element { browser: self, id: found[ELEMENT].as_str().unwrap().to_owned() }
    }

    /// Whether a dialog is open: what a script that should not have run would show.
    pub async fn has_dialog(&self) -> bool {
        let answer = self.send(Method::GET, &self.at("/alert/text"), None).await;
        answer["value"]["error"].as_str() != Some("no such alert")
    }

    /// A picture of what is in the window, PNG.
    pub async fn picture(&self) -> Vec<u8> {
        STANDARD.decode(self.text_of("/screenshot").await).unwrap()
    }

    /// A picture of the whole page, PNG.
    pub async fn whole_picture(&self) -> Vec<u8> {
        let shot = self.devtools("Page.captureScreenshot", json!({ "captureBeyondViewport": true })).await;
        STANDARD.decode(shot["data"].as_str().unwrap()).unwrap()
    }

    /// A window of this size in CSS pixels; a narrow one is a phone.
    pub async fn resize(&self, width: u32, height: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
    }

    /// Whether the person likes it dark.
    pub async fn prefer_dark(&self, dark: bool) {
        let value = if dark { "dark" } else { "light" };
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// How large the person likes letters, pixels; 16 as browsers come.
    pub async fn letters(&self, size: u32) {
        self.devtools("Page.enable", json!({})).await;
        self.devtools("Page.setFontSizes", json!({ "fontSizes": { "standard": size } })).await;
    }

    /// The languages that the person reads, as browsers send them.
    pub async fn speak(&self, languages: &str) {
        let headers = json!({ "headers": { "Accept-Language": languages } });
        self.devtools("Network.enable", json!({})).await;
        self.devtools("Network.setExtraHTTPHeaders", headers).await;
    }

    /// Switches the page's own scripts off.
    pub async fn without_scripts(&self, off: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", json!({ "value": off })).await;
    }

    /// How far the page is wider than the window, CSS pixels.
    pub async fn overflow(&self) -> i64 {
        let wider = "const root = document.documentElement; return root.scrollWidth - root.clientWidth;";
        self.script(wider).await.as_i64().unwrap()
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("/goog/cdp/execute", json!({ "cmd": command, "params": parameters })).await
    }

    async fn text_of(&self, path: &str) -> String {
        self.get(path).await.as_str().unwrap().to_owned()
    }

    async fn get(&self, path: &str) -> Value {
        self.done(path, self.send(Method::GET, &self.at(path), None).await)
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        self.done(path, self.send(Method::POST, &self.at(path), Some(body)).await)
    }

    fn done(&self, path: &str, mut answer: Value) -> Value {
        let failed = answer["value"]["error"].is_string();
        assert!(!failed, "{path}: {}: {}", answer["value"]["error"], answer["value"]["message"]);
        answer["value"].take()
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.session)
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.client.request(method, self.driver.url(path)).timeout(Duration::from_secs(60));
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap().bytes().await.unwrap();
        serde_json::from_slice(&answer).unwrap()
    }
}

fn by_css(css: &str) -> Value {
    json!({ "using": "css selector", "value": css })
}

impl Element<'_> {
    /// Its text as it is shown.
    pub async fn text(&self) -> String {
        self.browser.text_of(&self.at("/text")).await
    }

    pub async fn attribute(&self, name: &str) -> Option<String> {
        self.browser.get(&self.at(&format!("/attribute/{name}"))).await.as_str().map(str::to_owned)
    }

    pub async fn click(&self) {
        self.browser.post(&self.at("/click"), json!({})).await;
    }

    /// Types into it.
    pub async fn write(&self, text: &str) {
        self.browser.post(&self.at("/value"), json!({ "text": text })).await;
    }

    pub async fn clear(&self) {
        self.browser.post(&self.at("/clear"), json!({})).await;
    }

    fn at(&self, path: &str) -> String {
        format!("/element/{}{path}", self.id)
    }
}
