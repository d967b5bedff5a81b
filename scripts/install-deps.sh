#!/usr/bin/env bash
# Installs what baja needs to build and to run its demo and tests: a C compiler (for the TLS library), make, and the
# program redis-server. What is there already is left alone, and then nothing is asked of the network.
# With `tests` as its argument also what the tests need: Chromium and chromedriver, which look at the operators' page, and
# for the example senders Python and Node with their Redis libraries, and the library that lets a clock jump.
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

senders="$(dirname "$0")/../examples/senders"
# Whether some Python, or Node, has its Redis library: in the examples' folder, or from the system's packages.
python_asks() {
    local python
    for python in "$senders/.venv/bin/python" python3 /usr/bin/python3; do
        "$python" -c 'import redis' >/dev/null 2>&1 && return
    done
    return 1
}
node_asks() {
    (cd "$senders" && NODE_PATH=/usr/share/nodejs node -e 'require("redis")' >/dev/null 2>&1)
}
# Whether there is a browser, under one of the names that it has, and the program that drives it.
browser_runs() {
    have chromedriver || return 1
    have chromium || have chromium-browser || have google-chrome || have google-chrome-stable || [ -d "/Applications/Google Chrome.app" ]
}
# Whether there is the library that gives a process a clock of its own. Only the tests on Linux ask for it.
clock_jumps() {
    [ "$(uname)" != Linux ] || ls /usr/lib/*/faketime/libfaketime.so.1 /usr/lib64/faketime/libfaketime.so.1 2>/dev/null | grep -q .
}
# The libraries' versions that the examples pin, into the examples' folder.
pin_python() { python3 -m venv "$senders/.venv" && "$senders/.venv/bin/pip" install -q -r "$senders/requirements.txt"; }
pin_node() { npm ci --prefix "$senders" --no-audit --no-fund --silent; }

# Rust comes first: it is not for this script to choose how it is installed.
have cargo || PATH="$PATH:$HOME/.cargo/bin"
have cargo || give_up "cargo is missing; install Rust as https://rustup.rs says, open a new shell, and try again"

missing=()
have cc || missing+=(cc)
have make || missing+=(make)
have redis-server || missing+=(redis-server)
if [ "${1:-}" = tests ]; then
    have redis-cli || missing+=(redis-cli)
    python_asks || missing+=(python-redis)
    node_asks || missing+=(node-redis)
    browser_runs || missing+=(chromium)
    clock_jumps || missing+=(faketime)
fi
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
    wants redis-cli && packages+=(redis-tools)
    wants python-redis && packages+=(python3 python3-redis)
    wants node-redis && packages+=(nodejs node-redis)
    wants faketime && packages+=(libfaketime)
    as_root apt-get update -qq
    if wants chromium; then
        # Debian's own packages; Ubuntu has them under other names, as snaps.
        if apt-cache show chromium-driver >/dev/null 2>&1; then packages+=(chromium chromium-driver); else packages+=(chromium-browser chromium-chromedriver); fi
        say "Chromium and chromedriver are for the tests of the operators' page: some 400 MB"
    fi
    say "installing with apt: ${packages[*]}"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
elif have brew; then
    if wants cc || wants make; then
        give_up "the compiler is missing; run xcode-select --install, and try again"
    fi
    wants redis-server || wants redis-cli && packages+=(redis)
    wants python-redis && packages+=(python)
    wants node-redis && packages+=(node)
    if [ "${#packages[@]}" -gt 0 ]; then
        say "installing with brew: ${packages[*]}"
        brew install "${packages[@]}"
    fi
    if wants chromium; then
        say "installing with brew, for the tests of the operators' page: google-chrome chromedriver"
        brew install --cask google-chrome chromedriver
    fi
elif have dnf; then
    wants cc && packages+=(gcc)
    wants make && packages+=(make)
    wants python-redis && packages+=(python3)
    wants node-redis && packages+=(nodejs npm)
    wants chromium && packages+=(chromium chromedriver)
    wants faketime && packages+=(libfaketime)
    if wants redis-server || wants redis-cli; then
        # Newer Fedora has Valkey in Redis's place, with the old names in a package of their own.
        if dnf -q list redis >/dev/null 2>&1; then packages+=(redis); else packages+=(valkey valkey-compat-redis); fi
    fi
    say "installing with dnf: ${packages[*]}"
    as_root dnf install -y -q "${packages[@]}"
else
    give_up "no apt, brew or dnf here; install these by hand: ${missing[*]}"
fi

if wants python-redis && ! python_asks; then say "installing redis-py with pip into examples/senders/.venv"; pin_python; fi
if wants node-redis && ! node_asks; then say "installing redis with npm into examples/senders"; pin_node; fi

for program in "${missing[@]}"; do
    case "$program" in
        python-redis) python_asks && continue ;;
        node-redis) node_asks && continue ;;
        chromium) browser_runs && continue ;;
        faketime) clock_jumps && continue ;;
    esac
    have "$program" || give_up "$program is still missing after the installation"
done
say "done. The package may have started a Redis of its own on port 6379: baja's demo and tests start theirs on another port"
