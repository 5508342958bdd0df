import { expect, test } from "../support/test.js";
import { askServer, signIn } from "../support/person.js";

test.describe("with ClerkJS blocked", () => {
  test.use({ expectedConsoleErrors: [/ERR_BLOCKED_BY_CLIENT|ERR_FAILED/] });

  test("signed-in content is there and its buttons work", async ({ page, person }) => {
    await signIn(page, person);
    await page.route("**/npm/@clerk/**", (route) => route.abort("blockedbyclient"));
    await page.reload();
    await expect(page.getByTestId("name")).toHaveText(person.name);
    await askServer(page);
    await page.getByRole("link", { name: "leptos-clerk-convex" }).click();
    await expect(page.getByRole("link", { name: "Go to your dashboard" })).toBeVisible();
  });

  test("the sign-in page says so and offers to try again", async ({ page, person }) => {
    await page.route("**/npm/@clerk/**", (route) => route.abort("blockedbyclient"));
    await page.goto("/sign-in");
    const alert = page.getByRole("alert");
    await expect(alert).toContainText("could not be reached");
    await page.unroute("**/npm/@clerk/**");
    await alert.getByRole("button", { name: "Try again" }).click();
    await expect(page.locator("input[name=identifier]")).toBeVisible();
    expect(person.email).toBeTruthy();
  });
});

test("a public page loads nothing of Clerk's", async ({ page }) => {
  const scripts: string[] = [];
  page.on("request", (request) => {
    // A development instance gives the browser its identity by a redirect of the document; that is no script.
    if (request.url().includes("/__clerk/") && request.resourceType() !== "document") scripts.push(request.url());
  });
  await page.goto("/");
  await page.getByRole("button", { name: "No script in the way" }).click();
  await expect(page.getByText("Clerk's own script is loaded after hydration")).toBeVisible();
  await page.waitForLoadState("networkidle");
  expect(scripts).toEqual([]);
});
