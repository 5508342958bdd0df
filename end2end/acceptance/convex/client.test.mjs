// The official client of npm, over its socket: subscriptions, mutations, actions, pages and errors.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";
import { Deployment, Subscription, poll, soon } from "./harness.mjs";

let deployment, client;

before(async () => {
  deployment = await Deployment.start();
  client = deployment.client();
});

after(() => deployment?.stop());

test("a subscription shows what a mutation wrote, to everybody", async () => {
  const other = deployment.client();
  const subscriptions = [client, other].map((each) => new Subscription(each, api.messages.list, { author: "ada" }));
  for (const subscription of subscriptions) assert.deepEqual(await subscription.value(), []);
  const id = await client.mutation(api.messages.send, { author: "ada", body: "hello" });
  for (const subscription of subscriptions) {
    const [message] = await subscription.value((messages) => messages.length === 1);
    assert.equal(message._id, id);
    assert.equal(message.body, "hello");
    assert.equal(typeof message._creationTime, "number");
  }
});

test("whoever awaits a mutation reads what it wrote", async () => {
  const subscription = new Subscription(client, api.counters.get, { name: "own" });
  await subscription.value();
  for (let expected = 1; expected <= 5; expected += 1) {
    assert.equal(await client.mutation(api.counters.increment, { name: "own" }), expected);
    assert.equal(subscription.unsubscribe.getCurrentValue(), expected);
  }
});

test("mutations run in the order of their calls", async () => {
  const calls = Array.from({ length: 20 }, () => client.mutation(api.counters.increment, { name: "order" }));
  assert.deepEqual(await Promise.all(calls), Array.from({ length: 20 }, (_, at) => at + 1));
});

test("two queries always agree", async () => {
  const name = "agreement";
  const doubled = client.onUpdate(api.counters.getDoubled, { name }, () => {});
  const pairs = [];
  const single = new Subscription(client, api.counters.get, { name });
  client.onUpdate(api.counters.get, { name }, (value) => pairs.push([value, doubled.getCurrentValue()]));
  await Promise.all([single.value(), poll(() => doubled.getCurrentValue() === 0, "the second query")]);
  pairs.length = 0;
  await Promise.all(Array.from({ length: 10 }, () => client.mutation(api.counters.increment, { name })));
  await single.value((value) => value === 10);
  assert.ok(pairs.length > 0);
  for (const [value, twice] of pairs) assert.equal(twice, 2 * value);
});

test("an optimistic update shows at once and gives way to the truth", async () => {
  const query = api.counters.get;
  const subscription = new Subscription(client, query, { name: "hope" });
  await subscription.value();
  const done = client.mutation(api.counters.increment, { name: "hope" }, {
    optimisticUpdate: (store) => store.setQuery(query, { name: "hope" }, 100),
  });
  assert.equal(subscription.unsubscribe.getCurrentValue(), 100);
  await done;
  assert.equal(subscription.unsubscribe.getCurrentValue(), 1);
});

test("an action calls mutations and queries", async () => {
  assert.deepEqual(await client.action(api.actions.incrementTwice, { name: "action" }), [1, 2, 2]);
});

test("actions run side by side", async () => {
  const finished = [];
  const slow = client.action(api.actions.wait, { milliseconds: 1000 }).then(() => finished.push("slow"));
  await client.action(api.actions.wait, { milliseconds: 0 }).then(() => finished.push("fast"));
  await slow;
  assert.deepEqual(finished, ["fast", "slow"]);
});

test("a scheduled function runs once", async () => {
  const name = "scheduled";
  const subscription = new Subscription(client, api.counters.get, { name });
  const job = await client.mutation(api.counters.incrementLater, { name });
  assert.equal(typeof job, "string");
  assert.equal(await subscription.value((value) => value > 0), 1);
});

test("pages load one after another and grow where something is inserted", async () => {
  const from = 10_000;
  const send = (rank) => client.mutation(api.messages.send, { author: "pages", body: String(rank), rank: from + rank });
  for (let rank = 0; rank < 10; rank += 2) await send(rank);
  const seen = [];
  const pages = client.onPaginatedUpdate_experimental(api.messages.page, { from }, { initialNumItems: 2 }, (result) =>
    seen.push(result),
  );
  const shown = (count) =>
    poll(() => {
      const current = pages.getCurrentValue();
      return current?.results.length === count && current;
    }, `${count} results; the last of ${seen.length} updates: ${JSON.stringify(seen.at(-1))}`);
  const first = await shown(2);
  assert.equal(first.status, "CanLoadMore");
  first.loadMore(2);
  const second = await shown(4);
  assert.deepEqual(second.results.map(({ body }) => body), ["0", "2", "4", "6"]);
  // Between the two documents of the first page, which keeps its end.
  await send(1);
  const grown = await shown(5);
  assert.deepEqual(grown.results.map(({ body }) => body), ["0", "1", "2", "4", "6"]);
  grown.loadMore(10);
  const all = await poll(() => {
    const current = pages.getCurrentValue();
    return current?.status === "Exhausted" && current;
  }, "the last page");
  assert.deepEqual(all.results.map(({ body }) => body), ["0", "1", "2", "4", "6", "8"]);
  pages.unsubscribe();
});

test("data of a ConvexError arrives from queries, mutations and actions", async () => {
  for (const data of [{ code: "forbidden", message: "no" }, "text", null, 7n]) {
    const subscription = new Subscription(client, api.errors.withData, { data });
    for (const error of [
      await subscription.error(),
      await failure(client.query(api.errors.withData, { data })),
      await failure(client.mutation(api.counters.incrementAndFail, { name: "failed", data })),
      await failure(client.action(api.actions.fail, { data })),
    ]) {
      assert.ok(error instanceof ConvexError, String(error));
      assert.deepEqual(error.data, data);
    }
    subscription.unsubscribe();
  }
});

test("a plain error has its text and no data", async () => {
  const error = await failure(client.query(api.errors.plain, {}));
  assert.ok(!(error instanceof ConvexError));
  assert.match(error.message, /\[CONVEX Q\(errors:plain\)\]/);
  assert.match(error.message, /\[Request ID: [0-9a-f]{16}\] Server Error\nUncaught Error: plain on purpose/);
  assert.match(error.message, /\.\.\/convex\/errors\.ts:\d+:\d+/);
});

test("nothing of a failed mutation stays", async () => {
  const name = "rolled back";
  const error = await failure(client.mutation(api.counters.incrementAndFail, { name }));
  assert.match(error.message, /failed on purpose/);
  assert.equal(await client.query(api.counters.get, { name }), 0);
});

test("arguments and results are checked, and internal functions are not there", async () => {
  assert.match((await failure(client.query(api.counters.get, {}))).message, /ArgumentValidationError/);
  assert.match((await failure(client.query(api.counters.get, { name: "a", more: 1 }))).message, /ArgumentValidationError/);
  assert.match((await failure(client.query(api.errors.wrongReturn, {}))).message, /ReturnsValidationError/);
  for (const missing of [api.counters.incrementInternally, api.counters.nowhere, api.nowhere.get]) {
    const error = await failure(client.mutation(missing, { name: "a" }));
    assert.match(error.message, /Could not find public function for/);
  }
  const kind = await failure(client.mutation(api.counters.get, { name: "a" }));
  assert.match(kind.message, /Mutation/);
  assert.match(kind.message, /Query/);
});

test("values come back as they were", async () => {
  const value = {
    int: 2n ** 62n, negative: -1n, float: 0.1, zero: -0, infinite: -Infinity, text: "ä\u0000😀", flag: false, nothing: null,
    bytes: new Uint8Array([0, 255, 1]).buffer, nested: [[], {}, [{ deep: [1n] }]],
  };
  const found = await client.query(api.values.echo, { value });
  assert.deepEqual(found, value);
  assert.ok(Object.is(found.zero, -0));
  assert.ok(Number.isNaN(await client.query(api.values.echo, { value: NaN })));
});

test("a large result arrives whole", async () => {
  // More than the five million bytes above which the transition comes in pieces.
  const subscription = new Subscription(client, api.values.large, { pieces: 60 });
  const pieces = await soon(subscription.value(), "the large value", 60_000);
  assert.deepEqual(pieces, Array.from({ length: 60 }, (_, at) => `${at}: `.padEnd(100_000, "ä")));
  subscription.unsubscribe();
});

/** The error of a call, which has to fail. */
async function failure(call) {
  try {
    await call;
  } catch (error) {
    return error;
  }
  return assert.fail("the call did not fail");
}
