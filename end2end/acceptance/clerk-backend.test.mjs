// The official @clerk/backend judges the local instance: what it signed in, Clerk's own server SDK has to accept.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { verifyToken } from "@clerk/backend";
import { startInstance } from "./instance.mjs";

let origin, keys, clerk, stop;

before(async () => {
  ({ origin, keys, clerk, stop } = await startInstance());
});

after(() => stop?.());

test("a request that the local instance signed in is signed in, and the keys come from its Backend API", async () => {
  const browser = await signedInBrowser();
  const state = await authenticate(browser);
  assert.equal(state.status, "signed-in", `${state.reason} ${state.message}`);
  assert.equal(state.toAuth().userId, browser.userId);
  const claims = await verifyToken(browser.cookies.get("__session"), {
    secretKey: keys.CLERK_SECRET_KEY,
    apiUrl: keys.CLERK_API_URL,
  });
  assert.equal(claims.sub, browser.userId);
  assert.equal(claims.aud, "convex");
});

test("a document without a session token takes one handshake and ends signed in", async () => {
  const browser = await signedInBrowser();
  browser.set("__session", null);
  const first = await authenticate(browser);
  assert.equal(first.status, "handshake");
  assert.equal(first.reason, "client-uat-but-no-session-token");
  const answer = await browser.fetch(first.headers.get("location"));
  assert.equal(answer.status, 307);
  const second = await authenticate(browser, answer.headers.get("location"));
  browser.take(second.headers);
  const third = await authenticate(browser);
  assert.equal(third.status, "signed-in", `${third.reason} ${third.message}`);
});

test("garbage and nothing are signed out", async () => {
  const nobody = new Browser();
  const state = await authenticate(nobody, undefined, { accept: "application/json" });
  assert.equal(state.status, "signed-out");
  const browser = await signedInBrowser();
  browser.set("__session", "garbage");
  const garbage = await authenticate(browser, undefined, { accept: "application/json" });
  assert.equal(garbage.status, "signed-out");
});

test("the Backend API serves users, sessions, organizations and template tokens", async () => {
  const browser = await signedInBrowser();
  const user = await clerk.users.getUser(browser.userId);
  assert.equal(user.primaryEmailAddress.emailAddress, "admin+clerk_test@example.com");
  const made = await clerk.users.createUser({ emailAddress: ["made+clerk_test@example.com"], password: "made by a server 1" });
  const changed = await clerk.users.updateUserMetadata(made.id, { publicMetadata: { color: "green" } });
  assert.deepEqual(changed.publicMetadata, { color: "green" });
  const token = await clerk.sessions.getToken(browser.sessionId, "convex");
  assert.equal(JSON.parse(Buffer.from(token.jwt.split(".")[1], "base64url")).aud, "convex");
  const { data: organizations } = await clerk.organizations.getOrganizationList();
  assert.equal(organizations.length, 1);
  await clerk.sessions.revokeSession(browser.sessionId);
  assert.equal((await clerk.sessions.getSession(browser.sessionId)).status, "revoked");
  await assert.rejects(clerk.users.getUser("user_nobody"), { status: 404 });
});

/** As much of a browser as the Frontend API needs. */
class Browser {
  cookies = new Map();

  take(headers) {
    for (const line of headers.getSetCookie()) {
      const [pair] = line.split(";");
      const [name, value] = pair.split(/=(.*)/s);
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  /** Writes a cookie as ClerkJS does: plain, and with the suffix that tells instances on one host apart. */
  set(name, value) {
    const suffix = createHash("sha1").update(keys.CLERK_PUBLISHABLE_KEY).digest("base64url").slice(0, 8);
    for (const full of [name, `${name}_${suffix}`]) {
      if (value === null) this.cookies.delete(full);
      else this.cookies.set(full, value);
    }
  }

  get cookieHeader() {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  async fetch(url, init = {}) {
    const headers = { origin, cookie: this.cookieHeader, ...init.headers };
    const answer = await fetch(url, { redirect: "manual", ...init, headers });
    this.take(answer.headers);
    return answer;
  }

  async call(path, form) {
    const url = new URL(`${origin}/__clerk/v1${path}`);
    url.searchParams.set("__clerk_db_jwt", this.cookies.get("__clerk_db_jwt") ?? "");
    const answer = await this.fetch(url, { method: "POST", body: new URLSearchParams(form) });
    assert.equal(answer.status, 200, `${path} answered ${answer.status}`);
    return answer.json();
  }
}

async function signedInBrowser() {
  const browser = new Browser();
  browser.set("__clerk_db_jwt", (await browser.call("/dev_browser", {})).id);
  const { response, client } = await browser.call("/client/sign_ins", {
    identifier: "admin+clerk_test@example.com",
    password: "local-admin-password",
  });
  assert.equal(response.status, "complete");
  browser.sessionId = response.created_session_id;
  browser.userId = client.sessions[0].user.id;
  const { jwt } = await browser.call(`/client/sessions/${browser.sessionId}/tokens`, {});
  browser.set("__session", jwt);
  browser.set("__client_uat", String(Math.floor(client.updated_at / 1000)));
  return browser;
}

function authenticate(browser, url = `${origin}/dashboard`, headers = { accept: "text/html", "sec-fetch-dest": "document" }) {
  const request = new Request(url, { headers: { ...headers, cookie: browser.cookieHeader } });
  return clerk.authenticateRequest(request, { proxyUrl: keys.CLERK_PROXY_URL });
}
