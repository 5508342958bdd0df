// Away from the network, or from the screen, for a while: nobody is signed out, and nothing that was typed is lost.

import { composer, messages, newChannel, send } from "../support/chat.js";
import { clerkReady } from "../support/clerk.js";
import { askServer, signIn } from "../support/person.js";
import { expect, test } from "../support/test.js";

const STALE = "you are not signed out";

test.describe("offline", () => {
  test.use({ expectedConsoleErrors: [/ERR_INTERNET_DISCONNECTED|Failed to fetch|network/i] });

  test("for minutes, and back", async ({ context, page, person }) => {
    await page.clock.install();
    await signIn(page, person);
    await newChannel(page, `away ${person.lastName.slice(-8)}`);
    await send(page, "before");
    await clerkReady(page);
    await composer(page).fill("half a thought");
    await context.setOffline(true);
    await page.clock.fastForward("03:00");
    await expect(page.getByText(STALE)).toBeVisible();
    await expect(page.getByTestId("name")).toHaveText(person.name);
    await expect(messages(page)).toContainText("before");
    await expect(composer(page)).toHaveValue("half a thought");

    await context.setOffline(false);
    await page.clock.runFor("00:30");
    await expect(page.getByText(STALE)).toBeHidden();
    await page.getByRole("button", { name: "Send" }).click();
    await expect(messages(page)).toContainText("half a thought");
    await expect(page.getByRole("listitem").filter({ hasText: "half a thought" }).getByRole("button", { name: "Edit" })).toBeVisible();
    await askServer(page);
  });
});

test.describe("a page whose code does not come", () => {
  test.use({ expectedConsoleErrors: [/split_organization_page|ERR_FAILED|Failed to fetch/] });

  test("says so, and can be tried again", async ({ page, person }) => {
    await signIn(page, person);
    await page.route(/split_organization_page/, (route) => route.abort());
    await page.getByRole("link", { name: "Organization" }).click();
    const notLoaded = page.getByRole("heading", { name: "This page could not be loaded." });
    await expect(notLoaded).toBeFocused();
    await page.getByRole("link", { name: "Dashboard" }).click();
    await askServer(page);
    await page.getByRole("link", { name: "Organization" }).click();
    await expect(notLoaded).toBeFocused();
    await page.unroute(/split_organization_page/);
    await page.getByRole("link", { name: "Try again" }).click();
    await expect(page).toHaveURL(/\/organization$/);
    await expect(page.getByRole("heading", { name: "Your organizations" })).toBeVisible();
  });
});

test("a tab that slept for an hour wakes up signed in", async ({ page, person }) => {
  await page.clock.install();
  await signIn(page, person);
  await newChannel(page, `asleep ${person.lastName.slice(-8)}`);
  await clerkReady(page);
  await composer(page).fill("to be continued");
  await page.clock.fastForward("01:00:00");
  await page.clock.runFor("00:30");
  await expect(page.getByTestId("name")).toHaveText(person.name);
  await expect(page.getByText(STALE)).toBeHidden();
  await expect(composer(page)).toHaveValue("to be continued");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(messages(page).getByRole("listitem").filter({ hasText: "to be continued" }).getByRole("button", { name: "Edit" })).toBeVisible();
  await askServer(page);
});
