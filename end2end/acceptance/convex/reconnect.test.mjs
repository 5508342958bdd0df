// Lost connections and lost servers: nothing is lost, and nothing happens twice.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { anyApi as api } from "convex/server";
import { CuttableProxy, Deployment, Issuer, Subscription, poll, soon } from "./harness.mjs";

let deployment, issuer;
const proxies = [];

before(async () => {
  issuer = await Issuer.start();
  deployment = await Deployment.start({ issuer, persistent: true });
});

afterEach(() => {
  for (const proxy of proxies.splice(0)) proxy.close();
});

after(async () => {
  await deployment?.stop();
  issuer?.close();
});

/** A connected client whose connection can be cut. */
async function behindProxy() {
  const proxy = await CuttableProxy.start(deployment.url);
  proxies.push(proxy);
  const client = deployment.client({}, proxy.url);
  await client.query(api.counters.get, { name: "warm-up" });
  return { proxy, client };
}

test("a mutation whose answer was lost is executed once", async () => {
  const { proxy, client } = await behindProxy();
  const name = "once";
  proxy.silenceServer();
  const answer = client.mutation(api.counters.increment, { name });
  const http = deployment.http();
  await poll(async () => (await http.query(api.counters.get, { name })) === 1, "the mutation to be executed");
  proxy.cut();
  assert.equal(await soon(answer, "the answer after the reconnect", 30_000), 1);
  assert.equal(await http.query(api.counters.get, { name }), 1);
  assert.ok(client.connectionState().connectionCount >= 2);
});

test("a mutation that never arrived is executed after the reconnect", async () => {
  const { proxy, client } = await behindProxy();
  proxy.cut();
  const answers = [1, 2, 3].map(() => client.mutation(api.counters.increment, { name: "queued" }));
  assert.deepEqual(await soon(Promise.all(answers), "the answers", 30_000), [1, 2, 3]);
});

test("an action whose answer was lost fails and is not repeated", async () => {
  const { proxy, client } = await behindProxy();
  const name = "action in flight";
  proxy.silenceServer();
  const answer = client.action(api.actions.incrementTwice, { name });
  const refused = assert.rejects(answer, /Connection lost while action was in flight/);
  const http = deployment.http();
  await poll(async () => (await http.query(api.counters.get, { name })) === 2, "the action to be executed");
  proxy.cut();
  await refused;
  assert.equal(await http.query(api.counters.get, { name }), 2);
});

test("subscriptions and the identity come back after a lost connection", async () => {
  const { proxy, client } = await behindProxy();
  let isAuthenticated;
  client.setAuth(async () => issuer.token("user_1"), (is) => (isAuthenticated = is));
  await poll(() => isAuthenticated === true, "the confirmation");
  const name = "subscribed";
  const counter = new Subscription(client, api.counters.get, { name });
  assert.equal(await counter.value(), 0);
  proxy.cut();
  await deployment.http().mutation(api.counters.increment, { name });
  assert.equal(await counter.value((value) => value === 1), 1);
  assert.equal((await client.query(api.whoami.get, {})).subject, "user_1");
});

test("a page keeps its end over a lost connection", async () => {
  const { proxy, client } = await behindProxy();
  const from = 50_000;
  const http = deployment.http();
  const send = (rank) => http.mutation(api.messages.send, { author: "pages", body: String(rank), rank: from + rank });
  for (const rank of [0, 2, 4]) await send(rank);
  const pages = client.onPaginatedUpdate_experimental(api.messages.page, { from }, { initialNumItems: 2 }, () => {});
  const bodies = () => pages.getCurrentValue()?.results.map(({ body }) => body).join();
  await poll(() => bodies() === "0,2", "the first page");
  proxy.cut();
  await send(1);
  await poll(() => bodies() === "0,1,2", "the same page with what was inserted");
});

test("a server that was killed and started again goes on where it was", async () => {
  const client = deployment.client();
  const name = "survivor";
  const counter = new Subscription(client, api.counters.get, { name });
  const id = await client.mutation(api.messages.send, { author: "survivor", body: "kept" });
  assert.equal(await client.mutation(api.counters.increment, { name }), 1);
  await deployment.kill();
  const queued = client.mutation(api.counters.increment, { name });
  await deployment.restart();
  assert.equal(await soon(queued, "the mutation made while nobody listened", 60_000), 2);
  assert.equal(await counter.value((value) => value === 2), 2);
  const [message] = await client.query(api.messages.list, { author: "survivor" });
  assert.equal(message._id, id);
});

test("what was answered is there after a kill, every time", async () => {
  const name = "durable";
  for (let round = 1; round <= 3; round += 1) {
    assert.equal(await deployment.http().mutation(api.counters.increment, { name }), round);
    await deployment.kill();
    await deployment.restart();
    assert.equal(await deployment.http().query(api.counters.get, { name }), round);
  }
});

test("a resent mutation is known after a restart", async () => {
  const sessionId = "5a6dbe28-5d2c-4a2c-9f0e-2a2d6f1b7a10";
  const name = "resent";
  const answers = [];
  for (const connectionCount of [0, 1]) {
    const socket = await deployment.socket();
    socket.connect({ sessionId, connectionCount });
    socket.mutate(0, "counters:increment", { name });
    answers.push(await socket.next("MutationResponse"));
    socket.close();
    await deployment.kill();
    await deployment.restart();
  }
  assert.equal(answers[0].result, 1);
  assert.equal(answers[1].result, 1);
  assert.equal(answers[1].ts, answers[0].ts);
  assert.equal(await deployment.http().query(api.counters.get, { name }), 1);
});

test("a scheduled function that was due during an outage runs afterwards", async () => {
  const name = "scheduled over an outage";
  const http = deployment.http();
  await http.mutation(api.counters.incrementLater, { name });
  await deployment.kill();
  await deployment.restart();
  await poll(async () => (await deployment.http().query(api.counters.get, { name })) === 1, "the scheduled function");
});
