use super::Site;
use crate::support::{wait::until, webhook::says};

#[tokio::test]
async fn what_the_doctor_says_is_shown_and_nobody_waits_for_meta() {
    let site = Site::start().await;
    let mut visitor = site.signed_in(&site.reader).await;
    let seen = visitor.get("/page/of/acme/health").await;
    assert_eq!((seen.status, seen.heading()), (200, "Health"));
    assert!(
        seen.body.contains("<code>redis.reach</code>") && seen.body.contains("none yet"),
        "{}",
        seen.body
    );
    assert!(seen.body.contains("http-equiv=\"refresh\""), "Meta is being asked: {}", seen.body);

    // The stand-in for the Cloud API knows no tokens, so that Meta "refuses".
    let seen = until("Meta to be asked", async || {
        let seen = visitor.get("/page/of/acme/health").await;
        seen.body.contains("<code>meta.token</code>").then_some(seen)
    })
    .await;
    assert!(!seen.body.contains("http-equiv=\"refresh\""), "{}", seen.body);
    assert!(
        seen.body.contains("<code>secrets.app_secret</code>") && !seen.body.contains("an-invented"),
        "{}",
        seen.body
    );

    // In the visitor's language, with the same codes beside.
    for (tag, text) in
        [("pt-BR", "não são 32 dígitos hexadecimais"), ("es", "no son 32 dígitos hexadecimales")]
    {
        visitor.headers = vec![("accept-language", tag.to_owned())];
        let seen = visitor.get("/page/of/acme/health").await;
        assert!(seen.body.contains(text), "{tag}: {}", seen.body);
        assert!(seen.body.contains("<code>secrets.app_secret</code>"), "{tag}");
        assert!(!seen.body.contains("not 32 hexadecimal digits"), "{tag}: {}", seen.body);
    }
    visitor.headers.clear();

    site.app.post(says("5215512345678", "wamid.H", "BAJA")).await;
    until("the webhook", async || {
        (!visitor.get("/page/of/acme/health").await.body.contains("none yet")).then_some(())
    })
    .await;
    let seen = visitor.submit("/page/of/acme/health", "/page/of/acme/health", &[]).await;
    assert_eq!((seen.status, seen.location()), (303, "/page/of/acme/health"));
    assert!(visitor.get(seen.location()).await.body.contains("http-equiv=\"refresh\""));
    site.finish().await;
}

#[tokio::test]
async fn who_sees_one_business_is_told_nothing_of_the_others() {
    let site = Site::start().await;
    let all = site.signed_in(&site.desk).await.get("/page/of/other/health").await;
    assert!(all.body.contains("<bdi>acme</bdi>"), "{}", all.body);
    let one = site.signed_in(&site.other).await.get("/page/of/other/health").await;
    assert_eq!(one.status, 200);
    assert!(!one.body.contains("acme"), "{}", one.body);
    site.finish().await;
}

#[tokio::test]
async fn without_redis_health_is_what_still_answers() {
    let mut site = Site::start().await;
    let mut visitor = site.signed_in(&site.reader).await;
    site.app.store().server.kill().await;
    let seen = visitor.get("/page/of/acme/health").await;
    assert_eq!(seen.status, 200);
    assert!(seen.body.contains("<span class=\"tag bad\">Problem</span>"), "{}", seen.body);
    assert!(seen.body.contains("redis does not do what is asked"), "{}", seen.body);
    site.app.store().server.restart().await.unwrap();
    site.finish().await;
}
