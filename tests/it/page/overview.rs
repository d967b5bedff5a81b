use super::Site;
use crate::support::{wait::until, webhook::says};

#[tokio::test]
async fn what_was_counted_is_shown_in_every_language() {
    let site = Site::start().await;
    let mut visitor = site.signed_in(&site.reader).await;
    let seen = visitor.get("/page/of/acme").await;
    assert!(seen.body.contains("Nothing was counted yet"), "{}", seen.body);

    for number in 0..3 {
        let (from, id) = (format!("521551234567{number}"), format!("wamid.P{number}"));
        assert_eq!(site.app.post(says(&from, &id, "BAJA")).await.status, 200);
    }
    let seen = until("three opt-outs to be counted", async || {
        let mut visitor = site.signed_in(&site.reader).await;
        let seen = visitor.get("/page/of/acme?days=7").await;
        seen.body.contains("<strong>3</strong>").then_some(seen)
    })
    .await;
    for text in ["Opt-outs a day", "<bdi>Typed</bdi>", "<bdi>Spanish</bdi>", "aria-current=\"page\">Overview"]
    {
        assert!(seen.body.contains(text), "{text}: {}", seen.body);
    }
    // Nobody knows what they answered, and no template gets the blame for it.
    let note = "100% of the opt-outs have no known template";
    assert!(seen.body.contains(note), "{}", seen.body);
    let of_templates = visitor.ready("/page/of/acme/templates").await;
    assert!(of_templates.body.contains(note), "{}", of_templates.body);
    assert!(of_templates.body.contains("No template was sent in this time"), "{}", of_templates.body);
    for (language, lang, texts) in [
        ("es-MX,es;q=0.9", "es", ["Bajas al día", "Escrita", "Español"]),
        ("pt-BR", "pt-BR", ["Descadastros por dia", "Digitado", "Espanhol"]),
        ("de", "en", ["Opt-outs a day", "Typed", "Spanish"]),
    ] {
        visitor.headers = vec![("accept-language", language.to_owned())];
        let seen = visitor.get("/page/of/acme").await;
        assert!(seen.body.contains(&format!("<html lang=\"{lang}\">")), "{language}");
        for text in texts {
            assert!(seen.body.contains(text), "{text}: {}", seen.body);
        }
    }
    // Who chose one keeps it, whatever the browser says.
    let seen = visitor.get("/page/language?to=es&back=%2Fpage%2Fof%2Facme").await;
    assert_eq!(seen.location(), "/page/of/acme");
    assert!(visitor.get("/page/of/acme").await.body.contains("<html lang=\"es\">"));
    for days in ["365", "1", "0", "70000", "x"] {
        let seen = visitor.get(&format!("/page/of/acme?days={days}")).await;
        assert_eq!(seen.status, if ["70000", "x"].contains(&days) { 400 } else { 200 }, "{days}");
    }
    site.finish().await;
}

#[tokio::test]
async fn without_redis_the_page_says_so_and_comes_back() {
    let mut site = Site::start().await;
    let mut visitor = site.signed_in(&site.reader).await;
    site.app.store().server.kill().await;
    let seen = until("redis to be missed", async || {
        let seen = visitor.get("/page/of/acme").await;
        (seen.status != 200).then_some(seen)
    })
    .await;
    assert_eq!((seen.status, seen.heading()), (503, "Redis does not answer"));
    assert!(seen.headers.contains_key("retry-after"));
    assert!(seen.body.contains("href=\"/page/of/acme\">Try again"), "{}", seen.body);
    assert!(!seen.body.contains("redis://") && !seen.body.contains("127.0.0.1"), "{}", seen.body);
    // It needs no Redis to know who is signed in.
    assert!(seen.body.contains("<bdi>reader</bdi>"));
    site.app.store().server.restart().await.unwrap();
    until("redis to be back", async || (visitor.get("/page/of/acme").await.status == 200).then_some(()))
        .await;
    site.finish().await;
}

#[tokio::test]
async fn days_on_which_statuses_were_left_out_are_named() {
    let site = Site::start().await;
    site.app.ledger.note_sends("acme", &[], 7).await.unwrap();
    let mut visitor = site.signed_in(&site.reader).await;
    let told = "Too many statuses came at once, and only a part was counted";
    for (path, days) in [("/page/of/acme", ": 1 day."), ("/page/of/acme/templates", ": ")] {
        let seen = visitor.ready(path).await;
        assert!(seen.body.contains(&format!("{told}{days}")), "{path}: {}", seen.body);
    }
    assert!(!visitor.ready("/page/of/other").await.body.contains(told));
    site.finish().await;
}
