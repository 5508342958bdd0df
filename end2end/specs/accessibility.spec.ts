// Nothing for axe to find on any page, in light and in dark; and the focus is where one goes on.

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { clerkReady, createOrganization } from "../support/clerk.js";
import { signIn } from "../support/person.js";
import { expect, test } from "../support/test.js";

async function expectNothingFound(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary}`),
  );
  expect.soft(found, new URL(page.url()).pathname).toEqual([]);
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("the pages for everybody", async ({ page }) => {
      await page.goto("/");
      await expectNothingFound(page);
      await page.goto("/sign-in");
      await expect(page.locator("input[name=identifier]")).toBeVisible();
      await expectNothingFound(page);
      await page.goto("/sign-up");
      await expect(page.locator("input[name=emailAddress]")).toBeVisible();
      await expectNothingFound(page);
    });

    test("the pages for those who have signed in", async ({ page, person }) => {
      test.slow();
      await signIn(page, person);
      await page.getByLabel("New channel").fill(`axe ${person.lastName.slice(-8)}`);
      await page.getByRole("button", { name: "Add" }).click();
      await page.getByLabel("Message", { exact: true }).fill("for axe to read");
      await page.getByRole("button", { name: "Send" }).click();
      await expect(page.getByRole("button", { name: "Edit" })).toBeVisible();
      await clerkReady(page);
      await expectNothingFound(page);
      await page.goto("/profile");
      await expect(page.locator(".cl-userProfile-root")).toBeVisible();
      await expectNothingFound(page);
      await createOrganization(page, `Axe ${person.lastName}`);
      for (const path of ["/organization", "/admin"]) {
        await page.goto(path);
        await clerkReady(page);
        await expectNothingFound(page);
      }
    });

    test.describe("the page of an address that leads nowhere", () => {
      test.use({ expectedConsoleErrors: [/status of 404/] });

      test("has nothing to find either", async ({ page }) => {
        await page.goto("/nowhere");
        await expectNothingFound(page);
      });
    });
  });
}

const heading = (page: Page) => page.locator("main h1[tabindex]");

test("the first thing to reach is the link past the header", async ({ page }) => {
  await page.goto("/");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(heading(page)).toBeFocused();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Create an account" })).toBeFocused();
});

test("the focus follows to the heading of each page that is entered", async ({ page, person }) => {
  await page.goto("/sign-in");
  await expect(heading(page)).not.toBeFocused();
  await signIn(page, person);
  await expect(heading(page)).toBeFocused();
  await page.getByRole("link", { name: "Profile" }).click();
  await expect(heading(page)).toHaveText("Your account");
  await expect(heading(page)).toBeFocused();
  await page.goBack();
  await expect(heading(page)).toContainText("Hello");
  await expect(heading(page)).toBeFocused();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(heading(page)).toHaveText("Signed in, in the first HTML.");
  await expect(heading(page)).toBeFocused();
});
