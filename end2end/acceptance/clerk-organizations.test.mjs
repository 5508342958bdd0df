// What an organization grants, as the official server SDK and the application's Convex functions see it.

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { ConvexHttpClient } from "convex/browser";
import { anyApi } from "convex/server";
import { freePort, startInstance } from "./instance.mjs";

const ADMIN = ["admin+clerk_test@example.com", "local-admin-password"];
const MEMBER = ["member+clerk_test@example.com", "local-member-password"];
let origin, convexUrl, keys, clerk, organization, stop;

before(async () => {
  const convexPort = await freePort();
  convexUrl = `http://127.0.0.1:${convexPort}`;
  ({ origin, keys, clerk, stop } = await startInstance({
    // A test that takes long on a busy machine does not outlive its tokens.
    LOCAL_CLERK_SESSION_TOKEN_SECONDS: "600",
    LOCAL_CONVEX_PORT: String(convexPort),
  }));
  organization = (await clerk.organizations.getOrganizationList()).data[0];
});

after(() => stop?.());

test("the server SDK reads permission, feature and plan of the seeded organization from the token", async () => {
  const auth = await authorize(await token(ADMIN, organization.id));
  assert.equal(auth.orgRole, "org:admin");
  assert.deepEqual(auth.orgPermissions, ["org:messages:moderate"]);
  for (const granted of [{ permission: "org:messages:moderate" }, { feature: "audit_log" }, { plan: "team" }]) {
    assert.equal(auth.has(granted), true, JSON.stringify(granted));
  }
  for (const refused of [{ permission: "org:messages:read" }, { feature: "exports" }, { plan: "pro" }]) {
    assert.equal(auth.has(refused), false, JSON.stringify(refused));
  }
  const personal = await authorize(await token(ADMIN, ""));
  assert.equal(personal.has({ plan: "free_user" }), true);
  assert.equal(personal.has({ feature: "audit_log" }), false);
});

test("a person joins with the invitation of a server and has the features, not the permission", async () => {
  const invitation = await clerk.organizations.createOrganizationInvitation({
    organizationId: organization.id,
    emailAddress: MEMBER[0],
    role: "org:member",
  });
  const ticket = new URL(invitation.url).searchParams.get("ticket");
  const jwt = await token({ strategy: "ticket", ticket }, organization.id);
  const auth = await authorize(jwt);
  assert.equal(auth.orgRole, "org:member");
  assert.equal(auth.has({ feature: "audit_log" }), true);
  assert.equal(auth.has({ permission: "org:messages:moderate" }), false);
});

test("administrators of the active organization moderate, and nobody else does", async () => {
  const admin = convex(await token(ADMIN, organization.id));
  const personal = convex(await token(ADMIN, ""));
  await personal.mutation(anyApi.users.store, {});
  const name = `moderated ${randomUUID().slice(0, 8)}`;
  const channelId = await personal.mutation(anyApi.channels.create, { name });
  for (let index = 0; index < 3; index += 1) {
    await personal.mutation(anyApi.messages.send, { channelId, body: `message ${index}` });
  }
  for (const refused of [personal, convex(await token(MEMBER, ""))]) {
    await assert.rejects(refused.query(anyApi.admin.overview, {}), refusal("forbidden"));
    await assert.rejects(refused.mutation(anyApi.admin.clearChannel, { channelId }), refusal("forbidden"));
  }
  const nobody = new ConvexHttpClient(convexUrl);
  await assert.rejects(nobody.query(anyApi.admin.overview, {}), refusal("unauthenticated"));

  const row = async () => (await admin.query(anyApi.admin.overview, {})).find((row) => row.channelId === channelId);
  const before = await row();
  assert.equal(before.messages, 3);
  assert.equal(before.hasMore, false);
  assert.equal(typeof before.latestAt, "number");
  assert.deepEqual(await admin.mutation(anyApi.admin.clearChannel, { channelId }), { removed: 3, isDone: true });
  assert.deepEqual(await row(), { channelId, name, messages: 0, hasMore: false, latestAt: null });
});

test("a channel of many messages is cleared in the background", async () => {
  const admin = convex(await token(ADMIN, organization.id));
  const channelId = await admin.mutation(anyApi.channels.create, { name: `busy ${randomUUID().slice(0, 8)}` });
  for (let index = 0; index < 130; index += 1) {
    await admin.mutation(anyApi.messages.send, { channelId, body: `message ${index}` });
  }
  const row = async () => (await admin.query(anyApi.admin.overview, {})).find((row) => row.channelId === channelId);
  assert.deepEqual(((found) => [found.messages, found.hasMore])(await row()), [100, true]);
  assert.deepEqual(await admin.mutation(anyApi.admin.clearChannel, { channelId }), { removed: 100, isDone: false });
  const end = Date.now() + 15_000;
  while ((await row()).messages > 0) assert.ok(Date.now() < end, "the rest is removed by itself");
});

/** What the functions of the application refuse with. */
const refusal = (code) => (error) => error.data?.code === code;

function convex(jwt) {
  const client = new ConvexHttpClient(convexUrl, { logger: false });
  client.setAuth(jwt);
  return client;
}

/** The token of a new browser's session that acts in an organization, or in none. */
async function token(credentials, organizationId) {
  const [identifier, password] = Array.isArray(credentials) ? credentials : [];
  const form = Array.isArray(credentials) ? { identifier, password } : credentials;
  const cookies = [];
  const call = async (path, body) => {
    const headers = { origin, cookie: cookies.join("; ") };
    const answer = await fetch(`${origin}/__clerk/v1${path}`, { method: "POST", headers, body: new URLSearchParams(body) });
    for (const line of answer.headers.getSetCookie()) cookies.push(line.split(";")[0]);
    assert.equal(answer.status, 200, `${path} answered ${answer.status}: ${await answer.clone().text()}`);
    return answer.json();
  };
  const { id: devBrowser } = await call("/dev_browser", {});
  const query = `?__clerk_db_jwt=${devBrowser}`;
  const { response } = await call(`/client/sign_ins${query}`, form);
  assert.equal(response.status, "complete");
  const session = response.created_session_id;
  await call(`/client/sessions/${session}/touch${query}`, { active_organization_id: organizationId });
  return (await call(`/client/sessions/${session}/tokens${query}`, {})).jwt;
}

/** What the server SDK makes of a request with this token. */
async function authorize(jwt) {
  const suffix = createHash("sha1").update(keys.CLERK_PUBLISHABLE_KEY).digest("base64url").slice(0, 8);
  const cookie = [`__session_${suffix}=${jwt}`, `__client_uat_${suffix}=1`, `__clerk_db_jwt_${suffix}=dvb_1`].join("; ");
  const request = new Request(`${origin}/dashboard`, { headers: { accept: "text/html", cookie } });
  const state = await clerk.authenticateRequest(request, { proxyUrl: keys.CLERK_PROXY_URL });
  assert.equal(state.status, "signed-in", `${state.reason} ${state.message}`);
  return state.toAuth();
}
