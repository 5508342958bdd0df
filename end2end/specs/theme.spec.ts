// The theme: the system's, or what the person chose, from the first byte on, and in Clerk's components too.

import type { Page } from "@playwright/test";
import { expect, test } from "../support/test.js";

const background = (page: Page, selector: string) =>
  page.locator(selector).first().evaluate((element) => getComputedStyle(element).backgroundColor);

const LIGHT = "rgb(250, 250, 250)";
const DARK = "rgb(16, 16, 20)";

test("what is chosen is there at once, and in the first HTML of the next page", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/");
  expect(await background(page, "html")).toBe(LIGHT);
  await page.getByLabel("Theme").selectOption("Dark");
  expect(await background(page, "html")).toBe(DARK);

  const html = await (await page.request.get("/", { headers: { accept: "text/html" } })).text();
  expect(html).toMatch(/<html[^>]*data-theme="dark"/);
  await page.reload();
  await expect(page.getByLabel("Theme")).toHaveValue("dark");
  expect(await background(page, "html")).toBe(DARK);
});

test("without a choice the system decides, and may change its mind", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto("/");
  expect(await background(page, "html")).toBe(DARK);
  await page.getByLabel("Theme").selectOption("Light");
  expect(await background(page, "html")).toBe(LIGHT);
  await page.getByLabel("Theme").selectOption("System");
  expect(await background(page, "html")).toBe(DARK);
  await page.emulateMedia({ colorScheme: "light" });
  expect(await background(page, "html")).toBe(LIGHT);
  const html = await (await page.request.get("/", { headers: { accept: "text/html" } })).text();
  expect(html).not.toContain("data-theme");
});

test("Clerk's form follows", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/sign-in");
  await expect(page.locator("input[name=identifier]")).toBeVisible();
  expect(await background(page, ".cl-card")).toBe("rgb(255, 255, 255)");
  await page.getByLabel("Theme").selectOption("Dark");
  // Clerk's card fades from one colour to the other.
  await expect.poll(() => background(page, ".cl-card")).toBe("rgb(26, 26, 33)");
});
