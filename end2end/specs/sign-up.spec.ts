import { expect, test } from "../support/test.js";
import { askServer, newPerson, TEST_CODE } from "../support/person.js";

test("a visitor signs up with an e-mail code, sees their dashboard, and signs out", async ({ page }) => {
  const person = newPerson();
  await page.goto("/");
  await page.getByRole("link", { name: "Create an account" }).click();
  await expect(page).toHaveURL(/\/sign-up/);

  await page.locator("input[name=firstName]").fill(person.firstName);
  await page.locator("input[name=lastName]").fill(person.lastName);
  await page.locator("input[name=emailAddress]").fill(person.email);
  await page.locator("input[name=password]").fill(person.password);
  await page.getByRole("button", { name: "Continue", exact: true }).click();
  await page.getByLabel("Enter verification code").pressSequentially(TEST_CODE);

  await expect(page).toHaveURL(/\/dashboard$/);
  await expect(page.getByTestId("name")).toHaveText(person.name);
  await expect(page.getByTestId("email")).toHaveText(person.email);
  await askServer(page);

  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
  const dashboard = await page.request.get("/dashboard", { maxRedirects: 0, headers: { accept: "text/html" } });
  expect(dashboard.status()).toBe(307);
});
