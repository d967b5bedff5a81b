use super::{Seen, Site};

/// Every header that protects a page, as it is sent.
const HEADERS: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("x-robots-tag", "noindex, nofollow"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

#[track_caller]
fn is_protected(seen: &Seen, cache: &str) {
    for (name, value) in HEADERS.into_iter().chain([("cache-control", cache)]) {
        let found: Vec<_> = seen.headers.get_all(name).iter().collect();
        assert_eq!(found, [value], "{name} of {seen:?}");
    }
}

/// The paths of what a page loads.
fn loaded(body: &str) -> Vec<&str> {
    let after = |mark| body.split(mark).skip(1).map(|rest: &str| rest.split_once('"').unwrap().0);
    after("<script src=\"")
        .chain(after("stylesheet\" href=\""))
        .chain(after("rel=\"icon\" href=\""))
        .collect()
}

#[tokio::test]
async fn every_answer_is_protected_and_what_is_loaded_is_kept() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    for path in ["/page", "/page/sign-in", "/page/of/acme", "/page/nothing"] {
        is_protected(&visitor.get(path).await, "no-store");
    }
    is_protected(&visitor.sign_in("wrong").await, "no-store");
    let mut visitor = site.signed_in(&site.desk).await;
    for (path, status) in
        [("/page/of/acme", 200), ("/page/of/nobody", 404), ("/page/nothing", 404), ("/page/sign-out", 405)]
    {
        let seen = visitor.get(path).await;
        assert_eq!(seen.status, status, "{path}");
        is_protected(&seen, "no-store");
        assert_eq!(seen.body.contains("<a href=\"/page\">To the overview</a>"), status > 400, "{path}");
        // Nothing in the page needs what the policy forbids.
        assert!(!seen.body.contains("<style") && !seen.body.contains(" style="), "{path}");
        assert!(!seen.body.contains("<script>") && !seen.body.contains(" onclick="), "{path}");
        let assets = loaded(&seen.body);
        assert_eq!(assets.len(), 3, "{path}");
        for asset in assets {
            let asset = visitor.get(asset).await;
            assert_eq!(asset.status, 200);
            is_protected(&asset, "public, max-age=31536000, immutable");
        }
    }
    assert_eq!(visitor.get("/page/assets/page-0000000000000000.css").await.status, 404);
    site.finish().await;
}

#[tokio::test]
async fn a_form_from_elsewhere_does_nothing() {
    let site = Site::start().await;
    let mut visitor = site.signed_in(&site.desk).await;
    let token = visitor.get("/page/of/acme").await.form_token();
    let other = site.signed_in(&site.desk).await.get("/page/of/acme").await.form_token();
    for wrong in ["", "x", other.as_str(), &token[1..]] {
        let seen = visitor.post("/page/sign-out", &[("form_token", wrong)]).await;
        assert_eq!((seen.status, seen.heading()), (403, "This form is not from your session"), "{wrong}");
    }
    let own = format!("http://{}", site.app.operators);
    for (name, value, status) in [
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        ("sec-fetch-site", "none", 403),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("origin", "http://127.0.0.1:1", 403),
        ("origin", own.as_str(), 303),
        ("sec-fetch-site", "same-origin", 303),
    ] {
        let mut visitor = site.signed_in(&site.desk).await;
        let token = visitor.get("/page/of/acme").await.form_token();
        visitor.headers = vec![(name, value.to_owned())];
        let seen = visitor.post("/page/sign-out", &[("form_token", &token)]).await;
        assert_eq!(seen.status, status, "{name}: {value}");
        assert_eq!(visitor.cookies.contains_key("baja_session"), status == 403, "{name}: {value}");
    }
    // Nobody is signed in by another site either.
    let mut stranger = site.visitor();
    stranger.headers = vec![("sec-fetch-site", "cross-site".to_owned())];
    assert_eq!(stranger.sign_in(&site.desk).await.status, 403);
    assert!(stranger.cookies.is_empty());
    site.finish().await;
}

#[tokio::test]
async fn behind_a_proxy_forms_come_from_its_address_alone() {
    let site = Site::with(&[("BAJA__PAGE__ORIGIN", "https://baja.example.com")]).await;
    for (origin, status) in
        [("https://baja.example.com", 303), ("http://baja.example.com", 403), ("https://evil.example", 403)]
    {
        let mut visitor = site.visitor();
        visitor.headers = vec![("origin", origin.to_owned())];
        assert_eq!(visitor.sign_in(&site.desk).await.status, status, "{origin}");
    }
    site.finish().await;
}

#[tokio::test]
async fn a_session_that_was_changed_is_none() {
    let site = Site::start().await;
    let mut visitor = site.signed_in(&site.reader).await;
    let text = visitor.cookies["baja_session"].clone();
    let changed = [
        text.replacen("reader", "desk", 1),
        text[..text.len() - 2].to_owned(),
        String::new(),
        "a.b".to_owned(),
    ];
    for wrong in changed {
        visitor.cookies.insert("baja_session".to_owned(), wrong);
        assert_eq!(visitor.get("/page/of/acme").await.status, 303);
        let seen = visitor.post("/page/sign-out", &[("form_token", "x")]).await;
        assert_eq!((seen.status, seen.heading()), (401, "You are signed out"));
    }
    site.finish().await;
}

#[tokio::test]
async fn who_comes_by_a_link_from_elsewhere_is_let_in_at_the_second_step() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    // Browsers keep a strict cookie back when a link on another site was followed.
    visitor.headers = vec![("sec-fetch-site", "cross-site".to_owned())];
    let seen = visitor.get("/page/of/acme").await;
    assert_eq!(seen.status, 200);
    assert!(seen.body.contains("http-equiv=\"refresh\" content=\"0\""), "{}", seen.body);
    visitor.headers = vec![("sec-fetch-site", "same-origin".to_owned())];
    assert_eq!(visitor.get("/page/of/acme").await.status, 303);
    site.finish().await;
}

#[tokio::test]
async fn nobody_is_sent_to_another_site() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    for next in ["https://evil.example", "//evil.example", "/\\evil.example", "/page\\..\\x"] {
        let seen = visitor.post("/page/sign-in", &[("token", &site.desk), ("next", next)]).await;
        assert_eq!(seen.location(), "/page", "{next}");
        let seen = visitor.get(&format!("/page/language?to=es&back={}", super::percent_encoded(next))).await;
        assert_eq!(seen.location(), "/page", "{next}");
    }
    site.finish().await;
}

#[tokio::test]
async fn a_token_sees_its_businesses_and_no_others() {
    let site = Site::start().await;
    let mut visitor = site.signed_in(&site.other).await;
    assert_eq!(visitor.get("/page").await.location(), "/page/of/other");
    let hidden = visitor.get("/page/of/acme").await;
    let missing = visitor.get("/page/of/nobody").await;
    assert_eq!((hidden.status, hidden.heading()), (404, "No such business"));
    assert_eq!(missing.status, 404);
    assert!(!hidden.body.contains("aria-label=\"Choose a business\""));
    let mut visitor = site.signed_in(&site.desk).await;
    let seen = visitor.get("/page/of/acme").await;
    assert!(seen.body.contains("aria-label=\"Choose a business\""), "{}", seen.body);
    site.finish().await;
}
