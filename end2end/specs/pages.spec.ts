// One control of every page is clicked: a hydration that went wrong leaves them dead without a word.

import { expect, test } from "../support/test.js";
import { askServer, signIn } from "../support/person.js";

test("landing page", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "No account needed to try" }).click();
  await expect(page.getByText("Without keys the server starts a local Clerk instance")).toBeVisible();
});

test("sign-in page", async ({ page }) => {
  await page.goto("/sign-in");
  await expect(page.getByText("admin+clerk_test@example.com")).toBeVisible();
  await page.locator(".cl-signIn-root").getByRole("link", { name: "Sign up" }).click();
  await expect(page).toHaveURL(/\/sign-up/);
  await expect(page.locator(".cl-signUp-root")).toBeVisible();
});

test("sign-up page", async ({ page }) => {
  await page.goto("/sign-up");
  await page.locator(".cl-signUp-root").getByRole("link", { name: "Sign in" }).click();
  await expect(page.locator(".cl-signIn-root")).toBeVisible();
});

test("dashboard", async ({ page, person }) => {
  await signIn(page, person);
  await page.goto("/dashboard");
  await askServer(page);
});

test("profile page", async ({ page, person }) => {
  await signIn(page, person);
  await page.goto("/profile");
  await expect(page.locator(".cl-userProfile-root")).toBeVisible();
  await page.getByRole("button", { name: "Security" }).click();
  await expect(page).toHaveURL(/\/profile\/security/);
  await page.reload();
  await expect(page.getByText("Active devices")).toBeVisible();
});

test.describe("an address that leads nowhere", () => {
  test.use({ expectedConsoleErrors: [/status of 404/] });

  test("is answered 404, with the way back, for visitors and for people who are signed in", async ({ page, person }) => {
    const response = await page.goto("/nowhere/at/all");
    expect(response!.status()).toBe(404);
    await page.getByRole("main").getByRole("link", { name: "Go to the start" }).click();
    await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
    await signIn(page, person);
    const again = await page.goto("/nowhere");
    expect(again!.status()).toBe(404);
    await page.getByRole("main").getByRole("link", { name: "Go to your dashboard" }).click();
    await askServer(page);
  });
});
