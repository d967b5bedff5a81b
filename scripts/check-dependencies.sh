#!/usr/bin/env bash
# Holds the dependencies to deny.toml with cargo-deny: licences, bans, sources, duplicates, all platforms, advisories.
# What cannot be fetched without a network is named as not checked; what was checked and is wrong fails.
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.20.2
tools="$PWD/target/tools"
say() { printf 'check-dependencies: %s\n' "$*" >&2; }

deny=$(command -v cargo-deny || true)
if [ -z "$deny" ]; then
    deny="$tools/bin/cargo-deny"
    if [ ! -x "$deny" ]; then
        say "building cargo-deny $version"
        # Unoptimised: it runs for seconds, and is built in half the time.
        if ! CARGO_TARGET_DIR="$tools/target" cargo install --quiet --locked --debug --root "$tools" "cargo-deny@$version"; then
            say "NOT checked: duplicates, other platforms and advisories; cargo-deny cannot be had here (cargo install --locked cargo-deny)"
            exit 0
        fi
        rm -rf "$tools/target"
    fi
fi

"$deny" --locked check bans licenses sources

databases="${CARGO_HOME:-$HOME/.cargo}/advisory-dbs"
if "$deny" --locked fetch db >/dev/null 2>&1; then
    "$deny" --locked --offline check advisories
elif [ -n "$(find "$databases" -name 'RUSTSEC-*' -print -quit 2>/dev/null)" ]; then
    say "the database of advisories cannot be fetched; using the one from before"
    "$deny" --locked --offline check advisories
else
    say "NOT checked: advisories; their database cannot be fetched. Run this again where github.com can be reached"
fi
