// The official HTTP client, calls made by hand, and HTTP actions.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";
import { Deployment, Issuer } from "./harness.mjs";

let deployment, issuer, http;

before(async () => {
  issuer = await Issuer.start();
  deployment = await Deployment.start({ issuer });
  http = deployment.http();
});

after(async () => {
  await deployment?.stop();
  issuer?.close();
});

test("queries, mutations and actions", async () => {
  const name = "http";
  assert.equal(await http.query(api.counters.get, { name }), 0);
  assert.equal(await http.mutation(api.counters.increment, { name }), 1);
  assert.deepEqual(await http.action(api.actions.incrementTwice, { name }), [2, 3, 3]);
  assert.equal(await http.query(api.counters.get, { name }), 3);
  assert.equal(await deployment.client().query(api.counters.get, { name }), 3, "the socket says the same");
});

test("consistent queries stay at their time", async () => {
  const name = "consistent";
  assert.equal(await http.consistentQuery(api.counters.get, { name }), 0);
  await deployment.http().mutation(api.counters.increment, { name });
  assert.equal(await http.consistentQuery(api.counters.get, { name }), 0);
  assert.equal(await http.query(api.counters.get, { name }), 1);
});

test("errors have their data and text", async () => {
  const data = { code: "forbidden", items: [1n] };
  await assert.rejects(http.query(api.errors.withData, { data }), (error) => {
    assert.ok(error instanceof ConvexError);
    assert.deepEqual(error.data, data);
    return true;
  });
  await assert.rejects(http.query(api.errors.plain, {}), /plain on purpose/);
  await assert.rejects(http.query(api.nowhere.get, {}), /Could not find public function for/);
});

test("identities arrive in queries, mutations and actions", async () => {
  const person = deployment.http();
  person.setAuth(issuer.token("user_1", { name: "Ada", org_role: "org:admin", email_verified: true }));
  const identity = await person.query(api.whoami.get, {});
  assert.deepEqual(identity, {
    tokenIdentifier: `${issuer.origin}|user_1`, issuer: issuer.origin, subject: "user_1",
    name: "Ada", emailVerified: true, org_role: "org:admin",
  });
  assert.equal(await person.mutation(api.whoami.inMutation, {}), "user_1");
  assert.deepEqual(await person.action(api.whoami.inAction, {}), ["user_1", "user_1"]);
  person.clearAuth();
  assert.equal(await person.query(api.whoami.get, {}), null);
});

test("tokens of the custom provider count too", async () => {
  const person = deployment.http();
  person.setAuth(issuer.customToken("user_2", { properties: { plan: "free" } }));
  const identity = await person.query(api.whoami.get, {});
  assert.equal(identity.tokenIdentifier, `${issuer.origin}/custom|user_2`);
  assert.equal(identity["properties.plan"], "free");
});

test("bad tokens are refused by name", async () => {
  const now = Math.floor(Date.now() / 1000);
  for (const [token, code] of [
    ["garbage", "InvalidAuthHeader"],
    [issuer.token("user_1", { aud: "other" }), "NoAuthProvider"],
    [issuer.token("user_1", { iss: "https://elsewhere.example" }), "NoAuthProvider"],
    [issuer.token("user_1", { exp: now - 10 }), "Unauthenticated"],
    [`${issuer.token("user_1").slice(0, -8)}AAAAAAAA`, "Unauthenticated"],
  ]) {
    const { status, body } = await deployment.call("query", "whoami:get", {}, { authorization: `Bearer ${token}` });
    assert.equal(status, 401, code);
    assert.equal(body.code, code);
    assert.equal(typeof body.message, "string");
  }
  const basic = await deployment.call("query", "whoami:get", {}, { authorization: "Basic YTpi" });
  assert.equal(basic.status, 401);
  assert.equal(basic.body.code, "InvalidAuthHeader");
});

test("the admin key calls internal functions and acts as people", async () => {
  const admin = deployment.http();
  admin.setAdminAuth(deployment.adminKey);
  assert.equal(await admin.mutation(api.counters.incrementInternally, { name: "admin" }), 1);
  admin.setAdminAuth(deployment.adminKey, { issuer: "https://a.example", subject: "ö", name: "Somebody" });
  const identity = await admin.query(api.whoami.get, {});
  assert.equal(identity.tokenIdentifier, "https://a.example|ö");
  assert.equal(identity.name, "Somebody");
  const { status } = await deployment.call("query", "whoami:get", {}, { authorization: "Convex wrong" });
  assert.equal(status, 401);
});

test("malformed calls are refused with a code", async () => {
  const post = (body) =>
    fetch(`${deployment.url}/api/query`, { method: "POST", headers: { "content-type": "application/json" }, body });
  for (const body of ["{", "{}", JSON.stringify({ path: "whoami:get", args: {}, format: "odd" })]) {
    const answer = await post(body);
    assert.equal(answer.status, 400, body);
    assert.equal(typeof (await answer.json()).code, "string");
  }
  assert.equal((await fetch(`${deployment.url}/api/nowhere`, { method: "POST" })).status, 404);
});

test("hand-made calls take plain arguments and answer in clean JSON", async () => {
  const headers = { "content-type": "application/json" };
  const body = (json) => ({ method: "POST", headers, body: JSON.stringify(json) });
  const query = await fetch(`${deployment.url}/api/query`, body({ path: "counters:get", args: { name: "clean" } }));
  assert.deepEqual((await query.json()).value, 0);
  const run = await fetch(`${deployment.url}/api/run/counters/increment`, body({ args: { name: "clean" } }));
  assert.equal((await run.json()).value, 1);
  const got = await fetch(
    `${deployment.url}/api/query?path=counters:get&args=${encodeURIComponent('{"name":"clean"}')}&format=json`,
  );
  assert.equal((await got.json()).value, 1);
});

test("HTTP actions are served on their own origin", async () => {
  const echo = await fetch(`${deployment.siteUrl}/echo/a/b?q=a%20b`, { method: "POST", body: "the body" });
  assert.equal(echo.status, 201);
  assert.equal(await echo.text(), "the body");
  assert.equal(echo.headers.get("x-path"), "/echo/a/b");
  assert.equal(echo.headers.get("x-query"), "a b");
  const whoami = (authorization) => fetch(`${deployment.siteUrl}/whoami`, { headers: authorization ? { authorization } : {} });
  assert.equal(await (await whoami(`Bearer ${issuer.token("user_1")}`)).json(), "user_1");
  // Webhooks carry tokens of others: the action runs, for nobody.
  assert.equal(await (await whoami("Bearer garbage")).json(), null);
  assert.equal(await (await whoami()).json(), null);
  assert.equal((await fetch(`${deployment.siteUrl}/nowhere`)).status, 404);
  assert.equal((await fetch(`${deployment.siteUrl}/whoami`, { method: "HEAD" })).status, 200);
});

test("browsers of other origins may call", async () => {
  const answer = await fetch(`${deployment.url}/api/query`, {
    method: "OPTIONS",
    headers: {
      origin: "http://localhost:3000",
      "access-control-request-method": "POST",
      "access-control-request-headers": "content-type,authorization,convex-client",
    },
  });
  assert.ok(answer.ok);
  assert.equal(answer.headers.get("access-control-allow-origin"), "http://localhost:3000");
  assert.match(answer.headers.get("access-control-allow-headers") ?? "", /convex-client/i);
});
