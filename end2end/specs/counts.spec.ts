// Things that must not happen, counted.

import type { Page } from "@playwright/test";
import { messages, newChannel, send } from "../support/chat.js";
import { clerkReady, rotateToken } from "../support/clerk.js";
import { layoutShifts, watchLayout } from "../support/layout.js";
import { signIn } from "../support/person.js";
import { withServer } from "../support/server.js";
import { expect, test } from "../support/test.js";

declare global {
  interface Window {
    changes: string[];
  }
}

// On a server of its own: other tests' channels would be changes too.
test("ten new tokens change nothing on the page", async ({ browser }) => {
  await withServer(browser, {}, async (page, person) => {
    const frames: string[] = [];
    page.on("websocket", (socket) => socket.on("framesent", (frame) => frames.push(JSON.parse(String(frame.payload)).type)));
    await signIn(page, person);
    await newChannel(page, "quiet");
    await send(page, "hello");
    await expect(messages(page).getByRole("button", { name: "Edit" })).toBeVisible();
    await expect(page.getByTestId("here")).toContainText("Grace");
    await clerkReady(page);
    const before = frames.filter((type) => type === "Authenticate").length;
    await page.evaluate(() => {
      window.changes = [];
      new MutationObserver((records) => {
        for (const { type, target, attributeName } of records) {
          const element = target instanceof Element ? target : target.parentElement;
          // What is inside of Clerk's own components is Clerk's.
          if (!element?.closest(".clerk-component-node, [class*=cl-]")) {
            window.changes.push(`${type} ${attributeName ?? ""} of ${element?.outerHTML.slice(0, 80)}`);
          }
        }
      }).observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
    });
    for (let rotation = 0; rotation < 10; rotation += 1) await rotateToken(page);
    await send(page, "still here");
    await expect(messages(page).getByRole("button", { name: "Edit" })).toHaveCount(2);
    const changes = await page.evaluate(() => window.changes);
    // The message that was sent is the sign that the observer works.
    expect(changes.some((change) => change.includes("messages"))).toBe(true);
    expect(changes.filter((change) => !/messages|message|composer/.test(change))).toEqual([]);
    expect(frames.filter((type) => type === "Authenticate").length - before).toBeLessThanOrEqual(10);
  });
});

test("a page tells the deployment once who is there, and asks once", async ({ page, person }) => {
  await signIn(page, person);
  const frames: string[] = [];
  page.on("websocket", (socket) => socket.on("framesent", (frame) => frames.push(JSON.parse(String(frame.payload)).type)));
  await page.reload();
  await clerkReady(page);
  await expect(page.getByTestId("here")).toContainText(person.name);
  expect(frames.filter((type) => type === "Connect")).toHaveLength(1);
  expect(frames.filter((type) => type === "Authenticate")).toHaveLength(1);
});

// On a server of its own, for the same reason.
test("nothing on a page moves while it is loaded", async ({ browser }) => {
  await withServer(browser, {}, async (page, person) => {
    await watchLayout(page);
    const shifts = async (path: string, settled: () => Promise<void>) => {
      await page.goto(path);
      await settled();
      await page.waitForLoadState("networkidle");
      expect.soft(await layoutShifts(page), path).toEqual([]);
    };
    await shifts("/", async () => {});
    await shifts("/sign-in", () => expect(page.locator("input[name=identifier]")).toBeVisible());
    await signIn(page, person);
    await send(page, "hello");
    await expect(messages(page).getByRole("button", { name: "Edit" })).toBeVisible();
    await shifts("/", () => clerkReady(page));
    await shifts("/dashboard", async () => {
      await clerkReady(page);
      await expect(page.getByTestId("here")).toContainText(person.name);
    });
    await shifts("/organization", () => clerkReady(page));
    await shifts("/profile", () => expect(page.locator(".cl-userProfile-root")).toBeVisible());
  });
});
