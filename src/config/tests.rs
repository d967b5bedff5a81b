//! What holds across the sections.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::*;

/// A value that no output may show.
const CANARY: &str = "canary-7c1f";

fn env(variables: &[(&str, &str)]) -> Result<Settings, ConfigErrors> {
    load("", variables)
}

fn load(file: &str, variables: &[(&str, &str)]) -> Result<Settings, ConfigErrors> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("baja.toml");
    fs::write(&path, file).unwrap();
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Settings::load(Some(&path), variables)
}

#[track_caller]
fn error_of(result: Result<Settings, ConfigErrors>) -> ConfigError {
    let ConfigErrors(mut errors) = result.unwrap_err();
    assert_eq!(errors.len(), 1, "{errors:#?}");
    errors.remove(0)
}

#[track_caller]
fn refused(file: &str, key: &str) {
    assert_eq!(error_of(load(file, &[])).key, key, "{file}");
}

fn exposed(secrets: &[secrecy::SecretString]) -> Vec<&str> {
    secrets.iter().map(ExposeSecret::expose_secret).collect()
}

#[test]
fn nothing_configured_is_a_valid_configuration_with_the_documented_defaults() {
    let settings = Settings::load(None, std::iter::empty()).unwrap();
    assert_eq!(settings.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.server.ops_listen.to_string(), "127.0.0.1:9090");
    assert_eq!(settings.server.body_limit, (3 * 1024 + 64) * 1024);
    assert_eq!(exposed(&settings.redis.urls), ["redis://127.0.0.1:6379"]);
    assert_eq!(settings.redis.private, None);
    assert_eq!(settings.redis.budget, Duration::from_millis(1500));
    assert_eq!(settings.ledger.claim_ttl, Duration::from_secs(8 * 24 * 3600));
    assert_eq!(settings.confirm.window, Duration::from_secs(24 * 3600 - 600));
    assert_eq!(settings.confirm.cooldown, Duration::from_secs(24 * 3600));
    assert!(settings.confirm.lease > settings.cloud_api.timeout);
    assert_eq!(settings.cloud_api.url, "https://graph.facebook.com/v26.0");
    assert_eq!(settings.lexicon.optout_prefixes, ["optout"]);
    let [business] = settings.businesses.as_slice() else { panic!("one business") };
    assert_eq!((business.slug.as_str(), business.owns_every_number), ("default", true));
    assert_eq!(business.topics.keys().collect::<Vec<_>>(), ["marketing"]);
    assert_eq!(business.hash_tag(), "default");
}

#[test]
fn the_defaults_file_has_exactly_the_keys_that_are_read() {
    let mut errors = Vec::new();
    // What there may be several of, or none, is read where there is one.
    let named = [("BAJA__RELAY__X__URL".to_owned(), "https://x.example".to_owned())];
    let values = Values::gather(DEFAULTS, None, named.into_iter(), &mut errors);
    let mut reader = Reader::new(&values, errors);
    Settings::read(&mut reader);
    let written: BTreeSet<&str> = values.schema().keys().iter().map(String::as_str).collect();
    let read: BTreeSet<&str> = reader.seen.iter().map(String::as_str).collect();
    assert_eq!(written, read);
    assert!(written.len() > 60, "{}", written.len());
}

#[test]
fn a_key_that_the_defaults_file_lacks_is_an_error() {
    let mut errors = Vec::new();
    let values = Values::gather("[redis]\nmode = \"single\"", None, std::iter::empty(), &mut errors);
    let mut reader = Reader::new(&values, errors);
    reader.flag("redis.require_durable");
    assert_eq!(reader.finish(()).unwrap_err().0[0].key, "redis.require_durable");
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
    let file = "[redis]\nprefix = \"file\"\nresponse_timeout_ms = 700\n[log]\nformat = \"json\"";
    let settings =
        load(file, &[("BAJA__REDIS__PREFIX", "env"), ("BAJA__CONFIRM__ENABLED", "false")]).unwrap();
    assert_eq!(settings.redis.prefix, "env");
    assert_eq!(settings.redis.response_timeout, Duration::from_millis(700));
    assert_eq!(settings.redis.connect_timeout, Duration::from_millis(500));
    assert_eq!(settings.log.format, LogFormat::Json);
    assert!(!settings.confirm.enabled);
}

#[test]
fn every_short_variable_sets_its_key() {
    let settings = env(&[
        ("BAJA_APP_SECRET", "old , new"),
        ("BAJA_VERIFY_TOKEN", "word"),
        ("BAJA_ACCESS_TOKEN", "tok,en"),
        ("BAJA_REDIS_URL", "rediss://user:word@redis.example:6380/2"),
        ("BAJA_LISTEN", "0.0.0.0:80"),
        ("BAJA_OPS_LISTEN", "[::1]:81"),
        ("BAJA_GRAPH_URL", "http://localhost:4010/v26.0/"),
    ])
    .unwrap();
    assert_eq!(exposed(&settings.meta.app_secrets), ["old", "new"]);
    assert_eq!(exposed(&settings.meta.verify_tokens), ["word"]);
    let token = settings.cloud_api.access_token.as_ref().unwrap();
    assert_eq!(token.expose_secret(), "tok,en");
    assert_eq!(exposed(&settings.redis.urls), ["rediss://user:word@redis.example:6380/2"]);
    assert_eq!(settings.server.listen.to_string(), "0.0.0.0:80");
    assert_eq!(settings.server.ops_listen.to_string(), "[::1]:81");
    assert_eq!(settings.cloud_api.url, "http://localhost:4010/v26.0");
    assert_eq!(settings.businesses[0].access_token.as_ref().unwrap().expose_secret(), "tok,en");
    settings.require_serving().unwrap();
}

#[test]
fn every_secret_can_come_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let secret = file("secret", "old,new\n");
    let (verify, token, url) =
        (file("verify", " word\r\n"), file("token", "token"), file("url", "redis://r:1"));
    let own = file("own", "own\n");
    let toml =
        format!("[business.default]\naccess_token_file = {own:?}\n[cloud_api]\naccess_token = \"below\"");
    let settings = load(
        &toml,
        &[
            ("BAJA_APP_SECRET_FILE", &secret),
            ("BAJA_VERIFY_TOKEN_FILE", &verify),
            ("BAJA_ACCESS_TOKEN_FILE", &token),
            ("BAJA_REDIS_URL_FILE", &url),
        ],
    )
    .unwrap();
    assert_eq!(exposed(&settings.meta.app_secrets), ["old", "new"]);
    assert_eq!(exposed(&settings.meta.verify_tokens), ["word"]);
    assert_eq!(settings.cloud_api.access_token.as_ref().unwrap().expose_secret(), "token");
    assert_eq!(exposed(&settings.redis.urls), ["redis://r:1"]);
    assert_eq!(settings.businesses[0].access_token.as_ref().unwrap().expose_secret(), "own");

    let later = load(&format!("[meta]\napp_secret_file = {secret:?}"), &[("BAJA_APP_SECRET", "env")]);
    assert_eq!(exposed(&later.unwrap().meta.app_secrets), ["env"]);

    let both = env(&[("BAJA_APP_SECRET", "one"), ("BAJA_APP_SECRET_FILE", &secret)]);
    assert_eq!(error_of(both).key, "meta.app_secret_file");
    let empty = file("empty", "\n");
    assert_eq!(error_of(env(&[("BAJA_APP_SECRET_FILE", &empty)])).problem, "the file is empty");
    let error = error_of(env(&[("BAJA_APP_SECRET_FILE", CANARY)]));
    assert_eq!(error.origin.as_deref(), Some("BAJA_APP_SECRET_FILE"));
    assert!(!error.to_string().contains(CANARY), "a secret in the place of a path is not shown");
}

#[test]
fn all_errors_are_reported_together_each_with_its_key_and_a_hint() {
    let file = "[redis]\nmode = \"galaxy\"\nbudget_ms = \"soon\"\nprefx = \"x\"\n[server]\nworkers = -1\n[log]\nfilter = 3";
    let errors = load(file, &[("BAJA_LISTEN", "8080"), ("BAJA__CONFIRM__MAX_ATTEMPTS", "0")]).unwrap_err();
    let keys: Vec<_> = errors.0.iter().map(|error| error.key.as_str()).collect();
    let expected = [
        "redis.prefx",
        "server.listen",
        "server.workers",
        "redis.mode",
        "redis.budget_ms",
        "confirm.max_attempts",
        "log.filter",
    ];
    assert_eq!(keys, expected);
    let text = errors.to_string();
    assert_eq!(text.lines().count(), expected.len());
    for line in [
        "redis.prefx (in the configuration file): unknown key; did you mean `redis.prefix`?",
        "redis.mode (in the configuration file): this value cannot be used; give one of: single, cluster, sentinel",
        "server.listen (in BAJA_LISTEN): this value cannot be used; give an address and a port, as in 127.0.0.1:8080",
        "confirm.max_attempts (in BAJA__CONFIRM__MAX_ATTEMPTS): this value cannot be used; give a whole number from 1 to 1000",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n---\n{text}");
    }
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_one() {
    for (variable, hint) in [
        ("BAJA__REDIS__PREFX", "did you mean `redis.prefix`?"),
        ("BAJA__SERVER__TIMEOUT_MS", "did you mean `cloud_api.timeout_ms`?"),
        ("BAJA__BUSINESS__DEFAULT__LANG", "did you mean `business.default.language`?"),
        ("BAJA__REDIS", "this is a section: set keys in it, as in [redis]"),
        ("BAJA__QUITE_SOMETHING__ELSE", "see config/default.toml for every key"),
        ("BAJA_APP_SECRETS", "did you mean `BAJA_APP_SECRET`?"),
    ] {
        let error = error_of(env(&[(variable, "x")]));
        assert_eq!(error.hint, hint, "{variable}");
    }
    refused("[redi]\n", "redi");
    refused("redis = 3", "redis");
    refused("[redis.url]\nhost = \"x\"", "redis.url.host");
    let foreign =
        env(&[("BAJA_PORT", "tcp://10.0.0.1:80"), ("BAJA_SERVICE_HOST", "10.0.0.1"), ("HOME", "/")]);
    foreign.unwrap();
}

#[test]
fn an_empty_variable_counts_as_not_set_and_a_key_is_set_once() {
    assert_eq!(env(&[("BAJA_LISTEN", "")]).unwrap().server.listen.port(), 8080);
    let twice = env(&[("BAJA_LISTEN", "127.0.0.1:1"), ("BAJA__SERVER__LISTEN", "127.0.0.1:2")]);
    assert_eq!(error_of(twice).key, "server.listen");
}

#[test]
fn no_secret_shows_in_debug_or_in_an_error() {
    let url = format!("redis://:{CANARY}@127.0.0.1");
    let file = format!("[business.default]\naccess_token = \"{CANARY}\"");
    let secrets = [
        ("BAJA_APP_SECRET", CANARY),
        ("BAJA_VERIFY_TOKEN", CANARY),
        ("BAJA_ACCESS_TOKEN", CANARY),
        ("BAJA_REDIS_URL", &url),
    ];
    assert!(!format!("{:?}", load(&file, &secrets).unwrap()).contains(CANARY));

    let wrong_places: Vec<(String, String)> =
        Values::gather(DEFAULTS, None, std::iter::empty(), &mut Vec::new())
            .schema()
            .keys()
            .iter()
            .filter(|key| !key.starts_with("business"))
            .map(|key| (format!("BAJA__{}", key.replace('.', "__").to_uppercase()), format!("{CANARY} {{}}")))
            .collect();
    let errors = Settings::load(None, wrong_places.into_iter()).unwrap_err();
    assert!(errors.0.len() > 30, "{errors}");
    assert!(!format!("{errors} {errors:?}").contains(CANARY), "{errors}");

    let broken = load(&format!("[meta]\napp_secret = \"{CANARY}"), &[]).unwrap_err();
    assert!(!format!("{broken} {broken:?}").contains(CANARY), "{broken}");
    assert!(broken.to_string().contains("line 2"), "{broken}");
}

#[test]
fn a_file_that_is_not_there_is_an_error() {
    let missing = std::path::Path::new("no-such-folder/baja.toml");
    let error = error_of(Settings::load(Some(missing), std::iter::empty()));
    assert_eq!(error.key, "no-such-folder/baja.toml");
}

#[test]
fn serving_needs_the_secrets_and_a_token_while_it_confirms() {
    let keys = |settings: Settings| -> Vec<String> {
        let missing = settings.require_serving().err().map(|errors| errors.0).unwrap_or_default();
        missing.into_iter().map(|error| error.key).collect()
    };
    assert_eq!(
        keys(env(&[]).unwrap()),
        ["meta.app_secret", "meta.verify_token", "business.default.access_token"]
    );
    let recording =
        [("BAJA_APP_SECRET", "a"), ("BAJA_VERIFY_TOKEN", "b"), ("BAJA__CONFIRM__WORKER", "false")];
    assert!(keys(env(&recording).unwrap()).is_empty());
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    for (file, key) in [
        ("[server]\nops_listen = \"127.0.0.1:8080\"", "server.ops_listen"),
        ("[server]\nbody_limit_bytes = 3145727", "server.body_limit_bytes"),
        ("[redis]\nwait_timeout_ms = 500", "redis.wait_timeout_ms"),
        ("[redis]\nbudget_ms = 499", "redis.budget_ms"),
        ("[redis]\nprefix = \"ba{j}a\"", "redis.prefix"),
        ("[redis]\nurl = \"http://127.0.0.1\"", "redis.url"),
        ("[redis]\nurl = \"redis://\"", "redis.url"),
        ("[redis]\nurl = [\"redis://a\", \"redis://b\"]", "redis.url"),
        ("[redis]\nurl = [\"private\", \"redis://b\"]", "redis.url"),
        ("[redis]\nurl = \"private\"\nmode = \"cluster\"", "redis.mode"),
        ("[redis]\nmode = \"sentinel\"", "redis.sentinel_master"),
        ("[redis]\nmode = \"cluster\"\nurl = \"unix:///r.sock\"", "redis.url"),
        ("[ledger]\nclaim_ttl_days = 6", "ledger.claim_ttl_days"),
        ("[ledger]\ntombstone_ttl_days = 7", "ledger.tombstone_ttl_days"),
        ("[confirm]\nlease_s = 10", "confirm.lease_s"),
        ("[confirm]\nwindow_minutes = 1441", "confirm.window_minutes"),
        ("[cloud_api]\nurl = \"http://graph.example\"", "cloud_api.url"),
        ("[cloud_api]\nconnect_timeout_ms = 10000", "cloud_api.connect_timeout_ms"),
        ("[lexicon]\nfolder = \"no-such-folder\"", "lexicon.folder"),
        ("[lexicon]\noptin_prefixes = []", "lexicon.optin_prefixes"),
        ("[lexicon]\noptin_prefixes = [\"OptOut\"]", "lexicon.optin_prefixes"),
        ("[lexicon]\noptout_prefixes = [\"a:b\"]", "lexicon.optout_prefixes"),
        ("[log]\nfilter = \"baja=loud\"", "log.filter"),
    ] {
        refused(file, key);
    }
}

#[test]
fn a_private_redis_has_a_folder_and_no_url() {
    let redis = env(&[("BAJA_REDIS_URL", "private")]).unwrap().redis;
    assert_eq!(redis.private.unwrap(), Path::new("./data"));
    assert!(redis.urls.is_empty());
    let cluster =
        env(&[("BAJA_REDIS_URL", "redis://a,redis://b"), ("BAJA__REDIS__MODE", "Cluster")]).unwrap();
    assert_eq!((cluster.redis.mode, cluster.redis.urls.len()), (RedisMode::Cluster, 2));
}

mod businesses {
    use super::*;

    #[test]
    fn tables_and_variables_make_businesses() {
        let file = r#"
            [business."*"]
            language = "pt-BR"
            [business.acme]
            phone_number_ids = ["100000000000001"]
            default_scope = "marketing"
            [business.acme.topics.offers]
            key = "wa:{acme}:offers"
            [business.other]
            waba_ids = ["200000000000001"]
            language = "es-MX"
            ask = false
        "#;
        let variables = [
            ("BAJA__BUSINESS__OTHER__TOPICS", "account, offers"),
            ("BAJA__BUSINESS__ACME__ACCESS_TOKEN", "own"),
        ];
        let settings = load(file, &variables).unwrap();
        let [acme, other] = settings.businesses.as_slice() else { panic!("two businesses") };
        assert_eq!((acme.slug.as_str(), acme.language.as_str(), acme.ask), ("acme", "pt-BR", true));
        assert_eq!(acme.topics.keys().collect::<Vec<_>>(), ["marketing", "offers"]);
        assert_eq!(acme.topics["offers"].key.as_deref(), Some("wa:{acme}:offers"));
        assert_eq!(acme.default_scope, "marketing");
        assert_eq!(acme.access_token.as_ref().unwrap().expose_secret(), "own");
        assert_eq!((other.language.as_str(), other.ask, other.owns_every_number), ("es-MX", false, false));
        assert_eq!(other.topics.keys().collect::<Vec<_>>(), ["account", "marketing", "offers"]);
        assert!(other.access_token.is_none());
    }

    #[test]
    fn a_list_of_topics_is_short_for_their_sections() {
        let settings = load("[business.default]\ntopics = [\"receipts\", \"offers\"]", &[]).unwrap();
        let topics = &settings.businesses[0].topics;
        assert_eq!(topics.keys().collect::<Vec<_>>(), ["marketing", "offers", "receipts"]);
        assert!(topics.values().all(|topic| topic.key.is_none()));
    }

    #[test]
    fn the_default_business_can_be_changed_and_still_owns_everything() {
        let settings = env(&[("BAJA__BUSINESS__DEFAULT__SUPPRESSED_KEY", "wa:optout")]).unwrap();
        let business = &settings.businesses[0];
        assert!(business.owns_every_number);
        assert_eq!(business.hash_tag(), "wa:optout");
        assert!(!env(&[("BAJA__CONFIRM__ASK", "false")]).unwrap().businesses[0].ask);
    }

    #[test]
    fn what_no_business_may_have() {
        let acme = "[business.acme]\nphone_number_ids = [\"1\"]\n";
        for (rest, key) in [
            ("default_scope = \"offers\"", "business.acme.default_scope"),
            ("language = \"Spanish\"", "business.acme.language"),
            ("texts = \"no-such-file.toml\"", "business.acme.texts"),
            ("topics = [\"all\"]", "business.acme.topics.all"),
            ("topics = [\"a.b\"]", "business.acme.topics.a?b"),
            ("topics = 3", "business.acme.topics"),
            ("waba_ids = [\"+52 1\"]", "business.acme.waba_ids"),
            ("suppressed_key = \"wa optout\"", "business.acme.suppressed_key"),
            ("suppressed_key = \"baja:{acme}:outbox\"", "business.acme.suppressed_key"),
            (
                "suppressed_key = \"x\"\n[business.acme.topics.offers]\nkey = \"x\"",
                "business.acme.topics.offers.key",
            ),
            ("[business.other]", "business.other.phone_number_ids"),
            ("[business.other]\nphone_number_ids = [\"1\"]", "business.other.phone_number_ids"),
            ("[business.other]\nphone_number_ids = [\"2\"]\nsuppressed_key = \"acme\"", "business.other"),
            ("[business.Other]\nphone_number_ids = [\"2\"]", "business.Other"),
            (
                "[business.acme.topics.offers]\nkey = \"x:{wa}\"\n[business.other]\nwaba_ids = [\"2\"]\nsuppressed_key = \"x:{wa}\"",
                "business.other.suppressed_key",
            ),
        ] {
            refused(&format!("{acme}{rest}"), key);
        }
        refused("[business.acme]\n", "business.acme.phone_number_ids");
    }

    #[test]
    fn on_a_cluster_the_keys_of_a_business_share_a_slot() {
        let business = |topic: &str| {
            format!(
                "[redis]\nmode = \"cluster\"\n[business.default]\nsuppressed_key = \"wa:optout\"\n[business.default.topics.offers]\nkey = \"{topic}\""
            )
        };
        load(&business("offers:{wa:optout}"), &[]).unwrap();
        let error = error_of(load(&business("wa:offers"), &[]));
        assert_eq!(error.key, "business.default.topics.offers.key");
        assert_eq!(error.hint, "give the key the hash tag {wa:optout}, as in {wa:optout}:name");
    }
}
