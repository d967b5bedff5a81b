//! What WCAG 2.2 asks for at level AA, as far as a browser can tell: on every view, with hostile data on it, and in both themes.

use baja::ledger::{Act, JobKind, Message, News};

use super::{Site, browser::bury_hostile_data};
use crate::support::{
    browser::{Browser, TAB},
    webhook::{NUMBER, now},
};

/// Every view of a business, and two pages that refuse something.
const VIEWS: [&str; 16] = [
    "/of/acme",
    "/of/acme?days=365",
    "/of/acme/templates?sort=-rate",
    "/of/acme/templates/one?name=weekly_offers",
    "/of/acme/numbers",
    "/of/acme/person",
    "/of/acme/near-misses",
    "/of/acme/breaches",
    "/of/acme/outbox",
    "/of/acme/outbox?finished=true",
    "/of/acme/dead-letters",
    "/of/acme/health",
    "/of/other",
    "/of/other/templates",
    "/of/nobody",
    "/nothing",
];

/// What is wrong on the page that is open, in words.
const FAULTS: &str = r"
const faults = [];
const must = (good, what, element) => { if (!good) faults.push(what + ' ' + (element?.outerHTML ?? '').slice(0, 160)); };
const all = (css) => [...document.querySelectorAll(css)];
const named = (ids) => ids.split(' ').every((id) => document.getElementById(id)?.textContent.trim());
must(document.documentElement.lang === 'es', 'the language is not the one asked for');
must(all('h1').length === 1, 'not one h1');
for (const css of ['header', 'main#main', 'footer', 'a.skip[href=\'#main\']']) must(all(css).length === 1, 'not one ' + css);
let level = 0;
for (const heading of all('h1, h2, h3, h4')) {
  const next = Number(heading.tagName[1]);
  must(next <= level + 1, 'a level of headings is left out', heading);
  level = next;
}
const ids = all('[id]').map((one) => one.id);
must(new Set(ids).size === ids.length, 'an id stands twice: ' + ids);
for (const one of all('[aria-labelledby]')) must(named(one.getAttribute('aria-labelledby')), 'named by nothing', one);
for (const one of all('[aria-describedby]')) must(named(one.getAttribute('aria-describedby')), 'described by nothing', one);
for (const one of all('nav, [role=region]')) must(one.getAttribute('aria-label') || one.getAttribute('aria-labelledby'), 'a part without a name', one);
for (const one of all('input:not([type=hidden]), select, textarea')) must(one.labels.length === 1 && one.labels[0].textContent.trim(), 'no label', one);
for (const one of all('th')) must(one.scope, 'a head without scope', one);
for (const one of all('a, button, summary')) must(one.textContent.trim(), 'nothing to read', one);
for (const one of all('svg')) must(one.closest('[aria-hidden=true]') || one.getAttribute('role') === 'img' && (one.getAttribute('aria-labelledby') || one.querySelector('title')), 'a picture without words', one);
for (const one of all('figure.chart')) must(one.querySelector('details table tbody tr'), 'a chart without its figures', one);
must(document.getAnimations().length === 0, 'something moves');
const root = document.documentElement;
must(root.scrollWidth <= root.clientWidth, 'wider than the window by ' + (root.scrollWidth - root.clientWidth));
for (const one of all('main *')) {
  const style = getComputedStyle(one);
  const scrolls = ['auto', 'scroll'].includes(style.overflowX) && one.scrollWidth > one.clientWidth + 1;
  must(!scrolls || one.matches('pre'), 'scrolls sideways by ' + (one.scrollWidth - one.clientWidth), one);
}
// Contrast, from what the browser paints.
const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
const luminance = (colour) => {
  const [red, green, blue] = channels(colour).map((value) => value / 255).map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const ground = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if ((channels(colour)[3] ?? 1) === 1) return colour;
  }
  return getComputedStyle(document.documentElement).colorScheme.includes('dark') ? 'rgb(0, 0, 0)' : 'rgb(255, 255, 255)';
};
const contrast = (one, other) => {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};
for (const one of all('body *')) {
  const has = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  if (!has || one.matches('title, script') || !one.checkVisibility()) continue;
  const circle = one.previousElementSibling;
  const [ink, behind] = one.matches('svg text') ? [getComputedStyle(one).fill, getComputedStyle(circle).fill] : [getComputedStyle(one).color, ground(one)];
  must(contrast(ink, behind) >= 4.5, 'contrast ' + contrast(ink, behind).toFixed(2) + ' of ' + ink + ' on ' + behind, one);
}
for (const one of all('input:not([type=hidden])')) {
  const ink = getComputedStyle(one, '::placeholder').color;
  must(!one.placeholder || contrast(ink, ground(one)) >= 4.5, 'contrast of what stands in the field', one);
  must(contrast(getComputedStyle(one).borderTopColor, ground(one)) >= 3, 'contrast of the field', one);
}
return faults;
";

/// Where the focus is, and whether that is seen.
const FOCUS: &str = r"
const one = document.activeElement;
const style = getComputedStyle(one);
const box = one.getBoundingClientRect();
return {
  place: [...document.querySelectorAll('*')].indexOf(one),
  body: one === document.body,
  seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  what: one.outerHTML.slice(0, 160),
};
";

async fn assert_faultless(browser: &Browser, what: &str) {
    let found = browser.script(FAULTS).await;
    assert_eq!(found.as_array().map(Vec::len), Some(0), "{what}: {found:#}");
}

/// Something of everything that a view can show.
async fn fill(site: &Site) {
    bury_hostile_data(site).await;
    super::browser::sent(site, "weekly_offers", 60, 5).await;
    let number = |value: &str, days: i64| News {
        about: "phone_number_quality_update".to_owned(),
        subject: "15557654321".to_owned(),
        value: value.to_owned(),
        detail: if days > 1 { "TIER_10K" } else { "TIER_1K" }.to_owned(),
        at: (now() - days * 86_400) * 1000,
        ..News::default()
    };
    site.app.ledger.note_news("acme", &[number("UPGRADE", 40), number("DOWNGRADE", 1)]).await.unwrap();
    for (number, is_open) in [("34600000007", true), ("34600000008", false)] {
        let mut stop = crate::ledger::change(&[number], Act::Stop(baja::intent::Scope::All), 10);
        stop.message = Some(Message {
            kind: JobKind::Stopped,
            phone_number_id: NUMBER.to_owned(),
            to: number.to_owned(),
            language: "es".to_owned(),
            quote: None,
            expires_at: if is_open { 4_000_000_000_000 } else { 10 },
        });
        site.app.ledger.apply(&[("acme", stop)]).await.unwrap();
    }
}

#[tokio::test]
async fn every_view_can_be_read_by_everybody_in_both_themes_and_is_never_too_wide() {
    // Nothing is sent by itself, so that the outbox has something in it.
    let variables = [("BAJA__CONFIRM__ENABLED", "false"), ("BAJA__ACCESS__DESK__BUSINESSES", "acme,other")];
    let (site, browser) = (Site::with(&variables).await, Browser::start().await);
    fill(&site).await;
    browser.speak("es").await;
    browser.resize(390, 844).await;
    browser.open(&site.url("/page")).await;
    assert_faultless(&browser, "signing in").await;
    browser.find("#token").await.write("baja_wrong").await;
    browser.find(".entry button").await.click().await;
    browser.find("#failure").await;
    assert_faultless(&browser, "being refused").await;
    site.enter(&browser, &site.desk).await;

    // A phone, the narrowest of WCAG, a tablet and a desk, and letters of twice the size on the last.
    for (width, dark, size) in
        [(390, false, 16), (320, true, 16), (820, true, 16), (1280, false, 16), (1280, true, 32)]
    {
        browser.resize(width, 844).await;
        browser.prefer_dark(dark).await;
        browser.letters(size).await;
        for path in VIEWS {
            browser.open_ready(&site.url(&format!("/page{path}"))).await;
            assert_faultless(&browser, &format!("{path} at {width} px, dark: {dark}, {size} px letters"))
                .await;
        }
        let written = browser.script("return getComputedStyle(document.body).fontSize").await;
        assert_eq!(written, if size == 32 { "30px" } else { "15px" });
        for wish in ["suppress", "resume", "forget"] {
            browser.open(&site.url("/page/of/acme/person")).await;
            let number = browser.find("#number").await;
            number.clear().await;
            number.write("34600000001").await;
            browser.find("form.search button").await.click().await;
            browser.find(".timeline").await;
            assert_faultless(&browser, &format!("the person at {width} px, dark: {dark}, {size} px letters"))
                .await;
            browser.find(&format!("button[value='{wish}']")).await.click().await;
            browser.find(".confirm").await;
            assert_faultless(&browser, &format!("{wish} at {width} px, dark: {dark}, {size} px letters"))
                .await;
        }
    }
    site.app.finish_with_open(1).await;
}

#[tokio::test]
async fn the_tab_key_goes_through_a_view_in_its_order_and_is_seen_on_its_way() {
    let (mut site, browser) = (Site::start().await, Browser::start().await);
    bury_hostile_data(&site).await;
    site.enter(&browser, &site.desk).await;
    for (path, least) in [("/of/acme", 15), ("/of/acme/near-misses", 20), ("/of/acme/person", 15)] {
        browser.open(&site.url(&format!("/page{path}"))).await;
        browser.script("document.activeElement.blur()").await;
        let (mut last, mut stops) = (-1, 0);
        loop {
            browser.press(&[TAB]).await;
            let focus = browser.script(FOCUS).await;
            let place = focus["place"].as_i64().unwrap();
            // Past the end it begins anew.
            if focus["body"] == true || place < last {
                break;
            }
            assert!(focus["seen"] == true && place > last, "{path}: {focus:#}");
            (last, stops) = (place, stops + 1);
        }
        assert!(stops >= least, "{path}: {stops}");
    }
    site.app.store().server.kill().await;
    for path in [
        "/of/acme",
        "/of/acme/person",
        "/of/acme/near-misses",
        "/of/acme/breaches",
        "/of/acme/outbox",
        "/of/acme/dead-letters",
        "/of/acme/numbers",
    ] {
        browser.open(&site.url(&format!("/page{path}"))).await;
        assert_eq!(browser.find("h1").await.text().await, "Redis does not answer", "{path}");
        assert!(browser.has("main a.button").await, "{path}: a way to try again");
    }
    browser.open(&site.url("/page/of/acme/health")).await;
    browser.shows("redis.reach").await;
    site.app.stop().await;
}
