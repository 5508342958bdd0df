// The first load: what is in the HTML, what hydration does to it, and what goes over the wire.

import { message, messages, send, settled } from "../support/chat.js";
import { signIn, type Person } from "../support/person.js";
import { expect, test } from "../support/test.js";
import type { Page } from "@playwright/test";

/** The types of the messages that the page sends to the deployment, as they are sent. */
function framesSent(page: Page): string[] {
  const frames: string[] = [];
  page.on("websocket", (socket) => {
    socket.on("framesent", (frame) => frames.push(JSON.parse(String(frame.payload)).type));
  });
  return frames;
}

/** Reloads the dashboard, and counts what it says until it is live. */
async function expectOneOfEach(page: Page, person: Person, text: string): Promise<void> {
  const frames = framesSent(page);
  await page.reload();
  await settled(page, text);
  // Who is here comes from a query of its own, so by now every query has been answered.
  await expect(page.getByTestId("here")).toContainText(person.name);
  await expect(page.locator(".cl-userButtonTrigger")).toBeVisible();
  const count = (type: string) => frames.filter((frame) => frame === type).length;
  expect([count("Connect"), count("Authenticate"), count("ModifyQuerySet")]).toEqual([1, 1, 1]);
}

test("one Connect, one Authenticate, one ModifyQuerySet", async ({ page, person }) => {
  await signIn(page, person);
  const text = `counted ${person.lastName}`;
  await send(page, text);
  await settled(page, text);
  await expectOneOfEach(page, person, text);
});

test("nothing begins before the code of the page is there, and then all at once", async ({ page, person }) => {
  await page.clock.install();
  await signIn(page, person);
  const text = `late ${person.lastName}`;
  await send(page, text);
  await settled(page, text);
  let go = () => {};
  const gone = new Promise<void>((resolve) => (go = resolve));
  const loaded: string[] = [];
  page.on("request", (request) => loaded.push(request.url()));
  // The code waits until the header, which needs none of it, has been there for a while.
  await page.route(/split_dashboard_page/, async (route) => {
    await gone;
    await route.continue();
  });
  const reloaded = expectOneOfEach(page, person, text);
  await expect.poll(() => loaded.some((url) => /split_dashboard_page/.test(url))).toBe(true);
  await expect(page.getByTestId("name")).toHaveText(person.name);
  // Longer than the pause after which ClerkJS is loaded at the latest.
  await page.clock.runFor("00:05");
  expect(loaded.filter((url) => /clerk\.browser|\/sync/.test(url))).toEqual([]);
  expect(await page.evaluate(() => document.activeElement === document.body)).toBe(true);
  go();
  await reloaded;
});

test("the first HTML has the messages, and taking over changes none of them", async ({ page, person }) => {
  await signIn(page, person);
  const text = `remembered ${person.lastName}`;
  await send(page, text);
  await settled(page, text);
  const html = await (await page.request.get("/dashboard", { headers: { accept: "text/html" } })).text();
  expect(html).toContain(text);
  expect(html, "nothing is left out and put into its place later").not.toContain("<template");
  await page.addInitScript(() => {
    // Counts what happens to the list from the first byte on, before any script of the page runs.
    const seen = { removed: 0, texts: 0 };
    (window as unknown as { seen: typeof seen }).seen = seen;
    new MutationObserver((records) => {
      for (const record of records) {
        const target = record.target as Element;
        if (!document.body?.hasAttribute("data-hydrated")) continue;
        if (target.nodeName === "OL") seen.removed += record.removedNodes.length;
        if (record.type === "characterData" && target.parentElement?.closest("ol")) seen.texts += 1;
      }
    }).observe(document, { childList: true, subtree: true, characterData: true });
  });
  await page.reload();
  await expect(message(page, text)).toBeVisible();
  await settled(page, text);
  await expect(page.getByTestId("here")).toContainText(person.name);
  const seen = await page.evaluate(() => (window as unknown as { seen: { removed: number; texts: number } }).seen);
  expect(seen).toEqual({ removed: 0, texts: 0 });
});

test("a page that is signed out sends no Authenticate", async ({ page }) => {
  const frames = framesSent(page);
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  expect(frames.filter((type) => type === "Authenticate")).toEqual([]);
  await expect(messages(page)).toHaveCount(0);
});
