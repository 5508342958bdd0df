import { expect, test } from "../support/test.js";
import { signIn } from "../support/person.js";

test("an organization is made, becomes the active one, and is left again", async ({ page, person }) => {
  await signIn(page, person);
  await page.goto("/components?show=hooks");
  await expect(page.getByTestId("organization")).toHaveText("none");
  await expect(page.getByTestId("sessions")).toHaveText("1");
  await page.getByRole("button", { name: "Make an organization" }).click();
  await expect(page.getByTestId("organization")).toHaveText("Gallery");
  await expect(page.getByTestId("members")).toHaveText("1");
  await expect(page.getByTestId("organizations")).toHaveText("Gallery");
  await expect(page.getByText("Administrator here")).toBeVisible();
  await expect(page.getByTestId("problem")).toHaveText("");

  // The server says the same in its HTML.
  const html = await (await page.request.get("/components?show=hooks", { headers: { accept: "text/html" } })).text();
  expect(html).toContain("Administrator here");

  await page.getByRole("button", { name: "Personal account" }).click();
  await expect(page.getByTestId("organization")).toHaveText("none");
  await expect(page.getByText("Administrator here")).toHaveCount(0);
});

test.describe("an own form", () => {
  test.use({ expectedConsoleErrors: [/status of 422/] });

  test("signs in without Clerk's components, and shows what is wrong beside the field", async ({ page, person }) => {
    const scripts: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("ui.browser.js")) scripts.push(request.url());
    });
    await page.goto("/components?show=own-sign-in");
    await page.locator("input[name=own-email]").fill(person.email);
    await page.locator("input[name=own-password]").fill("not the password");
    const submit = page.locator(".own-form button");
    await submit.click();
    await expect(page.getByRole("alert").filter({ hasText: /password/i })).toBeVisible();
    expect(scripts, "Clerk's components are not needed").toEqual([]);
    await page.locator("input[name=own-password]").fill(person.password);
    await submit.click();
    await expect(page).toHaveURL(/\/dashboard$/);
    await expect(page.getByTestId("name")).toHaveText(person.name);
  });
});

test("a button in modal mode opens the form above the page, around the application's own markup", async ({ page }) => {
  await page.goto("/components?show=buttons");
  await page.getByRole("link", { name: "Sign in here" }).click();
  await expect(page.locator(".cl-modalContent .cl-signIn-root")).toBeVisible();
  await expect(page).toHaveURL(/\/components/);
});

test("what is known about who is there can be read", async ({ page, person }) => {
  await signIn(page, person);
  await page.goto("/components?show=user-button");
  await expect(page.locator("[data-auth-debug=state]")).toHaveText("authenticated");
  await expect(page.locator("[data-auth-debug=clerk]")).toHaveText("ready");
  await expect(page.locator("[data-auth-debug=token]")).toHaveText(/valid for \d+ s/);
  await expect(page.locator("[data-auth-debug=confirmation]")).toHaveText("confirmed");
});
