import { expect, test } from "../support/test.js";
import { askServer, fillPassword, fillSignIn, signIn } from "../support/person.js";

test.describe("a wrong password", () => {
  // The browser itself reports the refused request.
  test.use({ expectedConsoleErrors: [/status of 422/] });

  test("is refused, and the right one then accepted", async ({ page, person }) => {
    await page.goto("/sign-in");
    await fillSignIn(page, person.email, "not my password at all");
    await expect(page.locator(".cl-formFieldErrorText")).toBeVisible();
    await fillPassword(page, person.password);
    await expect(page).toHaveURL(/\/dashboard$/);
    await expect(page.getByTestId("name")).toHaveText(person.name);
    await askServer(page);
  });
});

test("a deep link leads to sign-in and back", async ({ page, person }) => {
  await page.goto("/dashboard?from=mail");
  await expect(page).toHaveURL(/\/sign-in.*redirect_url=/);
  await fillSignIn(page, person.email, person.password);
  await expect(page).toHaveURL(/\/dashboard\?from=mail$/);
  await expect(page.getByTestId("name")).toHaveText(person.name);
  await askServer(page);
});

test("a link to a protected page inside the application leads to sign-in and back", async ({ page, person }) => {
  await page.goto("/");
  await page.evaluate(() => {
    history.pushState({}, "", "/dashboard");
    window.dispatchEvent(new PopStateEvent("popstate"));
  });
  await expect(page).toHaveURL(/\/sign-in.*redirect_url=/);
  await fillSignIn(page, person.email, person.password);
  await expect(page).toHaveURL(/\/dashboard$/);
  await expect(page.getByTestId("name")).toHaveText(person.name);
});

test("signing out in one tab signs out the other", async ({ context, page, person }) => {
  await signIn(page, person);
  const other = await context.newPage();
  await other.goto("/dashboard");
  await expect(other.getByTestId("name")).toHaveText(person.name);
  // The other tab has to have ClerkJS to hear of it.
  await expect(other.locator(".cl-userButtonTrigger")).toBeVisible();

  await page.bringToFront();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(/\/$/);
  await expect(other.getByTestId("name")).toBeHidden();
  await expect(other).toHaveURL(/\/sign-in/);
});
