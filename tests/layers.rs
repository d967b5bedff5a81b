//! The layers of the design, held: who may import whom, who may name which library, and how files are called and cut.
//!
//! Reads the sources as text, without comments and texts in quotes. A breach is reported with its file and the rule.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure here is a failure of the test")]

use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the ground up. One imports only from the rows above its own, never from its own row.
const LAYERS: &[&[&str]] = &[
    &["identity", "embedded"],
    &["signature", "payload", "intent", "access"],
    &["clock", "config", "live", "build"],
    &["telemetry", "metrics"],
    &["ledger", "cloud_api", "relay"],
    &["ingest", "confirm", "forward", "insight", "doctor"],
    &["http"],
    &["startup"],
    &["cli"],
    &["main"],
];

/// Libraries that only some modules may name.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("redis", &["ledger"]),
    ("reqwest", &["cloud_api", "relay"]),
    ("actix_http", &["http"]),
    ("actix_web", &["http"]),
];

/// What a pure module does without: the runtime, and the clock.
const IMPURE: &[&str] = &["tokio", "SystemTime", "Instant"];
/// The pure modules are the first rows of [`LAYERS`].
const PURE_ROWS: usize = 2;

/// Names that say nothing of what is inside.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "manager"];
const LONGEST_FILE: usize = 600;

#[test]
fn the_sources_keep_to_the_layers() {
    let breaches = breaches(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

/// Every breach below `src`.
fn breaches(src: &Path) -> Vec<String> {
    let mut files = Vec::new();
    collect(src, &mut files);
    files.sort();
    assert!(!files.is_empty(), "no sources in {}", src.display());
    files
        .iter()
        .flat_map(|file| breaches_of(file.strip_prefix(src).unwrap(), &fs::read_to_string(file).unwrap()))
        .collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn breaches_of(file: &Path, source: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    let names: Vec<_> =
        file.with_extension("").iter().map(|name| name.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|name| name == "mod") {
        breaches.push("is a mod.rs; name the file after the module, beside its folder".to_owned());
    }
    if let Some(name) = names.iter().find(|name| EMPTY_NAMES.contains(&name.as_str())) {
        breaches.push(format!("is called `{name}`; say what is in it"));
    }
    let lines = source.lines().count();
    if lines > LONGEST_FILE {
        breaches.push(format!("has {lines} lines; {LONGEST_FILE} are the most"));
    }
    let module = names[0].as_str();
    let code = code_of(source);
    if module != "lib" {
        breaches.extend(wrong_imports(module, names.len(), &code));
    }
    breaches.extend(wrong_libraries(module, &code));
    breaches.into_iter().map(|breach| format!("{}: {breach}", file.display())).collect()
}

fn wrong_imports(module: &str, depth: usize, code: &str) -> Vec<String> {
    let Some(own) = row(module) else {
        return vec![format!("`{module}` has no layer; give it one in the design and in this test")];
    };
    let mut breaches = Vec::new();
    for name in imported(module, depth, code) {
        match row(&name) {
            _ if name == module => {}
            Some(other) if other < own => {}
            Some(_) => {
                breaches.push(format!("`{module}` imports `{name}`, which is not in a layer above it"))
            }
            None => breaches.push(format!("`{module}` imports `{name}`, which has no layer")),
        }
    }
    breaches
}

fn wrong_libraries(module: &str, code: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    for (library, owners) in LIBRARIES {
        if !owners.contains(&module) && names_library(code, library) {
            breaches.push(format!("names `{library}`, which is for {} only", owners.join(" and ")));
        }
    }
    if row(module).is_some_and(|row| row < PURE_ROWS) {
        let named =
            IMPURE.iter().filter(|name| code.split(|letter| !is_word(letter)).any(|word| word == **name));
        breaches.extend(named.map(|name| format!("names `{name}`; `{module}` is pure")));
    }
    breaches
}

fn row(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// The top-level modules that paths in `code` begin with.
fn imported(module: &str, depth: usize, code: &str) -> Vec<String> {
    // The binary reaches the library by its name.
    let mut roots = vec!["crate::".to_owned()];
    if module == "main" {
        roots.push("baja::".to_owned());
    }
    let mut names: Vec<String> = roots.iter().flat_map(|root| after(code, root)).collect();
    // A `use` at the start of a line is not in an inline module, so as many `super` as the file is deep reach the root.
    let to_root = format!("use {}", "super::".repeat(depth));
    for line in code.lines() {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        if line.starts_with(&to_root) {
            names.extend(after(line, &to_root));
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The names that follow `root`, those of a group in braces one by one.
fn after(code: &str, root: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(root) {
        if code[..at].ends_with(|before| is_word(before) || before == ':') {
            continue;
        }
        let rest = &code[at + root.len()..];
        match rest.strip_prefix('{') {
            Some(group) => names.extend(group_heads(group)),
            None => names.extend(head(rest)),
        }
    }
    names
}

/// The first names of the items of a group, up to its closing brace.
fn group_heads(group: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut item = String::new();
    for letter in group.chars() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.extend(head(std::mem::take(&mut item).trim())),
            _ if depth == 0 => item.push(letter),
            _ => {}
        }
    }
    names.extend(head(item.trim()));
    names
}

fn head(path: &str) -> Option<String> {
    let name: String = path.chars().take_while(|letter| is_word(*letter)).collect();
    // `crate::*` and `crate::Name` are no modules; the library's root has nothing else to import.
    (!name.is_empty()).then_some(name)
}

/// Whether a path or a `use` begins with the library.
fn names_library(code: &str, library: &str) -> bool {
    code.match_indices(library).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + library.len()..]);
        let whole = !before.ends_with(is_word) && !after.starts_with(is_word);
        let begins = !before.ends_with("::") && !before.ends_with('.');
        let used = before.ends_with("use ") || before.ends_with("extern crate ");
        whole && begins && (used || after.starts_with("::"))
    })
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The source without comments and without what stands in quotes.
fn code_of(source: &str) -> String {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(letter) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with("'\\\"'") || rest.starts_with("'\\''") {
            4
        } else if letter == '"' {
            quoted(rest)
        } else if letter == 'r' && !code.ends_with(is_word) {
            raw_quoted(rest)
        } else {
            0
        };
        if skipped == 0 {
            code.push(letter);
        }
        rest = &rest[if skipped == 0 { letter.len_utf8() } else { skipped }..];
    }
    code
}

/// The length of a text in quotes at the start of `rest`.
fn quoted(rest: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a raw text at the start of `rest`, 0 when there is none.
fn raw_quoted(rest: &str) -> usize {
    let hashes = rest[1..].chars().take_while(|letter| *letter == '#').count();
    if !rest[1 + hashes..].starts_with('"') {
        return 0;
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let body = 2 + hashes;
    rest[body..].find(&close).map_or(rest.len(), |end| body + end + close.len())
}

mod proof {
    use super::*;

    /// Writes a tree and returns its breaches.
    fn breaches_in(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, source) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, source).unwrap();
        }
        breaches(folder.path())
    }

    #[track_caller]
    fn breach(name: &str, source: &str, expected: &str) {
        let breaches = breaches_in(&[("lib.rs", "//! Fine."), (name, source)]);
        assert_eq!(breaches, [format!("{name}: {expected}")], "{source}");
    }

    #[test]
    fn a_tree_in_order_has_no_breach() {
        let breaches = breaches_in(&[
            ("lib.rs", "pub mod identity;\npub mod ledger;"),
            ("identity.rs", "mod phone;\n"),
            ("identity/phone.rs", "use super::Person;\nuse crate::identity::Person;"),
            ("config.rs", "mod redis_url;\nuse std::net::SocketAddr;"),
            ("ledger.rs", "use crate::{config::{Redis, RedisMode}, identity};\nuse redis::Client;"),
            (
                "ledger/script.rs",
                "use super::keys; // not crate::http\n/// See [`crate::cli`].\nconst A: &str = \"crate::http\";",
            ),
            (
                "ledger/raw.rs",
                "const A: &str = r#\"use \"redis\" crate::cli::x\"#;\nconst B: char = '\"';\nuse crate::config;",
            ),
            (
                "http.rs",
                "use actix_web::web;\nfn f() { crate::ingest::take(crate::metrics::Metrics::new()) }",
            ),
            ("confirm.rs", "struct S { redis: u8 }\nfn f(s: S) -> u8 { let redis = s.redis; redis }"),
            ("main.rs", "use baja::cli;"),
        ]);
        assert!(breaches.is_empty(), "{breaches:#?}");
    }

    #[test]
    fn imports_from_below_or_beside_are_found() {
        let below = "`ingest` imports `http`, which is not in a layer above it";
        breach("ingest.rs", "use crate::http::App;", below);
        breach("ingest/deep/er.rs", "fn f() { crate::http::run() }", below);
        breach("ingest.rs", "use crate::{identity, http::{App, Other}};", below);
        breach("ingest.rs", "use super::http;", below);
        breach("ingest/item.rs", "pub use super::super::http::App;", below);
        breach("ingest.rs", "pub(in crate::http) struct S;", below);
        breach(
            "payload.rs",
            "use crate::intent;",
            "`payload` imports `intent`, which is not in a layer above it",
        );
        breach("ingest.rs", "use crate::extra::X;", "`ingest` imports `extra`, which has no layer");
        breach("extra.rs", "", "`extra` has no layer; give it one in the design and in this test");
        breach(
            "startup.rs",
            "use crate::main;",
            "`startup` imports `main`, which is not in a layer above it",
        );
    }

    #[test]
    fn libraries_are_for_their_owners() {
        breach("confirm.rs", "use redis::aio;", "names `redis`, which is for ledger only");
        breach("confirm.rs", "fn f() -> redis::Value {}", "names `redis`, which is for ledger only");
        breach(
            "ingest.rs",
            "fn f(e: &reqwest::Error) {}",
            "names `reqwest`, which is for cloud_api and relay only",
        );
        breach("startup.rs", "use actix_web as web;", "names `actix_web`, which is for http only");
        breach("lib.rs", "extern crate redis;", "names `redis`, which is for ledger only");
    }

    #[test]
    fn pure_modules_have_no_runtime_and_no_clock() {
        breach("intent.rs", "use tokio::time;", "names `tokio`; `intent` is pure");
        breach(
            "payload/time.rs",
            "fn f() { std::time::Instant::now(); }",
            "names `Instant`; `payload` is pure",
        );
    }

    #[test]
    fn files_have_names_that_tell_and_an_end() {
        breach("ledger/mod.rs", "", "is a mod.rs; name the file after the module, beside its folder");
        breach("ledger/utils.rs", "", "is called `utils`; say what is in it");
        breach("http/common/error.rs", "", "is called `common`; say what is in it");
        breach("cli.rs", &"\n".repeat(601), "has 601 lines; 600 are the most");
    }
}
