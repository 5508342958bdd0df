// The sync protocol message by message, for what no well-behaved client does.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, afterEach, before, test } from "node:test";
import { Deployment, Issuer, ZERO, soon, timestamp } from "./harness.mjs";

let deployment, issuer;
const sockets = [];

before(async () => {
  issuer = await Issuer.start();
  deployment = await Deployment.start({ issuer });
});

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

after(async () => {
  await deployment?.stop();
  issuer?.close();
});

async function open(path) {
  const socket = await deployment.socket(path);
  sockets.push(socket);
  return socket;
}

/** A socket with an empty query set that was acknowledged. */
async function opened(changes) {
  const socket = await open();
  socket.connect(changes);
  socket.modify(0);
  await socket.next("Transition");
  return socket;
}

function closed(socket) {
  return soon(socket.closed, "the socket to close");
}

test("the first answer is a transition from nothing, even to an empty query set", async () => {
  const socket = await open();
  socket.connect();
  socket.modify(0);
  const { startVersion, endVersion, modifications } = await socket.next("Transition");
  assert.deepEqual(startVersion, { querySet: 0, identity: 0, ts: ZERO });
  assert.equal(endVersion.querySet, 1);
  assert.equal(endVersion.identity, 0);
  assert.deepEqual(modifications, []);
});

test("any version in the path is served, and none", async () => {
  for (const path of ["/api/sync", "/api/1.0.0/sync", "/api/99.1.2-beta.3/sync"]) {
    const socket = await open(path);
    socket.connect();
    socket.modify(0, [[0, "counters:get", { name: "path" }]]);
    const [update] = (await socket.next("Transition")).modifications;
    assert.equal(update.type, "QueryUpdated", path);
  }
});

test("versions follow one another without a gap", async () => {
  const socket = await opened();
  socket.modify(1, [[0, "counters:get", { name: "gap" }]]);
  let last = (await socket.next("Transition")).endVersion;
  for (let request = 0; request < 5; request += 1) {
    socket.mutate(request, "counters:increment", { name: "gap" });
    await socket.next("MutationResponse");
    const { startVersion, endVersion } = await socket.next("Transition");
    assert.deepEqual(startVersion, last);
    assert.ok(timestamp(endVersion.ts) > timestamp(startVersion.ts));
    last = endVersion;
  }
});

test("two queries of one message arrive in one transition", async () => {
  const socket = await opened();
  socket.modify(1, [
    [0, "counters:get", { name: "pair" }],
    [1, "counters:get", { name: "pair" }],
  ]);
  const { modifications } = await socket.next("Transition");
  assert.deepEqual(modifications.map(({ queryId }) => queryId).sort(), [0, 1]);
});

test("names of functions are read tolerantly", async () => {
  const socket = await opened();
  socket.modify(1, [[0, "counters.js:get", { name: "tolerant" }]]);
  const [update] = (await socket.next("Transition")).modifications;
  assert.equal(update.type, "QueryUpdated");
  assert.equal(update.value, 0);
});

test("a wrong base version is fatal", async () => {
  const socket = await opened();
  socket.modify(5);
  assert.match((await socket.next("FatalError")).error, /BaseVersionMismatch/);
  await closed(socket);
  const other = await opened();
  other.authenticate(3, "None");
  assert.match((await other.next("FatalError")).error, /BaseVersionMismatch/);
  await closed(other);
});

test("adding and removing in one message removes", async () => {
  const socket = await opened();
  socket.modify(1, [[0, "counters:get", { name: "both" }]], [0]);
  const { modifications } = await socket.next("Transition");
  assert.deepEqual(modifications, [{ type: "QueryRemoved", queryId: 0 }]);
});

test("a removed query is acknowledged and silent from then on", async () => {
  const socket = await opened();
  socket.modify(1, [[0, "counters:get", { name: "removed" }]]);
  await socket.next("Transition");
  socket.modify(2, [], [0]);
  assert.deepEqual((await socket.next("Transition")).modifications, [{ type: "QueryRemoved", queryId: 0 }]);
  socket.mutate(0, "counters:increment", { name: "removed" });
  await socket.next("MutationResponse");
  assert.deepEqual((await socket.next("Transition")).modifications, []);
});

test("removing what is not there, or adding twice, closes", async () => {
  const removing = await opened();
  removing.modify(1, [], [7]);
  assert.equal((await closed(removing)).code, 1011);
  const adding = await opened();
  adding.modify(1, [[0, "counters:get", { name: "twice" }]]);
  await adding.next("Transition");
  adding.modify(2, [[0, "counters:get", { name: "twice" }]]);
  assert.equal((await closed(adding)).code, 1011);
});

test("Connect may be missing", async () => {
  const socket = await open();
  socket.modify(0, [[0, "counters:get", { name: "unconnected" }]]);
  assert.equal((await socket.next("Transition")).modifications[0].value, 0);
  socket.mutate(0, "counters:increment", { name: "unconnected" });
  assert.equal((await socket.next("MutationResponse")).result, 1);
});

test("a client that has seen the future is refused", async () => {
  const ahead = Buffer.alloc(8);
  ahead.writeBigUInt64LE(2n ** 63n);
  const socket = await open();
  socket.connect({ maxObservedTimestamp: ahead.toString("base64") });
  socket.modify(0);
  assert.equal((await closed(socket)).code, 1011);
});

test("what the deployment has said before is no future", async () => {
  const first = await open();
  first.connect();
  first.modify(0);
  const { endVersion } = await first.next("Transition");
  const second = await opened({ maxObservedTimestamp: endVersion.ts, connectionCount: 1, lastCloseReason: null });
  second.modify(1);
  assert.ok(timestamp((await second.next("Transition")).endVersion.ts) >= timestamp(endVersion.ts));
});

test("unknown fields and events are ignored, null is as good as absent", async () => {
  const socket = await open();
  socket.connect({ maxObservedTimestamp: null, lastCloseReason: null, unknown: { a: [1] } });
  socket.send({ type: "Event", eventType: "NobodyKnows", event: [null, { odd: true }] });
  socket.send({
    type: "ModifyQuerySet", baseVersion: 0, newVersion: 1, more: 1,
    modifications: [
      { type: "Add", queryId: 0, udfPath: "counters:get", args: [{ name: "odd" }], journal: null, componentPath: null, more: 1 },
    ],
  });
  assert.equal((await socket.next("Transition")).modifications[0].type, "QueryUpdated");
});

test("what is no message closes", async () => {
  for (const text of ["not JSON", "{}", '{"type":"Nonsense"}', "[]", '{"type":"Mutation"}']) {
    const socket = await open();
    socket.connect();
    socket.send(text);
    await closed(socket);
  }
});

test("a mutation is answered before the transition that shows it", async () => {
  const socket = await opened();
  socket.modify(1, [[0, "counters:get", { name: "order" }]]);
  await socket.next("Transition");
  socket.mutate(0, "counters:increment", { name: "order" });
  const answer = await socket.next("MutationResponse");
  assert.equal(answer.success, true);
  assert.equal(answer.requestId, 0);
  assert.equal(answer.result, 1);
  assert.ok(Array.isArray(answer.logLines));
  const { endVersion, modifications } = await socket.next("Transition");
  assert.ok(timestamp(endVersion.ts) >= timestamp(answer.ts));
  assert.deepEqual(modifications.map(({ queryId, value }) => [queryId, value]), [[0, 1]]);
});

test("a transition follows a mutation that failed or did nothing, and changes nothing", async () => {
  const socket = await opened();
  socket.modify(1, [[0, "counters:get", { name: "unchanged" }]]);
  await socket.next("Transition");
  socket.mutate(0, "counters:incrementAndFail", { name: "unchanged" });
  const failed = await socket.next("MutationResponse");
  assert.equal(failed.success, false);
  assert.equal(failed.ts ?? null, null);
  assert.ok(!("errorData" in failed), "a plain error has no data, not even null");
  assert.match(failed.result, /failed on purpose/);
  assert.deepEqual((await socket.next("Transition")).modifications, []);
  socket.mutate(1, "counters:nothing");
  assert.equal((await socket.next("MutationResponse")).success, true);
  assert.deepEqual((await socket.next("Transition")).modifications, []);
  socket.send({ type: "Action", requestId: 2, udfPath: "actions:wait", args: [{ milliseconds: 0 }] });
  const action = await socket.next("ActionResponse");
  assert.equal(action.success, true);
  assert.ok(!("ts" in action));
  assert.deepEqual((await socket.next("Transition")).modifications, []);
});

test("error data is there when it is null, and absent when there is none", async () => {
  const socket = await opened();
  socket.modify(1, [
    [0, "errors:withData", { data: null }],
    [1, "errors:plain"],
  ]);
  const { modifications } = await socket.next("Transition");
  const [withData, plain] = [0, 1].map((id) => modifications.find(({ queryId }) => queryId === id));
  assert.equal(withData.type, "QueryFailed");
  assert.equal(withData.errorData, null);
  assert.equal(plain.type, "QueryFailed");
  assert.ok(!("errorData" in plain));
});

test("a result that did not change is not sent again", async () => {
  const socket = await opened();
  socket.modify(1, [
    [0, "messages:list", { author: "nobody here" }],
    [1, "messages:page", { from: 70_000, paginationOpts: { numItems: 5, cursor: null } }],
  ]);
  await socket.next("Transition");
  socket.mutate(0, "messages:send", { author: "somebody", body: "elsewhere", rank: 90_000 });
  await socket.next("MutationResponse");
  assert.deepEqual((await socket.next("Transition")).modifications, []);
});

test("a mutation that was sent before is not executed again", async () => {
  const sessionId = randomUUID();
  const answers = [];
  for (const connectionCount of [0, 1, 2]) {
    const socket = await opened({ sessionId, connectionCount });
    socket.mutate(4, "counters:increment", { name: "again" });
    answers.push(await socket.next("MutationResponse"));
    const { endVersion } = await socket.next("Transition");
    assert.ok(timestamp(endVersion.ts) >= timestamp(answers[0].ts), "it resolves at the client");
  }
  assert.deepEqual(answers.map(({ result, ts }) => [result, ts]), Array(3).fill([1, answers[0].ts]));
  const other = await opened();
  other.mutate(4, "counters:increment", { name: "again" });
  assert.equal((await other.next("MutationResponse")).result, 2, "another session's request is another");
});

test("mutations are answered in their order, each once", async () => {
  const socket = await open();
  socket.connect();
  for (let request = 0; request < 10; request += 1) socket.mutate(request, "counters:increment", { name: "row" });
  socket.modify(0);
  const answers = [];
  while (answers.length < 10) {
    const message = await socket.next("MutationResponse").catch((error) => {
      if (/"type":"Transition"/.test(error.message)) return null;
      throw error;
    });
    if (message) answers.push([message.requestId, message.result]);
  }
  assert.deepEqual(answers, Array.from({ length: 10 }, (_, at) => [at, at + 1]));
});

test("a journal keeps the end of a page", async () => {
  const from = 30_000;
  const args = { from, paginationOpts: { numItems: 2, cursor: null } };
  const setup = await opened();
  const send = async (socket, request, rank) => {
    socket.mutate(request, "messages:send", { author: "journal", body: String(rank), rank: from + rank });
    await socket.next("MutationResponse");
    return socket.next("Transition");
  };
  for (const [request, rank] of [1, 3, 5].entries()) await send(setup, request, rank);
  setup.modify(1, [[0, "messages:page", args]]);
  const [first] = (await setup.next("Transition")).modifications;
  assert.deepEqual(first.value.page.map(({ body }) => body), ["1", "3"]);
  assert.equal(typeof first.journal, "string");
  const [rerun] = (await send(setup, 3, 2)).modifications;
  assert.deepEqual(rerun.value.page.map(({ body }) => body), ["1", "2", "3"], "a re-run keeps it");
  const elsewhere = await opened();
  elsewhere.modify(1, [[0, "messages:page", args, first.journal]]);
  const [restored] = (await elsewhere.next("Transition")).modifications;
  assert.deepEqual(restored.value.page.map(({ body }) => body), ["1", "2", "3"], "another connection does, too");
  assert.equal(restored.value.continueCursor, first.value.continueCursor);
});

test("an accepted token raises the identity version", async () => {
  const socket = await open();
  socket.connect();
  socket.authenticate(0, "User", issuer.token("user_1"));
  socket.modify(0, [[0, "whoami:get"]]);
  const transitions = await socket.transitionsUntil(
    ({ endVersion }) => endVersion.identity === 1 && endVersion.querySet === 1,
  );
  const update = transitions.flatMap(({ modifications }) => modifications).at(-1);
  assert.equal(update.value.subject, "user_1");
  socket.authenticate(1, "None");
  const { endVersion, modifications } = await socket.next("Transition");
  assert.equal(endVersion.identity, 2);
  assert.deepEqual(modifications.map(({ value }) => value), [null]);
});

test("a token for the same person changes no result", async () => {
  const socket = await opened();
  socket.authenticate(0, "User", issuer.token("user_1"));
  await socket.next("Transition");
  socket.modify(1, [[0, "whoami:get"]]);
  await socket.next("Transition");
  socket.authenticate(1, "User", issuer.token("user_1"));
  const { endVersion, modifications } = await socket.next("Transition");
  assert.equal(endVersion.identity, 2);
  assert.deepEqual(modifications, []);
});

test("a refused token is an AuthError of an attempt, and closes without a code", async () => {
  for (const [tokenType, value] of [
    ["User", issuer.token("user_1", { aud: "other" })],
    ["User", issuer.token("user_1", { exp: 1 })],
    ["User", "garbage"],
    ["Admin", "wrong"],
  ]) {
    const socket = await opened();
    socket.authenticate(0, tokenType, value);
    const error = await socket.next("AuthError");
    assert.equal(error.authUpdateAttempted, true);
    assert.equal(error.baseVersion, 0);
    assert.equal(typeof error.error, "string");
    assert.ok(!error.error.includes(value), "the token is not repeated");
    assert.deepEqual(await closed(socket), { code: 1005, reason: "" });
  }
});

test("an identity that expires is an AuthError at the next work, and not before", async () => {
  const socket = await opened();
  const now = Math.floor(Date.now() / 1000);
  socket.authenticate(0, "User", issuer.token("brief", { exp: now + 2 }));
  assert.equal((await socket.next("Transition")).endVersion.identity, 1);
  await new Promise((resolve) => setTimeout(resolve, (now + 2) * 1000 - Date.now() + 100));
  socket.mutate(0, "counters:increment", { name: "expired" });
  const error = await socket.next("AuthError");
  assert.equal(error.authUpdateAttempted, false);
  assert.equal(error.baseVersion, 1);
  assert.deepEqual(await closed(socket), { code: 1005, reason: "" });
});

test("the admin key opens internal functions, and acts as people", async () => {
  const socket = await opened();
  socket.authenticate(0, "Admin", deployment.adminKey);
  assert.equal((await socket.next("Transition")).endVersion.identity, 1);
  socket.mutate(0, "counters:incrementInternally", { name: "socket admin" });
  assert.equal((await socket.next("MutationResponse")).result, 1);
  await socket.next("Transition");
  for (const [baseVersion, field] of [[1, "impersonating"], [2, "acting_as"]]) {
    socket.send({
      type: "Authenticate", baseVersion, tokenType: "Admin", value: deployment.adminKey,
      [field]: { issuer: "https://a.example", subject: field },
    });
    await socket.next("Transition");
    socket.mutate(baseVersion, "whoami:inMutation");
    assert.equal((await socket.next("MutationResponse")).result, field);
    await socket.next("Transition");
  }
});

test("a silent connection is kept alive", async () => {
  const socket = await opened();
  // After 15 s; the official client gives a connection up that says nothing for 30.
  await socket.pinged;
  socket.modify(1);
  await socket.next("Transition");
});
