//! What a person sees: a real browser on the pages of the running service.

use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use crate::support::browser::{Browser, ENTER, SPACE, TAB};

/// Everything that the tests of pages say must not be there. If the browser did not tell of it, they would pass for nothing.
const WRONG: &str = r#"<!doctype html><title>wrong</title><meta name="viewport" content="width=device-width">
    <style>@media (prefers-color-scheme: dark) { body { color: rgb(1, 2, 3) } }</style>
    <p style="width: 700px">wide</p><form><label>Name <input id="name"></label>
    <label><input type="checkbox" id="box"> box</label><a href="?next" id="next">next</a></form>
    <script>document.title = "script ran";
    document.getElementById("next").addEventListener("click", () => alert("dialog"))</script>"#;

async fn page(html: &str) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_raw(html.as_bytes(), "text/html; charset=utf-8");
    Mock::given(any()).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn a_browser_tells_of_all_that_must_not_be_and_reaches_nobody_else() {
    let (server, browser) = (page(WRONG).await, Browser::start().await);
    browser.resize(390, 844).await;
    browser.speak("pt-BR").await;
    browser.open(&server.uri()).await;
    assert_eq!(browser.title().await, "script ran");
    assert!(browser.overflow().await > 300);
    let asked = server.received_requests().await.unwrap();
    assert_eq!(asked[0].headers["accept-language"], "pt-BR");

    browser.prefer_dark(true).await;
    let colour = browser.script("return getComputedStyle(document.body).color").await;
    assert_eq!(colour, "rgb(1, 2, 3)");
    browser.press(&[TAB, "A", "n", "a", TAB, SPACE, TAB]).await;
    assert_eq!(browser.focused().await.attribute("id").await.as_deref(), Some("next"));
    let written = "return document.getElementById('name').value + document.getElementById('box').checked";
    assert_eq!(browser.script(written).await, "Anatrue");
    let name = browser.find("#name").await;
    name.clear().await;
    name.write("Eva").await;
    assert_eq!(browser.script(written).await, "Evatrue");
    for picture in [browser.picture().await, browser.whole_picture().await] {
        assert!(picture.starts_with(b"\x89PNG"));
    }
    browser.without_scripts(true).await;
    browser.open(&server.uri()).await;
    assert_eq!(browser.title().await, "wrong");
    browser.without_scripts(false).await;
    browser.shows_after_reloading("wide").await;
    assert!(browser.has("#next").await);
    let next = browser.find("#next").await;
    assert_eq!(next.text().await, "next");
    for elsewhere in ["http://example.org/", "http://192.0.2.1/"] {
        let refused = browser.cannot_open(elsewhere).await;
        assert!(refused.contains("ERR_NAME_NOT_RESOLVED"), "{refused}");
    }

    browser.open(&server.uri()).await;
    assert!(!browser.has_dialog().await);
    browser.find("#box").await.click().await;
    browser.press(&[TAB, ENTER]).await;
    assert!(browser.has_dialog().await);
}
