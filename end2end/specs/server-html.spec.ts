import { expect, test } from "../support/test.js";
import { askServer, signIn } from "../support/person.js";
import { withServer } from "../support/server.js";

const asDocument = { maxRedirects: 0, headers: { accept: "text/html" } };

test("a reload keeps the session, and the server's HTML already has the signed-in view", async ({ page, person }) => {
  await signIn(page, person);
  const response = await page.request.get("/dashboard", asDocument);
  expect(response.status()).toBe(200);
  expect(response.headers()["cache-control"]).toContain("no-store");
  const html = await response.text();
  expect(html).toContain(person.name);
  expect(html).toContain(person.email);
  expect(html).not.toContain("eyJ");

  await page.reload();
  await expect(page.getByTestId("name")).toHaveText(person.name);
  await askServer(page);
});

test("hydration changes nothing of what the server rendered", async ({ page, person }) => {
  await signIn(page, person);
  await page.addInitScript(() => {
    const seen: string[] = [];
    Object.assign(window, { seenNames: seen });
    new MutationObserver(() => {
      const name = document.querySelector("[data-testid=name]")?.textContent;
      if (name && seen.at(-1) !== name) seen.push(name);
      if (document.querySelector("a[href^='/sign-in']")) seen.push("signed-out view");
    }).observe(document, { childList: true, subtree: true, characterData: true });
  });
  await page.reload();
  await askServer(page);
  await expect(page.locator(".cl-userButtonTrigger")).toBeVisible();
  expect(await page.evaluate(() => (window as unknown as { seenNames: string[] }).seenNames)).toEqual([person.name]);
});

test("garbage in the session cookie is answered like no cookie, and never with an error", async ({ context, page, baseURL }) => {
  for (const value of ["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "%00%ff", "x".repeat(3000)]) {
    await context.clearCookies();
    await context.addCookies([
      { name: "__session", value, url: baseURL! },
      { name: "__client_uat", value: "1700000000", url: baseURL! },
    ]);
    await page.goto("/dashboard");
    await expect(page).toHaveURL(/\/sign-in/);
    const data = await page.request.get("/api/example");
    expect(data.status()).toBe(401);
  }
});

test("data routes answer 401 and the user's id", async ({ page, person }) => {
  expect((await page.request.get("/api/example")).status()).toBe(401);
  await signIn(page, person);
  const answer = await page.request.get("/api/example");
  expect(answer.status()).toBe(200);
  expect((await answer.json()).user_id).toMatch(/^user_/);
});

test("a session token that has expired at page load still ends signed in, without a signed-out view", async ({ browser }) => {
  await withServer(browser, { LOCAL_CLERK_SESSION_TOKEN_SECONDS: "2" }, async (first, person) => {
    const context = first.context();
    await signIn(first, person);
    await first.close();
    // With no page open nothing renews the token. Servers grant five seconds beyond its end for clocks that differ.
    const token = (await context.cookies()).find((cookie) => cookie.name === "__session")!.value;
    const expiry = JSON.parse(Buffer.from(token.split(".")[1]!, "base64url").toString()).exp as number;
    await expect.poll(() => Date.now() / 1000, { timeout: 30_000 }).toBeGreaterThan(expiry + 5);

    const page = await context.newPage();
    const documents: string[] = [];
    page.on("response", async (response) => {
      if (response.request().isNavigationRequest() && response.status() === 200) documents.push(await response.text());
    });
    await page.goto("/dashboard");
    await expect(page).toHaveURL(/\/dashboard$/);
    await expect(page.getByTestId("name")).toHaveText(person.name);
    expect(documents).toHaveLength(1);
    expect(documents[0]).toContain(person.name);
    await askServer(page);
  });
});

test("a server function checks for itself: a visitor gets 401", async ({ page, person }) => {
  expect((await page.request.post("/api/who_am_i")).status()).toBe(401);
  await signIn(page, person);
  expect((await page.request.post("/api/who_am_i")).status()).toBe(200);
});
