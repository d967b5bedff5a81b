#!/usr/bin/env python3
"""Finds the functions that the usual webhooks and a start run, and writes them into scripts/functions.txt, which the build gives
to the linker: code that is used lies together, that of the webhooks first, and 8 MiB less of it are resident.

    cargo build --release --locked && scripts/order-functions.py && cargo build --release --locked

Needs valgrind, nm and redis-server. To be done again before a release: symbols change with types, dependencies and Rust.

    scripts/order-functions.py --check       how many of the listed functions the binary has
"""

import bisect
import hashlib
import hmac
import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = ROOT / "target/release/baja"
LIST = ROOT / "scripts/functions.txt"
SECRET = "an-invented-app-secret"
TEXTS = [
    "BAJA",
    "Hola, quería saber si tienen el modelo azul y cuanto tarda el envio a Rosario, grasias",
    "por favor no me manden más promociones",
    "unsubscirbe",
    "ALTA",
    "sí",
    "🛑",
    "请不要再发了",
]


class CloudApi(http.server.BaseHTTPRequestHandler):
    """Takes every message."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        answer = b'{"messaging_product":"whatsapp","contacts":[],"messages":[{"id":"wamid.invented"}]}'
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def ask(port, head, body=b""):
    """The answer to one request, or none while nobody listens."""
    with socket.create_connection(("127.0.0.1", port), 60) as stream:
        lines = [*head, "host: localhost", "connection: close", f"content-length: {len(body)}", "", ""]
        stream.sendall("\r\n".join(lines).encode() + body)
        return b"".join(iter(lambda: stream.recv(65536), b""))


def wait_for(condition, what):
    until = time.monotonic() + 120
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > until:
            sys.exit(f"order-functions: waited two minutes for {what}")
        time.sleep(0.05)


def body_of(number, items):
    person = f"54911{number:08}"
    metadata = {"display_phone_number": "15557654321", "phone_number_id": "770099887766554"}
    value = {"messaging_product": "whatsapp", "metadata": metadata, "contacts": [{"wa_id": person}], **items(person)}
    changes = [{"field": "messages", "value": value}]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "880011223344556", "changes": changes}]})


def message(number, text):
    one = {"id": f"wamid.{number}", "timestamp": str(int(time.time())), "type": "text", "text": {"body": text}}
    return body_of(number, lambda person: {"messages": [{"from": person, **one}]})


def status(number, kind):
    pricing = {"billable": True, "pricing_model": "PMP", "category": "marketing"}
    one = {"id": f"wamid.{number}", "timestamp": str(int(time.time())), "status": kind, "pricing": pricing}
    return body_of(number, lambda person: {"statuses": [{"recipient_id": person, **one}]})


def send_all(public, operators):
    """Everything that comes in on a usual day, twice: what comes again is a duplicate."""
    ask(public, ["GET /webhook?hub.mode=subscribe&hub.verify_token=an-invented-token&hub.challenge=1 HTTP/1.1"])
    bodies = [message(number, text) for number, text in enumerate(TEXTS)]
    bodies += [status(number, kind) for number, kind in enumerate(["sent", "delivered", "read", "failed"])]
    for body in [*bodies, *bodies]:
        digest = hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
        head = ["POST /webhook HTTP/1.1", "content-type: application/json", f"x-hub-signature-256: sha256={digest}"]
        answer = ask(public, head, body.encode())
        if not answer.startswith(b"HTTP/1.1 200"):
            sys.exit(f"order-functions: a webhook was answered {answer[:80]!r}")
    for path in ["/live", "/ready", "/metrics"]:
        ask(operators, [f"GET {path} HTTP/1.1"])


def run_under_valgrind(out, from_ready):
    """Notes every instruction that is executed; with `from_ready` none of the start."""
    redis_port, public, operators = free_port(), free_port(), free_port()
    api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), CloudApi)
    threading.Thread(target=api.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as data:
        redis = subprocess.Popen(
            ["redis-server", "--port", str(redis_port), "--dir", data, "--save", ""], stdout=subprocess.DEVNULL
        )
        settings = {
            "PATH": os.environ["PATH"],
            "BAJA_APP_SECRET": SECRET,
            "BAJA_VERIFY_TOKEN": "an-invented-token",
            "BAJA_ACCESS_TOKEN": "an-invented-access-token",
            "BAJA_GRAPH_URL": f"http://127.0.0.1:{api.server_port}/v26.0",
            "BAJA_REDIS_URL": f"redis://127.0.0.1:{redis_port}",
            "BAJA_LISTEN": f"127.0.0.1:{public}",
            "BAJA_OPS_LISTEN": f"127.0.0.1:{operators}",
            # Under valgrind everything takes fifty times as long.
            "BAJA__REDIS__RESPONSE_TIMEOUT_MS": "59000",
            "BAJA__REDIS__BUDGET_MS": "60000",
        }
        valgrind = ["valgrind", "-q", "--tool=callgrind", "--dump-instr=yes", "--compress-pos=no", f"--callgrind-out-file={out}"]
        if from_ready:
            valgrind.append("--instr-atstart=no")
        wait_for(lambda: socket.create_connection(("127.0.0.1", redis_port), 1).close() is None, "redis-server")
        baja = subprocess.Popen([*valgrind, BINARY, "serve"], env=settings, stdout=subprocess.DEVNULL)
        try:
            ready = lambda: ask(operators, ["GET /ready HTTP/1.1"]).startswith(b"HTTP/1.1 200")
            wait_for(ready, "/ready")
            if from_ready:
                subprocess.run(["callgrind_control", "--instr=on", str(baja.pid)], check=True, stdout=subprocess.DEVNULL)
            send_all(public, operators)
            # What runs every few seconds.
            time.sleep(10)
            baja.send_signal(signal.SIGTERM)
            baja.wait(120)
        finally:
            baja.kill()
            redis.kill()
            redis.wait()


def addresses(out):
    """The instructions of the binary that were executed."""
    files, own = {}, False
    for line in open(out, encoding="utf-8", errors="replace"):
        if found := re.match(r"(c?)ob=\((\d+)\)(?: (.*))?", line):
            called, number, name = found.groups()
            if name:
                files[number] = name.strip()
            if not called:
                own = files[number] == str(BINARY)
        elif own and line.startswith("0x"):
            yield int(line.split(None, 1)[0], 16)


def symbols():
    """All functions of the binary: address, size, symbol."""
    listed = subprocess.run(["nm", "-S", "--defined-only", BINARY], check=True, capture_output=True, text=True).stdout
    fields = (line.split() for line in listed.splitlines())
    return sorted((int(f[0], 16), int(f[1], 16), f[3]) for f in fields if len(f) == 4 and f[2] in "tTwW")


def main():
    functions = symbols()
    if sys.argv[1:] == ["--check"]:
        listed = LIST.read_text().split()
        found = len({name for _, _, name in functions}.intersection(listed))
        print(f"{found} of {len(listed)} listed functions are in the binary")
        return
    starts = [start for start, _, _ in functions]
    names = {}
    for from_ready in [True, False]:
        with tempfile.NamedTemporaryFile() as out:
            run_under_valgrind(out.name, from_ready)
            run = {bisect.bisect_right(starts, address) - 1 for address in set(addresses(out.name))}
        # By address: what is near by now belongs together.
        names.update((functions[at][2], functions[at][1]) for at in sorted(run) if at >= 0)
        print(f"{len(names)} of {len(functions)} functions, {sum(names.values()) / 2**20:.1f} MiB,", end=" ")
        print("are run by webhooks" if from_ready else f"by webhooks and a start: {LIST}")
    LIST.write_text("".join(f"{name}\n" for name in names))


if __name__ == "__main__":
    main()
