use baja::{access::NewToken, startup::Application};
use tokio::sync::oneshot;

use super::{Site, Visitor};
use crate::support::{
    app::{App, settings},
    store::Store,
};

#[tokio::test]
async fn a_token_opens_the_page_and_signing_out_closes_it() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    let seen = visitor.get("/").await;
    assert_eq!((seen.status, seen.location()), (303, "/page"));
    let seen = visitor.get("/page/of/acme?days=7").await;
    assert_eq!((seen.status, seen.location()), (303, "/page/sign-in?next=%2Fpage%2Fof%2Facme%3Fdays%3D7"));
    let next = seen.location().to_owned();
    let seen = visitor.get(&next).await;
    assert_eq!((seen.status, seen.heading()), (200, "Sign in"));
    assert!(seen.body.contains("name=\"next\" value=\"/page/of/acme?days=7\""), "{}", seen.body);

    let fields = [("token", site.reader.as_str()), ("next", "/page/of/acme?days=7")];
    let seen = visitor.post("/page/sign-in", &fields).await;
    assert_eq!((seen.status, seen.location()), (303, "/page/of/acme?days=7"));
    let cookie = seen.cookie("baja_session");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=28800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains(&site.reader), "{cookie}");

    let seen = visitor.get("/page/of/acme?days=7").await;
    assert_eq!((seen.status, seen.heading()), (200, "Overview"));
    assert_eq!(visitor.get("/page/sign-in").await.location(), "/page");
    assert_eq!(visitor.get("/page").await.location(), "/page/of/acme");

    let seen = visitor.submit("/page/of/acme", "/page/sign-out", &[]).await;
    assert_eq!((seen.status, seen.location()), (303, "/page/sign-in"));
    let seen = visitor.get("/page/sign-in").await;
    assert!(seen.body.contains("role=\"status\">You are signed out."), "{}", seen.body);
    let seen = visitor.get("/page/sign-in").await;
    assert!(!seen.body.contains("role=\"status\""), "it is said once");
    assert_eq!(visitor.get("/page").await.status, 303);
    site.finish().await;
}

#[tokio::test]
async fn what_is_no_token_is_told_and_counted_with_those_of_the_api() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    let seen = visitor.sign_in("").await;
    assert_eq!(seen.status, 400);
    assert!(seen.body.contains("Enter a token."), "{}", seen.body);
    let wrong = NewToken::random();
    let seen = visitor.sign_in(wrong.token()).await;
    assert_eq!((seen.status, seen.heading()), (401, "Sign in"));
    assert!(seen.body.contains("aria-invalid=\"true\"") && !seen.body.contains(wrong.token()));
    assert!(visitor.cookies.is_empty());
    for _ in 1..5 {
        assert_eq!(visitor.sign_in(wrong.token()).await.status, 401);
    }
    let bearer = format!("Bearer {}", wrong.token());
    for _ in 5..10 {
        let headers = [("authorization", bearer.as_str())];
        let path = "/api/v1/businesses";
        assert_eq!(site.app.operators_request(reqwest::Method::GET, path, &headers, None).await.status, 401);
    }
    // The right one has to wait as well, or trying would go on.
    let seen = visitor.sign_in(&site.reader).await;
    assert_eq!((seen.status, seen.heading()), (429, "Too many wrong tokens"));
    assert!(seen.headers.contains_key("retry-after"));
    site.finish().await;
}

#[tokio::test]
async fn without_any_token_the_page_says_what_to_do() {
    let app = App::start().await;
    let mut visitor = Visitor::of(&app);
    let seen = visitor.get("/page/sign-in").await;
    assert_eq!((seen.status, seen.heading()), (200, "Nobody can sign in yet"));
    assert!(seen.body.contains("baja token new desk") && !seen.body.contains("<input"), "{}", seen.body);
    assert_eq!(visitor.sign_in("baja_x").await.status, 403);
    app.finish().await;
}

#[tokio::test]
async fn a_session_is_good_at_every_replica_and_ends_with_its_token() {
    let store = Store::start().await;
    let redis = store.server.url();
    let (desk, other) = (NewToken::random(), NewToken::random());
    let (hash, other_hash) = (desk.hash().to_string(), other.hash().to_string());
    let with = [("BAJA__ACCESS__DESK__SHA256", hash.as_str())];
    let without = [("BAJA__ACCESS__DESK__SHA256", other_hash.as_str())];
    let app = App::on_store(store, &with).await;
    let replica = app.replica_with(&with).await;
    let changed = app.replica_with(&without).await;
    let mut visitor = Visitor::of(&app);
    assert_eq!(visitor.sign_in(desk.token()).await.status, 303);
    for (replica, status) in [(&app, 200), (&replica, 200), (&changed, 303)] {
        let mut same = Visitor::of(replica);
        same.cookies = visitor.cookies.clone();
        assert_eq!(same.get("/page/of/acme").await.status, status);
    }

    // A service that reloads: the session ends while it runs.
    let graph = "http://127.0.0.1:9/v26.0";
    let application = Application::build(&settings(&redis, graph, &with)).await.unwrap();
    let operators = application.operators_address();
    let mut reloader = application.reloader();
    let (stop, stopped) = oneshot::channel();
    let running = tokio::spawn(application.run(async {
        let _ = stopped.await;
    }));
    let mut same = Visitor::of(&app);
    same.base = format!("http://{operators}");
    same.cookies = visitor.cookies.clone();
    assert_eq!(same.get("/page/of/acme").await.status, 200);
    let new = settings(&redis, graph, &[]);
    reloader.reload(move || Ok(new)).await.unwrap();
    assert_eq!(same.get("/page/of/acme").await.status, 303);
    drop(reloader);
    stop.send(()).unwrap();
    running.await.unwrap().unwrap();
    for app in [changed, replica, app] {
        app.finish().await;
    }
}

#[tokio::test]
async fn over_tls_the_cookie_is_for_tls_and_this_host_alone() {
    let site = Site::with(&[
        ("BAJA__PAGE__ORIGIN", "https://baja.example.com"),
        ("BAJA__PAGE__SESSION_MINUTES", "30"),
    ])
    .await;
    let mut visitor = site.visitor();
    let seen = visitor.sign_in(&site.desk).await;
    let cookie = seen.cookie("__Host-baja_session");
    for part in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/;", "Max-Age=1800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(visitor.get("/page/of/acme").await.status, 200);
    // The name without the prefix, which another host could have set, is no session.
    let text = visitor.cookies.remove("__Host-baja_session").unwrap();
    visitor.cookies.insert("baja_session".to_owned(), text);
    assert_eq!(visitor.get("/page/of/acme").await.status, 303);
    site.finish().await;
}
