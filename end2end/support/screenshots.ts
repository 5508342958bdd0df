// Every page and every component in light and dark, on a desk and on a phone, into end2end/screenshots.

import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { messages, newChannel, send } from "./chat.js";
import { clerkReady, createOrganization } from "./clerk.js";
import { fillSignIn, signIn, type Person } from "./person.js";
import { compromisePassword, withBackend, withServer } from "./server.js";
import { expect, test } from "./test.js";

const directory = fileURLToPath(new URL("../screenshots/", import.meta.url));
const screens = { desk: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

/** What the gallery shows to a visitor. */
const signedOut = ["sign-in", "sign-up", "buttons", "waitlist", "pricing-table", "own-sign-in"];
/** What it shows to a person. */
const signedIn = [
  "user-button",
  "user-avatar",
  "user-profile",
  "organization-switcher",
  "organization-profile",
  "organization-list",
  "create-organization",
  "api-keys",
  "hooks",
];

for (const colorScheme of ["light", "dark"] as const) {
  for (const [screen, viewport] of Object.entries(screens)) {
    test.describe(`${colorScheme}, ${screen}`, () => {
      test.use({ colorScheme, viewport, expectedConsoleErrors: [/status of (403|404)/] });

      const pictures = (page: Page) => async (name: string, settled: (page: Page) => Promise<void>) => {
        await settled(page);
        await page.waitForLoadState("networkidle");
        await page.screenshot({ path: `${directory}${name}-${colorScheme}-${screen}.png`, fullPage: true, animations: "disabled" });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect.soft(overflow, `${name} is wider than the screen`).toBeLessThanOrEqual(0);
      };

      test("components", async ({ page, person }) => {
        test.slow();
        const picture = pictures(page);
        const shown = async (name: string) => {
          await page.goto(`/components?show=${name}`);
          const stage = page.getByTestId("stage");
          await picture(`component-${name}`, () => expect(stage.getByText("Loading…")).toHaveCount(0));
        };
        for (const name of signedOut) await shown(name);
        await signIn(page, person);
        await createOrganization(page, `Works ${person.lastName}`);
        for (const name of signedIn) await shown(name);
        await page.goto("/components?show=user-button");
        await page.getByTestId("stage").locator(".cl-userButtonTrigger").click();
        await picture("component-user-button-open", () => expect(page.locator(".cl-userButtonPopoverCard")).toBeVisible());
        await page.goto("/components?show=organization-switcher");
        await page.getByTestId("stage").locator(".cl-organizationSwitcherTrigger").click();
        await picture("component-organization-switcher-open", () =>
          expect(page.locator(".cl-organizationSwitcherPopoverCard")).toBeVisible(),
        );
      });

      test("tasks", async ({ browser }) => {
        test.slow();
        const task = (name: string) => async (page: Page, person: Person) => {
          await page.goto("/sign-in");
          await fillSignIn(page, person.email, person.password);
          await pictures(page)(`task-${name}`, async () => {
            await expect(page).toHaveURL(new RegExp(`/tasks/${name}`));
            await expect(page.getByRole("heading", { level: 1 }).first()).toBeVisible();
          });
        };
        await withServer(browser, { LOCAL_CLERK_FORCE_ORGANIZATION: "true" }, task("choose-organization"));
        await withServer(browser, { LOCAL_CLERK_REQUIRE_SECOND_FACTOR: "true" }, task("setup-mfa"));
        await withBackend(browser, async (page, person, backend) => {
          await compromisePassword(backend, person);
          await task("reset-password")(page, person);
        });
      });

      test("pages", async ({ page, person }) => {
        test.slow();
        const picture = pictures(page);
        await page.goto("/");
        await picture("landing", async () => {});
        await page.goto("/sign-in");
        await picture("sign-in", (page) => expect(page.locator("input[name=identifier]")).toBeVisible());
        await page.goto("/sign-up");
        await picture("sign-up", (page) => expect(page.locator("input[name=emailAddress]")).toBeVisible());
        await page.goto("/nowhere");
        await picture("not-found", async () => {});
        await signIn(page, person);
        await newChannel(page, `look ${person.lastName.slice(-8)}`);
        await send(page, "Signed in, in the first HTML.");
        await send(page, "And live from there on, in every tab that is open.");
        await expect(messages(page).getByRole("button", { name: "Edit" })).toHaveCount(2);
        await picture("dashboard", clerkReady);
        await page.goto("/admin");
        await picture("not-allowed", clerkReady);
        await createOrganization(page, `Works ${person.lastName}`);
        await page.goto("/organization");
        await picture("organization", clerkReady);
        await page.goto("/admin");
        await picture("admin", clerkReady);
        await page.goto("/profile");
        await picture("profile", (page) => expect(page.locator(".cl-userProfile-root")).toBeVisible());
      });
    });
  }
}
