#!/usr/bin/env python3
"""A sender that asks the list before every send, with redis-py (4.0 or newer).

    sender.py check TOPIC X      yes or no; exits with 0 or 1
    sender.py batch TOPIC        reads identifiers, one a line; prints those that may be sent to
    sender.py fresh              has the service handled a webhook lately?
    sender.py copy TOPIC         keeps a copy of the list; answers identifiers on standard input from it

TOPIC is `marketing` or another topic of the business, or `all` when a message has none. X is digits with country
code, or a user id as Meta wrote it. Whatever goes wrong is a "no" and exits with 2.
Environment: BAJA_REDIS_URL, BAJA_BUSINESS (default); in seconds, BAJA_MAX_AGE of the heartbeat (600) and
BAJA_MAX_SILENCE of Redis (10), after which a copy answers no.
"""

import os
import sys
import threading
import time

import redis

URL = os.environ.get("BAJA_REDIS_URL", "redis://127.0.0.1:6379")
BUSINESS = os.environ.get("BAJA_BUSINESS", "default")
MAX_AGE = float(os.environ.get("BAJA_MAX_AGE", "600"))
MAX_SILENCE = float(os.environ.get("BAJA_MAX_SILENCE", "10"))
SUPPRESSED = f"baja:{{{BUSINESS}}}:suppressed"
HEARTBEAT = f"baja:{{{BUSINESS}}}:heartbeat"
CHANGES = f"baja:{{{BUSINESS}}}:changes"


def connect(wait=2):
    """A connection that never waits longer than `wait` seconds for an answer."""
    return redis.Redis.from_url(URL, decode_responses=True, socket_timeout=wait, socket_connect_timeout=2)


def scopes_of(topic):
    """The scopes that forbid a message of this topic, each with its set."""
    return {"all": SUPPRESSED} if topic == "all" else {"all": SUPPRESSED, topic: f"{SUPPRESSED}:{topic}"}


def may_send(r, topic, x):
    return not any(r.sismember(key, x) for key in scopes_of(topic).values())


def allowed(r, topic, identifiers):
    """Those of at most a thousand identifiers that may be sent to, in one round trip."""
    pipe = r.pipeline(transaction=False)
    for key in scopes_of(topic).values():
        pipe.smismember(key, identifiers)
    answers = pipe.execute()
    return [x for x, *refused in zip(identifiers, *answers) if not any(refused)]


def is_fresh(r):
    """Whether the service has handled a webhook lately, by the clock of Redis."""
    beat = r.get(HEARTBEAT)
    seconds, _ = r.time()
    return beat is not None and seconds - int(beat) / 1000 <= MAX_AGE


class Copy:
    """The list of one topic in this process, kept up to date from the stream of changes."""

    # Redis answers at least this often, so that silence means that it is away.
    BLOCK_MS = 2000

    def __init__(self, topic):
        self.scopes = scopes_of(topic)
        self.sets, self.last, self.heard_at = {}, None, None
        self.lock, self.ready = threading.Lock(), threading.Event()

    def may_send(self, x):
        with self.lock:
            current = self.heard_at is not None and time.monotonic() - self.heard_at < MAX_SILENCE
            return current and not any(x in members for members in self.sets.values())

    def follow(self):
        """Never returns. After an error it connects again and goes on where it was."""
        while True:
            try:
                r = connect(wait=self.BLOCK_MS / 1000 + 3)
                while True:
                    self.step(r)
            except redis.RedisError as error:
                print(f"the copy waits for Redis: {type(error).__name__}", file=sys.stderr, flush=True)
                time.sleep(0.5)

    def step(self, r):
        # Beginning at the last entry that we know: were it gone, so might be some after it that we do not know.
        entries = r.xrange(CHANGES, min=self.last or "-", count=1000)
        known = bool(entries) and entries[0][0] == self.last if self.last else self.sets and not entries
        if not known:
            self.read_all(r)
            entries = []
        with self.lock:
            for id, change in entries[1:]:
                members = self.sets.get(change["scope"])
                if members is not None:
                    (members.add if change["change"] == "stop" else members.discard)(change["identifier"])
                self.last = id
            self.heard_at = time.monotonic()
        self.ready.set()
        if len(entries) <= 1:
            r.xread({CHANGES: self.last or "0-0"}, count=1, block=self.BLOCK_MS)

    def read_all(self, r):
        # The id first: a change in between is then read twice, which is harmless, and never missed.
        newest = r.xrevrange(CHANGES, count=1)
        sets = {scope: set(r.sscan_iter(key, count=1000)) for scope, key in self.scopes.items()}
        with self.lock:
            self.sets, self.last = sets, newest[0][0] if newest else None
        print(f"read the list: {sum(map(len, sets.values()))} members", file=sys.stderr, flush=True)


def lines():
    return (line.strip() for line in sys.stdin if line.strip())


def send(identifiers):
    for x in identifiers:
        print(x)


def main(arguments):
    match arguments:
        case ["check", topic, x]:
            answer = may_send(connect(), topic, x)
            print("yes" if answer else "no")
            return 0 if answer else 1
        case ["batch", topic]:
            r, batch = connect(), []
            if topic == "marketing" and not is_fresh(r):
                print("the heartbeat is old: no marketing", file=sys.stderr)
                return 2
            for x in lines():
                batch.append(x)
                if len(batch) == 1000:
                    send(allowed(r, topic, batch))
                    batch = []
            if batch:
                send(allowed(r, topic, batch))
            return 0
        case ["fresh"]:
            answer = is_fresh(connect())
            print("yes" if answer else "no")
            return 0 if answer else 1
        case ["copy", topic]:
            copy = Copy(topic)
            threading.Thread(target=copy.follow, daemon=True).start()
            copy.ready.wait()
            print("ready", flush=True)
            for x in lines():
                print("yes" if copy.may_send(x) else "no", x, flush=True)
            return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except redis.RedisError as error:
        if sys.argv[1] in ("check", "fresh"):
            print("no")
        print(f"Redis does not answer, so nothing may be sent: {type(error).__name__}", file=sys.stderr)
        sys.exit(2)
