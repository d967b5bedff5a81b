//! TLS in the binary: its own certificate, a renewed one, and whose client certificates may post.

use std::{fs, path::PathBuf, time::Duration};

use baja::{
    access::NewToken,
    signature::{HEADER, sign},
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use reqwest::{Certificate, Client, Identity, redirect::Policy};

use crate::support::{
    app::{App, SECRET, SUPPRESSED},
    wait::until,
    webhook::says,
};

/// The name in the certificates of Meta's webhooks.
const META: &str = "client.webhooks.fbclientcerts.com";

/// An authority of the test's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "An invented authority");
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// A certificate for hosts and with a common name, and its key, both PEM.
    fn issue(&self, hosts: &[&str], common_name: &str, is_over: bool) -> (String, String) {
        let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
        let mut params = CertificateParams::new(hosts).unwrap();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        if is_over {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    fn certificate(&self) -> Certificate {
        Certificate::from_pem(self.pem.as_bytes()).unwrap()
    }
}

/// A folder with the files of a listener.
struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    fn of(authority: &Authority) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        files.show(authority.issue(&["127.0.0.1"], "baja", false));
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts a certificate and its key in place.
    fn show(&self, (certificate, key): (String, String)) {
        fs::write(self.path("key.pem"), key).unwrap();
        fs::write(self.path("certificate.pem"), certificate).unwrap();
    }

    fn variables(&self, listener: &str) -> Vec<(String, String)> {
        let variable = |key: &str, file: &str| {
            let path = self.path(file).to_string_lossy().into_owned();
            (format!("BAJA__SERVER__{listener}__{key}"), path)
        };
        vec![variable("CERTIFICATE", "certificate.pem"), variable("KEY", "key.pem")]
    }
}

async fn app(variables: &[(String, String)]) -> App {
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    App::with(&variables).await
}

/// A client that trusts the authority and shows this certificate.
fn client(authority: &Authority, identity: Option<&(String, String)>) -> Client {
    let mut builder =
        Client::builder().no_proxy().pool_max_idle_per_host(0).tls_certs_only([authority.certificate()]);
    if let Some((certificate, key)) = identity {
        builder = builder.identity(Identity::from_pem(format!("{key}{certificate}").as_bytes()).unwrap());
    }
    builder.redirect(Policy::none()).timeout(Duration::from_secs(10)).build().unwrap()
}

async fn post(client: &Client, app: &App, body: &str) -> Option<u16> {
    let request = client.post(format!("https://{}/webhook", app.public));
    let request = request.header(HEADER, sign(SECRET, body.as_bytes()).unwrap()).body(body.to_owned());
    request.send().await.ok().map(|answer| answer.status().as_u16())
}

#[tokio::test]
async fn webhooks_come_over_tls_and_a_renewed_certificate_needs_no_restart() {
    let (old, new) = (Authority::new(), Authority::new());
    let files = Files::of(&old);
    let app = app(&files.variables("TLS")).await;
    assert_eq!(post(&client(&old, None), &app, &says("34600000001", "wamid.A", "BAJA")).await, Some(200));
    assert!(app.has(SUPPRESSED, "34600000001").await);
    assert_eq!(post(&client(&new, None), &app, "{}").await, None, "the other authority is not trusted");

    // A key that does not fit changes nothing.
    let (_, other_key) = new.issue(&["127.0.0.1"], "baja", false);
    fs::write(files.path("key.pem"), other_key).unwrap();
    assert_eq!(post(&client(&old, None), &app, "{}").await, Some(200));
    files.show(new.issue(&["127.0.0.1"], "baja", false));
    until("the new certificate is shown", async || post(&client(&new, None), &app, "{}").await).await;
    assert_eq!(post(&client(&old, None), &app, "{}").await, None);
    app.finish().await;
}

#[tokio::test]
async fn only_a_client_of_the_authority_with_the_right_name_may_post() {
    let (server, meta, other) = (Authority::new(), Authority::new(), Authority::new());
    let files = Files::of(&server);
    fs::write(files.path("meta.pem"), &meta.pem).unwrap();
    let mut variables = files.variables("TLS");
    let authority = files.path("meta.pem").to_string_lossy().into_owned();
    variables.push(("BAJA__SERVER__TLS__CLIENT_AUTHORITY".to_owned(), authority));
    let app = app(&variables).await;
    let body = says("34600000001", "wamid.A", "BAJA");
    for (who, identity) in [
        ("nobody", None),
        ("another authority's", Some(other.issue(&[], META, false))),
        ("another name", Some(meta.issue(&["client.example.com"], "client.example.com", false))),
        ("a longer name", Some(meta.issue(&[], "x.client.webhooks.fbclientcerts.com", false))),
        ("an expired one", Some(meta.issue(&[], META, true))),
    ] {
        assert_eq!(post(&client(&server, identity.as_ref()), &app, &body).await, None, "{who}");
    }
    assert!(!app.has(SUPPRESSED, "34600000001").await);
    for (who, identity) in [
        ("common name", meta.issue(&[], META, false)),
        ("alternative name", meta.issue(&[META], "another", false)),
    ] {
        assert_eq!(post(&client(&server, Some(&identity)), &app, &body).await, Some(200), "{who}");
    }
    // A certificate is no signature.
    let identity = meta.issue(&[], META, false);
    let forged = client(&server, Some(&identity)).post(format!("https://{}/webhook", app.public)).body("{}");
    assert_eq!(forged.send().await.unwrap().status(), 401);
    app.finish().await;
}

#[tokio::test]
async fn the_operators_listener_has_tls_of_its_own() {
    let authority = Authority::new();
    let files = Files::of(&authority);
    let mut variables = files.variables("OPS_TLS");
    fs::write(files.path("clients.pem"), &authority.pem).unwrap();
    let clients = files.path("clients.pem").to_string_lossy().into_owned();
    variables.push(("BAJA__SERVER__OPS_TLS__CLIENT_AUTHORITY".to_owned(), clients));
    let app = app(&variables).await;
    let ask = async |identity: Option<&(String, String)>| {
        let request = client(&authority, identity).get(format!("https://{}/ready", app.operators));
        request.send().await.ok().map(|answer| answer.status().as_u16())
    };
    assert_eq!(ask(None).await, None);
    let identity = authority.issue(&[], "a scraper", false);
    assert_eq!(ask(Some(&identity)).await, Some(200), "any name, where none is asked for");
    assert_eq!(
        app.post(says("34600000001", "wamid.A", "BAJA")).await.status,
        200,
        "the public one is as it was"
    );
    app.finish().await;
}

#[tokio::test]
async fn on_the_operators_own_tls_the_page_has_cookies_for_tls_alone() {
    let authority = Authority::new();
    let (files, token) = (Files::of(&authority), NewToken::random());
    let mut all = files.variables("OPS_TLS");
    all.push(("BAJA__ACCESS__DESK__SHA256".to_owned(), token.hash().to_string()));
    let app = app(&all).await;
    let sign_in = async |origin: String| {
        let form = format!("token={}", token.token());
        let request = client(&authority, None).post(format!("https://{}/page/sign-in", app.operators));
        request.header("origin", origin).body(form).send().await.unwrap()
    };
    let seen = sign_in(format!("https://{}", app.operators)).await;
    assert_eq!(seen.status(), 303);
    let cookie = seen.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-baja_session=") && cookie.contains("Secure"), "{cookie}");
    let seen = sign_in(format!("http://{}", app.operators)).await;
    assert_eq!(seen.status(), 403, "another scheme is another site");
    app.finish().await;
}
