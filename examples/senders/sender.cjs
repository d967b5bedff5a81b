#!/usr/bin/env node
// A sender that asks the list before every send, with the package `redis` (4 or newer).
//
//   sender.cjs check TOPIC X      yes or no; exits with 0 or 1
//   sender.cjs batch TOPIC        reads identifiers, one a line; prints those that may be sent to
//   sender.cjs fresh              has the service handled a webhook lately?
//   sender.cjs copy TOPIC         keeps a copy of the list; answers identifiers on standard input from it
//
// TOPIC is `marketing` or another topic of the business, or `all` when a message has none. X is digits with country
// code, or a user id as Meta wrote it. Whatever goes wrong is a "no" and exits with 2.
// Environment: BAJA_REDIS_URL, BAJA_BUSINESS (default); in seconds, BAJA_MAX_AGE of the heartbeat (600) and
// BAJA_MAX_SILENCE of Redis (10), after which a copy answers no.
"use strict";
const { createInterface } = require("node:readline");
const { createClient } = require("redis");

const url = process.env.BAJA_REDIS_URL ?? "redis://127.0.0.1:6379";
const business = process.env.BAJA_BUSINESS ?? "default";
const maxAgeMs = Number(process.env.BAJA_MAX_AGE ?? "600") * 1000;
const maxSilenceMs = Number(process.env.BAJA_MAX_SILENCE ?? "10") * 1000;
const suppressed = `baja:{${business}}:suppressed`;
const heartbeat = `baja:{${business}}:heartbeat`;
const changes = `baja:{${business}}:changes`;

// The scopes that forbid a message of this topic, each with its set.
const scopesOf = (topic) => [["all", suppressed], ...(topic === "all" ? [] : [[topic, `${suppressed}:${topic}`]])];

// Fails at once when Redis is away, instead of keeping commands until it is back.
async function connect() {
  const socket = { connectTimeout: 2000, reconnectStrategy: () => new Error("Redis is away") };
  const client = createClient({ url, socket, disableOfflineQueue: true });
  client.on("error", () => {});
  await client.connect();
  return client;
}

// An answer that does not come is an error as well.
async function within(ms, promise) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error("no answer in time")), ms); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

async function maySend(client, topic, x) {
  const answers = scopesOf(topic).map(([, key]) => client.sIsMember(key, x));
  return !(await within(2000, Promise.all(answers))).some(Boolean);
}

// Those of at most a thousand identifiers that may be sent to, in one round trip.
async function allowed(client, topic, identifiers) {
  const questions = scopesOf(topic).map(([, key]) => client.smIsMember(key, identifiers));
  const answers = await within(2000, Promise.all(questions));
  return identifiers.filter((_, index) => !answers.some((refused) => refused[index]));
}

// Whether the service has handled a webhook lately, by the clock of Redis.
async function isFresh(client) {
  const asked = Promise.all([client.get(heartbeat), client.sendCommand(["TIME"])]);
  const [beat, [seconds]] = await within(2000, asked);
  return beat !== null && Number(seconds) * 1000 - Number(beat) <= maxAgeMs;
}

// The list of one topic in this process, kept up to date from the stream of changes.
class Copy {
  // Redis answers at least this often, so that silence means that it is away.
  static blockMs = 2000;

  constructor(topic) {
    this.scopes = scopesOf(topic);
    this.sets = new Map();
    this.last = null;
    this.heardAt = -Infinity;
    this.ready = new Promise((resolve) => { this.isReady = resolve; });
  }

  maySend(x) {
    if (performance.now() - this.heardAt >= maxSilenceMs) return false;
    return ![...this.sets.values()].some((members) => members.has(x));
  }

  // Never returns. After an error it connects again and goes on where it was.
  async follow() {
    for (;;) {
      let client;
      try {
        client = await connect();
        for (;;) await within(Copy.blockMs + 30000, this.step(client));
      } catch (error) {
        console.error(`the copy waits for Redis: ${error.name}`);
        await client?.disconnect().catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
    }
  }

  async step(client) {
    // Beginning at the last entry that we know: were it gone, so might be some after it that we do not know.
    let entries = await client.sendCommand(["XRANGE", changes, this.last ?? "-", "+", "COUNT", "1000"]);
    const known = this.last ? entries[0]?.[0] === this.last : this.sets.size > 0 && entries.length === 0;
    if (!known) {
      await this.readAll(client);
      entries = [];
    }
    for (const [id, fields] of entries.slice(1)) {
      const change = {};
      for (let at = 0; at < fields.length; at += 2) change[fields[at]] = fields[at + 1];
      const members = this.sets.get(change.scope);
      if (change.change === "stop") members?.add(change.identifier);
      else members?.delete(change.identifier);
      this.last = id;
    }
    this.heardAt = performance.now();
    this.isReady();
    if (entries.length <= 1) {
      await client.sendCommand(
        ["XREAD", "COUNT", "1", "BLOCK", String(Copy.blockMs), "STREAMS", changes, this.last ?? "0-0"]);
    }
  }

  async readAll(client) {
    // The id first: a change in between is then read twice, which is harmless, and never missed.
    const newest = await client.sendCommand(["XREVRANGE", changes, "+", "-", "COUNT", "1"]);
    const sets = new Map();
    let count = 0;
    for (const [scope, key] of this.scopes) {
      const members = new Set();
      let cursor = "0";
      do {
        const [next, found] = await client.sendCommand(["SSCAN", key, cursor, "COUNT", "1000"]);
        found.forEach((member) => members.add(member));
        cursor = next;
      } while (cursor !== "0");
      sets.set(scope, members);
      count += members.size;
    }
    [this.sets, this.last] = [sets, newest[0]?.[0] ?? null];
    console.error(`read the list: ${count} members`);
  }
}

async function* lines() {
  for await (const line of createInterface({ input: process.stdin })) if (line.trim()) yield line.trim();
}

function say(answer) {
  console.log(answer ? "yes" : "no");
  return answer ? 0 : 1;
}

async function main([command, topic, x]) {
  if (command === "check" && x) return say(await maySend(await connect(), topic, x));
  if (command === "fresh") return say(await isFresh(await connect()));
  if (command === "batch" && topic) {
    const client = await connect();
    if (topic === "marketing" && !(await isFresh(client))) {
      console.error("the heartbeat is old: no marketing");
      return 2;
    }
    const send = async (batch) => (await allowed(client, topic, batch)).forEach((x) => console.log(x));
    let batch = [];
    for await (const line of lines()) {
      batch.push(line);
      if (batch.length === 1000) await send(batch.splice(0));
    }
    if (batch.length > 0) await send(batch);
    return 0;
  }
  if (command === "copy" && topic) {
    const copy = new Copy(topic);
    copy.follow();
    await copy.ready;
    console.log("ready");
    for await (const line of lines()) console.log(copy.maySend(line) ? "yes" : "no", line);
    return 0;
  }
  console.error("sender.cjs check TOPIC X | batch TOPIC | fresh | copy TOPIC");
  return 2;
}

main(process.argv.slice(2)).catch((error) => {
  if (["check", "fresh"].includes(process.argv[2])) console.log("no");
  console.error(`Redis does not answer, so nothing may be sent: ${error.name}`);
  return 2;
}).then((code) => process.exit(code));
