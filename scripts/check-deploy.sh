#!/usr/bin/env bash
# Checks what is in deploy/ with the tools that read it for real. Installs by apt and pip what is missing and can be
# installed. A check whose tool is not to be had is named at the end as not done.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
skipped=()
say() { printf 'check-deploy: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# Installs Debian packages for missing programs: pairs of program and package.
want() {
    local packages=()
    while [ "$#" -gt 0 ]; do
        have "$1" || packages+=("$2")
        shift 2
    done
    [ "${#packages[@]}" -gt 0 ] || return 0
    if have apt-get && [ "$(id -u)" -eq 0 ]; then
        say "installing with apt: ${packages[*]}"
        apt-get update -qq || true
        # No service is to be started by the installation.
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >"$folder/apt.log" 2>&1 \
            || { tail -n 5 "$folder/apt.log" >&2; say "apt could not install: ${packages[*]}"; }
    fi
}

# Runs a check if its program is there.
check() {
    local name=$1 program=$2
    shift 2
    if ! have "$program"; then
        skipped+=("$name ($program is not installed)")
        return 0
    fi
    if "$@" >"$folder/out" 2>&1; then
        say "ok: $name"
    else
        cat "$folder/out" >&2
        say "failed: $name"
        exit 1
    fi
}

systemd_unit() {
    # `verify` wants the program to exist; anything that does will do.
    sed 's#^ExecStart=/usr/local/bin/baja#ExecStart=/bin/true#; /^Documentation=/d' deploy/systemd/baja.service >"$folder/baja.service"
    systemd-analyze verify --man=no "$folder/baja.service" 2>&1 | grep -v "^$" | grep "baja.service" && return 1
    # 0 is safe, 10 is not.
    systemd-analyze security --offline=true --threshold=20 "$folder/baja.service"
}

nginx_snippet() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=optout.example.com \
        -keyout "$folder/privkey.pem" -out "$folder/fullchain.pem"
    sed "s#/etc/nginx/tls/#$folder/#" deploy/nginx/baja.conf >"$folder/baja.conf"
    printf 'pid %s/nginx.pid; error_log stderr; events {} http { include %s/baja.conf; }\n' "$folder" "$folder" >"$folder/nginx.conf"
    nginx -t -q -p "$folder" -c "$folder/nginx.conf"
}

caddyfile() { BAJA_DOMAIN=optout.example.com XDG_DATA_HOME="$folder" caddy validate --adapter caddyfile --config deploy/Caddyfile; }

kubernetes() {
    python3 -m venv "$folder/venv"
    "$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'kubernetes-validate==1.37.0'
    "$folder/venv/bin/kubernetes-validate" --strict deploy/kubernetes/*.yaml
}

alert_rules() { promtool check rules deploy/prometheus/alerts.yml && promtool test rules deploy/prometheus/alerts.test.yml; }

dashboard() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); assert d["panels"] and all(t["expr"] for p in d["panels"] for t in p["targets"])' deploy/grafana/baja.json; }

compose() { docker compose --file docker-compose.yml --profile tls config --quiet; }

# Debian's older one, which knows the same keys but for the project's name.
older_compose() {
    sed '/^name: /d' docker-compose.yml >"$folder/docker-compose.yml"
    docker-compose --project-directory . --file "$folder/docker-compose.yml" --profile tls config --quiet
}

want promtool prometheus nginx nginx-light caddy caddy openssl openssl python3 python3
python3 -c 'import ensurepip, venv' 2>/dev/null || want python3-venv python3-venv
check "systemd unit" systemd-analyze systemd_unit
check "nginx" nginx nginx_snippet
check "Caddyfile" caddy caddyfile
check "Kubernetes manifests against the schemas of Kubernetes" python3 kubernetes
check "Prometheus alerts and their tests" promtool alert_rules
check "Grafana dashboard" python3 dashboard
if docker compose version >/dev/null 2>&1; then
    check "docker-compose.yml" docker compose
else
    want docker-compose docker-compose
    check "docker-compose.yml" docker-compose older_compose
fi

if [ "${#skipped[@]}" -gt 0 ]; then
    say "NOT CHECKED:"
    printf '  - %s\n' "${skipped[@]}" >&2
fi
