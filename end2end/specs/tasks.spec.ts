// Sessions with something left to do before they count.

import { createHmac } from "node:crypto";
import { askServer, fillSignIn } from "../support/person.js";
import { compromisePassword, withBackend, withServer } from "../support/server.js";
import { expect, test } from "../support/test.js";

test("where everybody works for an organization, one is chosen before anything else opens", async ({ browser }) => {
  await withServer(browser, { LOCAL_CLERK_FORCE_ORGANIZATION: "true" }, async (page, person) => {
    await page.goto("/sign-in");
    await fillSignIn(page, person.email, person.password);
    await expect(page).toHaveURL(/\/tasks\/choose-organization/);
    // Nothing is open yet, on the server either.
    const refused = await page.request.get("/dashboard", { maxRedirects: 0, headers: { accept: "text/html" } });
    expect(refused.status()).toBe(307);
    expect(refused.headers().location).toMatch(/\/sign-in\/tasks/);
    expect((await page.request.post("/api/who_am_i")).status()).toBe(401);

    await page.getByRole("textbox", { name: "Name" }).fill("First Works");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page).toHaveURL(/\/dashboard$/);
    await askServer(page);
    await expect(page.getByTestId("server-answer")).toContainText("for first-works");
  });
});

test("where a second factor is asked of everybody, it is set up before anything else opens", async ({ browser }) => {
  await withServer(browser, { LOCAL_CLERK_REQUIRE_SECOND_FACTOR: "true" }, async (page, person) => {
    await page.goto("/sign-in");
    await fillSignIn(page, person.email, person.password);
    await expect(page).toHaveURL(/\/tasks\/setup-mfa/);
    await page.getByRole("button", { name: "Can't scan QR code?" }).click();
    const secret = await page.locator("input[readonly]").first().inputValue();
    await page.getByRole("button", { name: "Continue" }).click();
    await page.locator("input[name=codeInput-0], input[inputmode=numeric]").first().pressSequentially(oneTimePassword(secret));
    await page.getByRole("button", { name: /Continue|Finish|Done/ }).click();
    await expect(page).toHaveURL(/\/dashboard$/);
    await askServer(page);
  });
});

test("a password that somebody else knows is replaced before anything else opens", async ({ browser }) => {
  await withBackend(browser, async (page, person, backend) => {
    await compromisePassword(backend, person);
    await page.goto("/sign-in");
    await fillSignIn(page, person.email, person.password);
    await expect(page).toHaveURL(/\/tasks\/reset-password/);
    expect((await page.request.post("/api/who_am_i")).status()).toBe(401);
    const fresh = `${person.password} anew`;
    await page.locator("input[name=newPassword]").fill(fresh);
    await page.locator("input[name=confirmPassword]").fill(fresh);
    await page.getByRole("button", { name: /Reset Password|Continue/ }).click();
    await expect(page).toHaveURL(/\/dashboard$/);
    await askServer(page);
  });
});

/** What an authenticator application shows for this secret now (RFC 6238). */
function oneTimePassword(secret: string): string {
  const bits = [...secret.replaceAll(/[^A-Z2-7]/g, "")]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const digest = createHmac("sha1", key).update(counter).digest();
  const value = digest.readUInt32BE(digest[19]! & 15) & 0x7fffffff;
  return String(value % 1_000_000).padStart(6, "0");
}
