// What the tests of the local deployment run against: the deployment as a process, an issuer of tokens, a connection that
// can be cut, and a socket without a client behind it.

import { spawn } from "node:child_process";
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ConvexClient, ConvexHttpClient } from "convex/browser";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const binary = process.env.LOCAL_BINARY ?? join(root, "target/debug/local");
const functions = fileURLToPath(new URL("functions", import.meta.url));

// Node 20 has no WebSocket. This is the one that the official client itself uses there.
const require = createRequire(import.meta.url);
const WebSocket = createRequire(require.resolve("convex/package.json"))("ws");

/** How long anything may take that a test waits for. */
const PATIENCE_MS = 15_000;

/** Rejects with `what` when `promise` takes too long. */
export function soon(promise, what, milliseconds = PATIENCE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${milliseconds} ms for ${what}`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Asks until the answer is neither false nor null, for what nothing reports by itself. */
export async function poll(ask, what) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await ask();
    if (answer !== false && answer !== null && answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`waited ${PATIENCE_MS} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The local deployment, as a process with the functions of this directory. */
export class Deployment {
  #process;
  #data;
  #clients = [];
  #issuer;

  static async start({ issuer, persistent = false } = {}) {
    const deployment = new Deployment();
    deployment.#issuer = issuer?.origin ?? "http://127.0.0.1:9";
    deployment.#data = persistent ? mkdtempSync(join(tmpdir(), "local-convex-")) : null;
    await deployment.#run(0, 0);
    return deployment;
  }

  async #run(convexPort, sitePort) {
    const child = spawn(
      binary,
      [
        "--convex-dir", functions,
        "--convex-port", String(convexPort),
        "--site-port", String(sitePort),
        ...(this.#data === null ? ["--ephemeral"] : ["--data-dir", this.#data]),
        "--no-clerk",
        "--env", `TEST_ISSUER=${this.#issuer}`,
        "--json",
      ],
      { cwd: root, env: { PATH: process.env.PATH, HOME: process.env.HOME }, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#process = child;
    let complaints = "";
    child.stderr.on("data", (chunk) => (complaints = (complaints + chunk).slice(-20_000)));
    const ready = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the deployment ended with ${code}:\n${complaints}`)));
      createInterface(child.stdout).on("line", (line) => line.startsWith("{") && resolve(JSON.parse(line)));
    });
    const { convexUrl, siteUrl, adminKey } = await soon(ready, "the deployment's addresses", 60_000).catch((error) => {
      child.kill("SIGKILL");
      throw new Error(`${error.message}\n${complaints}`);
    });
    Object.assign(this, { url: convexUrl.replace(/\/$/, ""), siteUrl: siteUrl.replace(/\/$/, ""), adminKey });
  }

  /** Ends the process without any warning to it. */
  async kill() {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  /** Starts again on the same data and ports. */
  async restart() {
    await this.#run(new URL(this.url).port, new URL(this.siteUrl).port);
  }

  async stop() {
    await Promise.all(this.#clients.map((client) => client.close()));
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill();
    if (this.#data !== null) rmSync(this.#data, { recursive: true, force: true });
  }

  /** The official client, closed when the deployment stops. */
  client(options = {}, url = this.url) {
    const client = new ConvexClient(url, { logger: false, ...options });
    this.#clients.push(client);
    return client;
  }

  http() {
    return new ConvexHttpClient(this.url, { logger: false });
  }

  /** A call over HTTP as anybody can make it. */
  async call(kind, path, args = {}, headers = {}) {
    const answer = await fetch(`${this.url}/api/${kind}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify({ path, args: [args], format: "convex_encoded_json" }),
    });
    return { status: answer.status, body: await answer.json() };
  }

  socket(path = "/api/1.48.0/sync") {
    return RawSocket.open(`${this.url.replace(/^http/, "ws")}${path}`);
  }
}

/** Issues tokens that its discovery document and key set let others verify. */
export class Issuer {
  #keys = [];
  #server;

  static async start() {
    const issuer = new Issuer();
    issuer.rotate();
    const custom = generateKeyPairSync("ec", { namedCurve: "P-256" });
    issuer.custom = { kid: "custom", alg: "ES256", ...custom };
    issuer.#server = createHttpServer((request, response) => {
      const documents = {
        "/.well-known/openid-configuration": { issuer: issuer.origin, jwks_uri: `${issuer.origin}/jwks` },
        "/jwks": { keys: [...issuer.#keys, issuer.custom].map(published) },
      };
      const found = documents[request.url];
      response.writeHead(found ? 200 : 404, { "content-type": "application/json" });
      response.end(JSON.stringify(found ?? {}));
    });
    issuer.#server.listen(0, "127.0.0.1");
    await once(issuer.#server, "listening");
    issuer.origin = `http://127.0.0.1:${issuer.#server.address().port}`;
    return issuer;
  }

  /** Signs with a new key from now on, and publishes only that one. */
  rotate() {
    this.#keys = [{ kid: randomUUID(), alg: "RS256", ...generateKeyPairSync("rsa", { modulusLength: 2048 }) }];
  }

  /** A token for `subject`. Each is another text, as with every issuer. */
  token(subject, changes = {}, key = this.#keys[0]) {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: this.origin, sub: subject, aud: "convex", iat: now, exp: now + 3600, jti: randomUUID(), ...changes,
    };
    const part = (json) => Buffer.from(JSON.stringify(json)).toString("base64url");
    const signed = `${part({ alg: key.alg, kid: key.kid, typ: "JWT" })}.${part(claims)}`;
    const signature = sign("sha256", Buffer.from(signed), { key: key.privateKey, dsaEncoding: "ieee-p1363" });
    return `${signed}.${signature.toString("base64url")}`;
  }

  /** A token of the provider of type `customJwt`. */
  customToken(subject, changes = {}) {
    return this.token(subject, { iss: `${this.origin}/custom`, aud: undefined, ...changes }, this.custom);
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

function published({ kid, alg, publicKey }) {
  return { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" };
}

/** A TCP connection through which one side can be silenced, and which can be cut. */
export class CuttableProxy {
  #pairs = new Set();
  #server;
  #silent = false;

  static async start(url) {
    const proxy = new CuttableProxy();
    const target = new URL(url);
    proxy.#server = createServer((client) => {
      const upstream = connect(Number(target.port), target.hostname);
      const pair = [client, upstream];
      proxy.#pairs.add(pair);
      client.on("data", (bytes) => upstream.write(bytes));
      upstream.on("data", (bytes) => proxy.#silent || client.write(bytes));
      for (const socket of pair) {
        socket.on("error", () => {});
        socket.on("close", () => {
          for (const other of pair) other.destroy();
          proxy.#pairs.delete(pair);
        });
      }
    });
    proxy.#server.listen(0, "127.0.0.1");
    await once(proxy.#server, "listening");
    proxy.url = `http://127.0.0.1:${proxy.#server.address().port}`;
    return proxy;
  }

  /** From now on, what the server says is lost, and what the client says arrives. */
  silenceServer() {
    this.#silent = true;
  }

  /** Ends all connections, and lets new ones through in both directions. */
  cut() {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#silent = false;
  }

  close() {
    this.cut();
    this.#server.close();
  }
}

export const ZERO = "AAAAAAAAAAA=";

/** The protocol, message by message. */
export class RawSocket {
  #socket;
  #messages = [];
  #waiting = [];
  #pinged;
  #isClosed = false;

  static async open(url) {
    const raw = new RawSocket();
    const socket = new WebSocket(url);
    raw.#socket = socket;
    raw.pinged = new Promise((resolve) => (raw.#pinged = resolve));
    raw.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        raw.#isClosed = true;
        for (const { reject } of raw.#waiting.splice(0)) reject(new Error(`closed with ${code} ${reason}`));
        resolve({ code, reason: reason.toString() });
      });
    });
    socket.on("message", (text) => {
      const message = JSON.parse(text.toString());
      // It says only that the connection lives.
      if (message.type === "Ping") {
        raw.#pinged();
        return;
      }
      const waiting = raw.#waiting.shift();
      if (waiting) waiting.resolve(message);
      else raw.#messages.push(message);
    });
    const opened = new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    await soon(opened, "the socket to open");
    socket.on("error", () => {});
    return raw;
  }

  send(message) {
    this.#socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  connect(changes = {}) {
    this.send({
      type: "Connect", sessionId: randomUUID(), connectionCount: 0, lastCloseReason: "InitialConnect",
      clientTs: Date.now(), ...changes,
    });
  }

  /** Adds queries, given as `[queryId, udfPath, args, journal]`, and removes those of these ids. */
  modify(baseVersion, added = [], removed = []) {
    this.send({
      type: "ModifyQuerySet", baseVersion, newVersion: baseVersion + 1,
      modifications: [
        ...added.map(([queryId, udfPath, args = {}, journal]) => ({ type: "Add", queryId, udfPath, args: [args], journal })),
        ...removed.map((queryId) => ({ type: "Remove", queryId })),
      ],
    });
  }

  mutate(requestId, udfPath, args = {}) {
    this.send({ type: "Mutation", requestId, udfPath, args: [args] });
  }

  authenticate(baseVersion, tokenType, value) {
    this.send({ type: "Authenticate", baseVersion, tokenType, ...(value !== undefined && { value }) });
  }

  /** The next message, whose type has to be this one. */
  async next(type) {
    const message = this.#messages.shift() ?? (await this.#wait(type));
    if (message.type !== type) throw new Error(`expected ${type}, got ${JSON.stringify(message)}`);
    return message;
  }

  #wait(type) {
    if (this.#isClosed) throw new Error(`the socket is closed, and ${type} did not come`);
    return soon(new Promise((resolve, reject) => this.#waiting.push({ resolve, reject })), type);
  }

  /** All transitions until one whose end satisfies `isEnough`. */
  async transitionsUntil(isEnough) {
    const transitions = [];
    do transitions.push(await this.next("Transition"));
    while (!isEnough(transitions.at(-1)));
    return transitions;
  }

  close() {
    this.#socket.close();
  }
}

/** The commit timestamp in its wire form as a number that compares. */
export function timestamp(wire) {
  return Buffer.from(wire, "base64").readBigUInt64LE();
}

/** What a subscription shows, from the first value on. */
export class Subscription {
  #seen = [];
  #waiting = [];
  unsubscribe;

  constructor(client, query, args) {
    this.unsubscribe = client.onUpdate(query, args, (value) => this.#take({ value }), (error) => this.#take({ error }));
  }

  #take(update) {
    this.#seen.push(update);
    this.#waiting = this.#waiting.filter(({ accepts, resolve }) => !accepts(update) || resolve(update));
  }

  #until(accepts, what) {
    const seen = this.#seen.find(accepts);
    if (seen) return seen;
    return soon(new Promise((resolve) => this.#waiting.push({ accepts, resolve })), what);
  }

  /** The first value, now or later, that satisfies `accepts`. */
  async value(accepts = () => true) {
    const update = await this.#until((update) => "value" in update && accepts(update.value), `a value with ${accepts}`);
    return update.value;
  }

  async error() {
    return (await this.#until((update) => "error" in update, "an error")).error;
  }

  /** Forgets what was shown so far. */
  forget() {
    this.#seen = [];
  }
}
