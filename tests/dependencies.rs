//! The dependencies keep to `deny.toml`: licences, bans, sources. Without a network and without cargo-deny,
//! which looks at more (duplicates, advisories, other platforms) and is run beside this where there is one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failure here is a failure of the test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use serde_json::Value;

struct Package {
    name: String,
    version: String,
    licence: String,
    source: String,
}

/// Everything that the service is built from, build scripts included.
fn packages() -> Vec<Package> {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version=1", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    let metadata: Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let used = shipped(&metadata["resolve"]);
    let all = metadata["packages"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    all.filter(|package| used.contains(package["id"].as_str().unwrap()))
        .map(|package| Package {
            name: text(&package["name"]),
            version: text(&package["version"]),
            licence: text(&package["license"]),
            source: text(&package["source"]),
        })
        .collect()
}

/// The ids of what the service is built from; what only tests need is never given to anybody.
fn shipped(resolve: &Value) -> BTreeSet<&str> {
    let nodes: BTreeMap<_, _> = resolve["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node))
        .collect();
    let mut found = BTreeSet::new();
    let mut open = vec![resolve["root"].as_str().unwrap()];
    while let Some(id) = open.pop() {
        if found.insert(id) {
            let used = |dependency: &&Value| {
                dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev")
            };
            let dependencies = nodes[id]["deps"].as_array().unwrap().iter().filter(used);
            open.extend(dependencies.map(|dependency| dependency["pkg"].as_str().unwrap()));
        }
    }
    found
}

fn rules() -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("deny.toml");
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

/// The texts of a list; of tables, what they say of `crate`.
fn texts(list: &toml::Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|item| item.as_str().or_else(|| item["crate"].as_str()).unwrap())
        .collect()
}

/// Whether a licence expression (SPDX; `/` is an old way to write OR) can be met with these licences alone.
fn is_met(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any_of(&mut words, allowed);
    met && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut met = all_of(words, allowed);
    while words.next_if_eq(&"OR").is_some() {
        met |= all_of(words, allowed);
    }
    met
}

fn all_of(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    let mut met = one(words, allowed);
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed);
    }
    met
}

fn one(words: &mut Words<'_>, allowed: &[&str]) -> bool {
    match words.next() {
        Some("(") => any_of(words, allowed) && words.next() == Some(")"),
        // An exception takes nothing away that the licence grants.
        Some(name) => {
            if words.next_if_eq(&"WITH").is_some() {
                words.next();
            }
            allowed.contains(&name)
        }
        None => false,
    }
}

#[test]
fn every_licence_is_one_of_those_allowed() {
    let rules = rules();
    let allowed = texts(&rules["licenses"]["allow"]);
    let wrong: Vec<_> = packages()
        .into_iter()
        .filter(|package| !is_met(&package.licence, &allowed))
        .map(|package| format!("{} {}: {:?}", package.name, package.version, package.licence))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn everything_comes_from_the_registry_and_nothing_is_banned() {
    let rules = rules();
    let banned = texts(&rules["bans"]["deny"]);
    let packages = packages();
    assert!(packages.len() > 100, "{} packages", packages.len());
    for package in packages {
        let own = package.name == "baja" && package.source.is_empty();
        let registry = package.source == "registry+https://github.com/rust-lang/crates.io-index";
        assert!(own || registry, "{} is from {:?}", package.name, package.source);
        assert!(!banned.contains(&package.name.as_str()), "{} is banned", package.name);
    }
}

#[test]
fn expressions_are_read_as_spdx_means_them() {
    let allowed = ["MIT", "Zlib"];
    for met in [
        "MIT",
        "MIT OR GPL-3.0",
        "GPL-3.0/MIT",
        "(GPL-3.0 OR MIT) AND Zlib",
        "MIT WITH x-exception",
        "GPL-3.0 OR MIT AND Zlib",
    ] {
        assert!(is_met(met, &allowed), "{met}");
    }
    for unmet in ["", "GPL-3.0", "MIT AND GPL-3.0", "(MIT", "MIT Zlib", "GPL-3.0 OR MIT AND Apache-2.0"] {
        assert!(!is_met(unmet, &allowed), "{unmet:?}");
    }
}
