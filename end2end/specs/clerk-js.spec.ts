import { expect, test } from "../support/test.js";
import { clerkReady } from "../support/clerk.js";
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

test("while ClerkJS is slow, signed-in content is there and its buttons work", async ({ page, person }) => {
  await signIn(page, person);
  let deliver = () => {};
  const delivered = new Promise<void>((resolve) => (deliver = resolve));
  await page.route("**/npm/@clerk/clerk-js**", async (route) => {
    await delivered;
    await route.continue();
  });
  const asked = page.waitForRequest("**/npm/@clerk/clerk-js**");
  await page.reload();
  await asked;
  await expect(page.getByTestId("name")).toHaveText(person.name);
  await askServer(page);
  await expect(page.locator(".cl-userButtonTrigger")).toHaveCount(0);
  deliver();
  await clerkReady(page);
  await askServer(page);
});

test.describe("with ClerkJS blocked from the first byte", () => {
  test.use({ expectedConsoleErrors: [/ERR_BLOCKED_BY_CLIENT|ERR_FAILED/] });

  test("a signed-in page works until the token ends, and then says so: nobody is signed out", async ({ page, person }) => {
    // Before anything runs: for a moment the clock stands at 1970, which ends the cookies that are written in it.
    await page.clock.install();
    await signIn(page, person);
    await page.route("**/npm/@clerk/**", (route) => route.abort("blockedbyclient"));
    await page.reload();
    await askServer(page);
    await expect(page.getByText("you are not signed out")).toBeHidden();
    await page.clock.fastForward("02:00");
    await expect(page.getByText("you are not signed out")).toBeVisible();
    await expect(page.getByTestId("name")).toHaveText(person.name);
    await expect(page).toHaveURL(/\/dashboard$/);
  });
});

test.describe("with Clerk answering 503", () => {
  test.use({ expectedConsoleErrors: [/status of 503|clerk/i] });

  test("signed-in content stays and says so, and recovers", async ({ page, person }) => {
    await signIn(page, person);
    await page.route("**/__clerk/v1/**", (route) => route.fulfill({ status: 503, body: "away" }));
    await page.reload();
    await expect(page.getByTestId("name")).toHaveText(person.name);
    await expect(page.getByText(/Clerk answers slowly or not at all|you are not signed out/)).toBeVisible();
    await expect(page.getByTestId("name")).toHaveText(person.name);
    await askServer(page);
    await page.unroute("**/__clerk/v1/**");
    await page.reload();
    await clerkReady(page);
    await expect(page.getByText("Clerk answers slowly")).toBeHidden();
  });

  test("the sign-in page says so and offers to try again", async ({ page }) => {
    await page.route("**/npm/@clerk/**", (route) => route.fulfill({ status: 503, body: "away" }));
    await page.goto("/sign-in");
    const alert = page.getByRole("alert");
    await expect(alert).toContainText("could not be reached");
    await page.unroute("**/npm/@clerk/**");
    await alert.getByRole("button", { name: "Try again" }).click();
    await expect(page.locator("input[name=identifier]")).toBeVisible();
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
