// Signing in, refreshing, being refused and signing out, with the official client's own state machine.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { anyApi as api } from "convex/server";
import { Deployment, Issuer, Subscription, poll, soon } from "./harness.mjs";

let deployment, issuer;

before(async () => {
  issuer = await Issuer.start();
  deployment = await Deployment.start({ issuer });
});

after(async () => {
  await deployment?.stop();
  issuer?.close();
});

/** Signs a client in with tokens from `fetchToken`, and records what it is told. */
function signIn(client, fetchToken) {
  const changes = [];
  const fetches = [];
  const waiting = [];
  const fetcher = (options) => {
    fetches.push(options.forceRefreshToken);
    return Promise.resolve(fetchToken(options));
  };
  client.setAuth(fetcher, (isAuthenticated) => {
    changes.push(isAuthenticated);
    for (const notify of waiting.splice(0)) notify();
  });
  const changed = async (to) => {
    while (changes.at(-1) !== to) {
      await soon(new Promise((resolve) => waiting.push(resolve)), `being told ${to}, was told ${changes}`);
    }
  };
  return { changes, fetches, changed };
}

test("an accepted token is confirmed, refreshed, and seen by every kind of function", async () => {
  const client = deployment.client();
  const auth = signIn(client, () => issuer.token("user_1", { name: "Ada" }));
  const subscription = new Subscription(client, api.whoami.get, {});
  await auth.changed(true);
  const identity = await subscription.value((identity) => identity !== null);
  assert.equal(identity.tokenIdentifier, `${issuer.origin}|user_1`);
  assert.equal(identity.name, "Ada");
  assert.equal(await client.mutation(api.whoami.inMutation, {}), "user_1");
  assert.deepEqual(await client.action(api.whoami.inAction, {}), ["user_1", "user_1"]);
  await poll(() => auth.fetches.length >= 2, "a fresh token");
  assert.deepEqual(auth.fetches.slice(0, 2), [false, true]);
  assert.ok(!auth.changes.includes(false));
});

test("a query that runs before the token is there is not run without it", async () => {
  const client = deployment.client();
  let give;
  const token = new Promise((resolve) => (give = resolve));
  signIn(client, () => token);
  const subscription = new Subscription(client, api.whoami.get, {});
  give(issuer.token("late"));
  assert.equal((await subscription.value()).subject, "late");
});

test("a refused token leaves the client signed out, and its queries go on", async () => {
  const client = deployment.client();
  const token = issuer.token("user_1", { aud: "someone else's" });
  const auth = signIn(client, () => token);
  await auth.changed(false);
  assert.ok(!auth.changes.includes(true));
  assert.equal(await client.query(api.whoami.get, {}), null);
});

test("a client that never has a good token gives up", async () => {
  const client = deployment.client();
  const auth = signIn(client, () => issuer.token("user_1", { iss: "https://elsewhere.example" }));
  await auth.changed(false);
  assert.ok(!auth.changes.includes(true));
  assert.ok(auth.fetches.length >= 2, `fetched ${auth.fetches.length} times`);
});

test("an expired token is replaced by a fresh one", async () => {
  const client = deployment.client();
  const past = Math.floor(Date.now() / 1000) - 100;
  const auth = signIn(client, ({ forceRefreshToken }) =>
    forceRefreshToken ? issuer.token("fresh") : issuer.token("stale", { iat: past - 60, exp: past }),
  );
  const subscription = new Subscription(client, api.whoami.get, {});
  await auth.changed(true);
  assert.equal((await subscription.value((identity) => identity !== null)).subject, "fresh");
});

test("an identity that expires in the middle is renewed by the next piece of work", async () => {
  const client = deployment.client();
  let tokens = 0;
  const auth = signIn(client, () => {
    tokens += 1;
    const now = Math.floor(Date.now() / 1000);
    // Too short for the client to renew by itself: the deployment has to say it.
    return tokens <= 2 ? issuer.token("brief", { iat: now - 1, exp: now + 1 }) : issuer.token("long");
  });
  await auth.changed(true);
  const identity = await poll(async () => {
    const subject = await client.mutation(api.whoami.inMutation, {});
    return subject === "long" && subject;
  }, "the renewed identity");
  assert.equal(identity, "long");
  assert.equal(auth.changes.at(-1), true);
});

test("a key that the issuer has just begun to use is accepted", async () => {
  const client = deployment.client();
  await signIn(client, () => issuer.token("before")).changed(true);
  issuer.rotate();
  await signIn(client, () => issuer.token("after")).changed(true);
  assert.equal((await client.query(api.whoami.get, {})).subject, "after");
});

test("another person's token shows their data", async () => {
  const client = deployment.client();
  const subscription = new Subscription(client, api.whoami.get, {});
  for (const subject of ["first", "second"]) {
    await signIn(client, () => issuer.token(subject)).changed(true);
    assert.equal((await subscription.value((identity) => identity?.subject === subject)).subject, subject);
  }
});

test("after sign-out nobody is there", async () => {
  const client = deployment.client();
  const subscription = new Subscription(client, api.whoami.get, {});
  await signIn(client, () => issuer.token("user_1")).changed(true);
  await subscription.value((identity) => identity !== null);
  subscription.forget();
  client.client.clearAuth();
  assert.equal(await subscription.value((identity) => identity === null), null);
  assert.equal(await client.mutation(api.whoami.inMutation, {}), null);
});

test("a client without a token is told so, and works", async () => {
  const client = deployment.client();
  const auth = signIn(client, () => null);
  await auth.changed(false);
  assert.equal(await client.query(api.whoami.get, {}), null);
});

test("with expectAuth, nothing is asked until there is a token", async () => {
  const client = deployment.client({ expectAuth: true });
  const subscription = new Subscription(client, api.whoami.get, {});
  // The socket opens while the client is paused: this client then never sends Connect.
  await poll(() => client.connectionState().isWebSocketConnected, "the socket");
  await signIn(client, () => issuer.token("expected")).changed(true);
  assert.equal((await subscription.value()).subject, "expected");
});
