#!/usr/bin/env bash
# Installs what baja needs to build and to run its demo and tests: a C compiler (for the TLS library), make, and the
# program redis-server. What is there already is left alone, and then nothing is asked of the network.
set -euo pipefail

say() { printf 'install-deps: %s\n' "$*" >&2; }
give_up() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root, through sudo where needed.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif have sudo; then
        say "needs root: sudo $*"
        sudo "$@"
    else
        give_up "needs root and there is no sudo; run as root: $*"
    fi
}

# Rust comes first: it is not for this script to choose how it is installed.
have cargo || PATH="$PATH:$HOME/.cargo/bin"
have cargo || give_up "cargo is missing; install Rust as https://rustup.rs says, open a new shell, and try again"

missing=()
have cc || missing+=(cc)
have make || missing+=(make)
have redis-server || missing+=(redis-server)
if [ "${#missing[@]}" -eq 0 ]; then
    exit 0
fi
say "missing: ${missing[*]}"

wants() { case " ${missing[*]} " in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

packages=()
if have apt-get; then
    wants cc && packages+=(gcc libc6-dev)
    wants make && packages+=(make)
    wants redis-server && packages+=(redis-server)
    say "installing with apt: ${packages[*]}"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
elif have brew; then
    if wants cc || wants make; then
        give_up "the compiler is missing; run xcode-select --install, and try again"
    fi
    say "installing with brew: redis"
    brew install redis
elif have dnf; then
    wants cc && packages+=(gcc)
    wants make && packages+=(make)
    if wants redis-server; then
        # Newer Fedora has Valkey in Redis's place, with the old names in a package of their own.
        if dnf -q list redis >/dev/null 2>&1; then packages+=(redis); else packages+=(valkey valkey-compat-redis); fi
    fi
    say "installing with dnf: ${packages[*]}"
    as_root dnf install -y -q "${packages[@]}"
else
    give_up "no apt, brew or dnf here; install these by hand: ${missing[*]}"
fi

for program in "${missing[@]}"; do
    have "$program" || give_up "$program is still missing after the installation"
done
say "done. The package may have started a Redis of its own on port 6379: baja's demo and tests start theirs on another port"
