// The page sleeps until its token has long expired, and wakes.

import { message, newChannel, send, settled } from "../support/chat.js";
import { createPerson, signIn } from "../support/person.js";
import { startServer } from "../support/server.js";
import { expect, test } from "../support/test.js";

const TOKEN_SECONDS = 12;

test("a page that slept through its token's end goes on where it was", async ({ browser }) => {
  const server = await startServer({
    LOCAL_CLERK_SESSION_TOKEN_SECONDS: String(TOKEN_SECONDS),
    CONVEX_URL: "",
  });
  const context = await browser.newContext({ baseURL: server.baseURL });
  try {
    const page = await context.newPage();
    const person = await createPerson(server.baseURL);
    await signIn(page, person);
    await newChannel(page, "asleep");
    await send(page, "before");
    await settled(page, "before");
    await page.getByLabel("Message", { exact: true }).fill("half a sentence");
    await page.evaluate(() => {
      const seen = { gone: 0 };
      (window as unknown as { seen: typeof seen }).seen = seen;
      new MutationObserver(() => {
        if (!document.querySelector("[data-testid=messages]")) seen.gone += 1;
      }).observe(document.body, { childList: true, subtree: true });
    });
    const devtools = await context.newCDPSession(page);
    await devtools.send("Page.setWebLifecycleState", { state: "frozen" });
    const asleep = Date.now();
    await expect
      .poll(() => Date.now() - asleep, { timeout: 60_000, intervals: [1_000] })
      .toBeGreaterThan(TOKEN_SECONDS * 1_500);
    await devtools.send("Page.setWebLifecycleState", { state: "active" });
    await expect(page.getByLabel("Message", { exact: true })).toHaveValue("half a sentence");
    await page.getByRole("button", { name: "Send" }).click();
    await settled(page, "half a sentence");
    await expect(message(page, "before")).toBeVisible();
    expect(await page.evaluate(() => (window as unknown as { seen: { gone: number } }).seen.gone)).toBe(0);
  } finally {
    await context.close();
    await server.stop();
  }
});
