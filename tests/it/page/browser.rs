//! The page in a real browser, with real webhooks coming in.

use baja::{
    identity::Person,
    ledger::{MessageClass, NearMiss, NearMissId, Operator, Seen, SeenKind, Way},
    payload::Labels,
};

use super::Site;
use crate::support::{
    app::SUPPRESSED,
    browser::{Browser, ENTER, TAB},
    store::person,
    wait::until,
    webhook::{button, message, messages as messages_of, now, says},
};

/// Would change the title if it ran, and turns the line around.
const HOSTILE: &str =
    "<img src=x onerror=\"document.title='ran'\"><script>alert(1)</script>\u{202e}\u{2066}baja";

/// A name that senders may give a template.
const HOSTILE_NAME: &str = "<b onclick=alert(1)>flash_sale</b>";

impl Site {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.app.operators)
    }

    /// Signs a browser in with the keyboard alone.
    pub async fn enter(&self, browser: &Browser, token: &str) {
        browser.open(&self.url("/page")).await;
        assert_eq!(browser.focused().await.attribute("id").await.as_deref(), Some("token"));
        browser.find("#token").await.write(token).await;
        browser.press(&[ENTER]).await;
        browser.find("nav.views").await;
    }
}

/// Presses Tab until this is reached: every link and button can be.
async fn tab_to(browser: &Browser, what: &str) {
    for _ in 0..60 {
        browser.press(&[TAB]).await;
        if browser.focused().await.text().await == what {
            return;
        }
    }
    panic!("the Tab key does not lead to {what:?}");
}

#[tokio::test]
async fn an_operator_sees_an_opt_out_come_finds_the_person_and_decides() {
    let (site, browser) = (Site::start().await, Browser::start().await);
    browser.speak("en").await;
    site.enter(&browser, &site.desk).await;
    browser.shows("Nothing was counted yet").await;
    assert_eq!(site.app.post(says("5215512340001", "wamid.A", "BAJA")).await.status, 200);
    browser.shows_after_reloading("Opt-outs a day").await;

    // WhatsApp wrote 52 1 55…, the operator types 52 55….
    browser.find("nav.views a[href$='/person']").await.click().await;
    browser.find("#number").await.write("+52 55 1234 0001").await;
    browser.press(&[ENTER]).await;
    browser.shows("Refuses everything").await;
    browser.shows("Spanish: the word “baja”").await;
    assert!(!browser.title().await.contains("1234"));

    for (wish, note, done, on_list) in [
        ("resume", "she asks for offers again", "May be written to", false),
        ("suppress", "she changed her mind", "Refuses everything", true),
    ] {
        browser.find("form.decide #note").await.write(note).await;
        browser.find(&format!("button[value='{wish}']")).await.click().await;
        assert_eq!(browser.find(".confirm #note").await.attribute("value").await.as_deref(), Some(note));
        browser.find(".confirm button").await.click().await;
        browser.find("p.notice[role=status]").await;
        browser.shows(done).await;
        browser.shows(note).await;
        assert_eq!(site.app.has(SUPPRESSED, "525512340001").await, on_list, "{wish}");
    }

    assert_eq!(site.app.post(says("34600000001", "wamid.B", "no me interesa")).await.status, 200);
    browser.find("nav.views a[href$='/near-misses']").await.click().await;
    browser.shows_after_reloading("no me interesa").await;
    browser.find("article.near input[name=note]").await.write("they meant it").await;
    browser.find("article.near button").await.click().await;
    browser.shows("Taken for an opt-out: the person is on the list.").await;
    assert!(site.app.has(SUPPRESSED, "34600000001").await);
    // Coming back by the browser's own button sends nothing again.
    browser.back().await;
    browser.shows("Near-misses").await;
    assert!(!browser.has_dialog().await);

    browser.find("form.visitor button").await.click().await;
    browser.shows("You are signed out.").await;
    browser.open(&site.url("/page/of/acme/person")).await;
    browser.find("#token").await;
    site.finish().await;
}

/// Names and words that nobody should be able to harm the page with, wherever it shows some.
pub async fn bury_hostile_data(site: &Site) {
    let near_miss = NearMiss {
        at: 1.79e12,
        canonical: vec!["34600000001".to_owned()],
        text: format!("{HOSTILE} {}", "ñ".repeat(4000)),
        normalized: HOSTILE.to_owned(),
        rule: HOSTILE.to_owned(),
        language: "es".to_owned(),
        scope: "all".to_owned(),
        ..NearMiss::default()
    };
    let ledger = &site.app.ledger;
    ledger.note_near_misses("acme", &[(NearMissId::random(), near_miss)]).await.unwrap();
    let raw = format!("{{\"x\":\"{HOSTILE}{}\"}}", "w".repeat(9000));
    ledger.bury("acme", &[("message", HOSTILE, &raw)]).await.unwrap();
    let identifiers = person(&["34600000001"]).identifiers().to_vec();
    let operator = Operator { by: "desk", note: HOSTILE };
    ledger.decide("acme", Way::Suppress, &baja::intent::Scope::All, operator, &identifiers).await.unwrap();
    let template = format!("{HOSTILE}{}", "long_".repeat(100));
    for label in ["template", "campaign"] {
        let breach = ["XADD", "baja:{acme}:breaches", "*", "identifier", "34600000001", "scope", HOSTILE];
        let _: String =
            site.app.redis(&[&breach[..], &[label, &template, "sent", "1790000000000"]].concat()).await;
    }
}

#[tokio::test]
async fn hostile_words_are_shown_harmlessly() {
    let (site, browser) = (Site::start().await, Browser::start().await);
    bury_hostile_data(&site).await;
    site.enter(&browser, &site.desk).await;
    browser.open(&site.url("/page/of/acme/person")).await;
    browser.find("#number").await.write("34600000001").await;
    browser.press(&[ENTER]).await;
    browser.find(".timeline blockquote").await;
    for (width, dark) in [(390, false), (820, true), (1280, false)] {
        browser.resize(width, 900).await;
        browser.prefer_dark(dark).await;
        for path in
            ["", "/person", "/near-misses", "/breaches", "/outbox", "/dead-letters", "/templates", "/health"]
        {
            browser.open(&site.url(&format!("/page/of/acme{path}"))).await;
            assert!(!browser.has_dialog().await, "{path}");
            assert!(browser.title().await.ends_with("baja"), "{path}: {}", browser.title().await);
        }
    }
    site.finish().await;
}

/// So many messages of a template that arrived just now, and so many opt-outs by their buttons.
pub async fn sent(site: &Site, template: &str, messages: usize, opt_outs: usize) {
    let at = now() * 1000;
    let seen = |number| Seen {
        message_id: format!("wamid.{template}.{number}"),
        kind: SeenKind::Delivered,
        at,
        to: String::new(),
        person: Person::new(),
        class: Some(MessageClass::Marketing),
        labels: Labels::read(&format!("tpl={template}")),
        code: None,
    };
    let messages: Vec<Seen> = (0..messages).map(seen).collect();
    for part in messages.chunks(25) {
        site.app.ledger.note_sends("acme", part, 0).await.unwrap();
    }
    for number in 0..opt_outs {
        let (from, id) =
            (format!("3467{:07}", template.len() * 10_000 + number), format!("wamid.{template}.L{number}"));
        let tap = button("No más", &format!("OPTOUT|tpl={template}"));
        let body = messages_of(&[message((&from, ""), &id, now(), tap)]);
        assert_eq!(site.app.post(body).await.status, 200);
    }
}

#[tokio::test]
async fn a_template_that_drives_people_away_is_seen_at_a_glance() {
    let (site, browser) = (Site::start().await, Browser::start().await);
    sent(&site, "weekly_offers", 1100, 2).await;
    sent(&site, HOSTILE_NAME, 300, 14).await;
    site.enter(&browser, &site.reader).await;
    browser.find("nav.views a[href$='/templates']").await.click().await;
    browser.shows_after_reloading("Suspect").await;
    // Labels come without the signs that mean something elsewhere.
    browser.shows("_b onclick=alert(1)_flash_sale_/b_").await;
    assert!(!browser.has_dialog().await);
    assert_eq!(browser.overflow().await, 0);
    site.finish().await;
}

#[tokio::test]
async fn the_keyboard_alone_suffices_and_so_does_a_browser_without_scripts() {
    let (site, browser) = (Site::start().await, Browser::start().await);
    assert_eq!(site.app.post(says("34600000001", "wamid.B", "no me interesa")).await.status, 200);
    until("the near-miss", async || {
        let found = site.app.ledger.near_misses("acme", None, 1).await.unwrap();
        (!found.is_empty()).then_some(())
    })
    .await;
    browser.without_scripts(true).await;
    browser.speak("es").await;
    site.enter(&browser, &site.desk).await;
    browser.press(&[TAB]).await;
    assert_eq!(browser.focused().await.attribute("class").await.as_deref(), Some("skip"));
    tab_to(&browser, "Casos dudosos").await;
    browser.press(&[ENTER]).await;
    browser.shows("no me interesa").await;
    tab_to(&browser, "Es una baja").await;
    browser.press(&[ENTER]).await;
    browser.shows("Se tomó como baja: la persona está en la lista.").await;
    assert!(site.app.has(SUPPRESSED, "34600000001").await);
    tab_to(&browser, "Una persona").await;
    browser.press(&[ENTER]).await;
    browser.shows("Por qué alguien está o no está en la lista").await;
    site.finish().await;
}
