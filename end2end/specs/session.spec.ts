// What happens to a session elsewhere, and in other tabs.

import type { Page } from "@playwright/test";
import { Line, composer, messages, newChannel, send } from "../support/chat.js";
import { clerkReady, createOrganization, endSessionElsewhere, rotateToken } from "../support/clerk.js";
import { askServer, createPerson, signIn } from "../support/person.js";
import { expect, test } from "../support/test.js";

test.describe("a session that is ended from another device", () => {
  // ClerkJS asks for a token and is refused: the browser itself reports that.
  test.use({ expectedConsoleErrors: [/status of (401|404|422)/] });

  test("ends here too, and leaves nothing of the person", async ({ page, person, browser, baseURL }) => {
    await signIn(page, person);
    await clerkReady(page);
    const other = await endSessionElsewhere(page, browser, baseURL!, person);
    await page.evaluate(() => window.Clerk!.session!.getToken({ skipCache: true }).catch(() => null));
    await expect(page).toHaveURL(/\/sign-in|\/$/);
    await expect(page.getByText(person.email)).toHaveCount(0);
    await page.goto("/dashboard");
    await expect(page).toHaveURL(/\/sign-in/);
    // The other device is still signed in.
    await askServer(other);
    await other.context().close();
  });
});

test("two tabs work with two organizations", async ({ context, page, person }) => {
  const active = (page: Page) => page.getByTestId("active-organization");
  await signIn(page, person);
  const first = await createOrganization(page, `First ${person.lastName}`);
  await page.getByRole("banner").getByRole("link", { name: "Organization" }).click();
  await expect(active(page)).toHaveText(first.slug);

  const other = await context.newPage();
  await other.goto("/organization");
  const second = await createOrganization(other, `Second ${person.lastName}`);
  await expect(active(other)).toHaveText(second.slug);

  // Each tab keeps its own, also when its token is replaced.
  await page.bringToFront();
  await rotateToken(page);
  await expect(active(page)).toHaveText(first.slug);
  await rotateToken(other);
  await expect(active(other)).toHaveText(second.slug);

  // And so does what it asks the server, though the cookie that both share is now the other tab's.
  await page.getByRole("banner").getByRole("link", { name: "Dashboard" }).click();
  await askServer(page);
  await expect(page.getByTestId("server-answer")).toContainText(`for ${first.slug}.`);
  await other.getByRole("banner").getByRole("link", { name: "Dashboard" }).click();
  await askServer(other);
  await expect(other.getByTestId("server-answer")).toContainText(`for ${second.slug}.`);
});

test("signing out while a message is on its way ends in the page for visitors", async ({ page, person, baseURL }) => {
  const line = await Line.of(page);
  await signIn(page, person);
  const channel = `leaving ${person.lastName.slice(-8)}`;
  await newChannel(page, channel);
  await expect(page.getByText("Nobody has said anything here yet.")).toBeVisible();
  line.hold();
  await send(page, "never confirmed");
  await expect(messages(page)).toContainText("never confirmed");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
  line.letGo();
  const next = await createPerson(baseURL!);
  await signIn(page, next);
  await page.getByRole("button", { name: `# ${channel}` }).click();
  // It had reached the deployment, as somebody else's.
  const row = messages(page).getByRole("listitem").filter({ hasText: "never confirmed" });
  await expect(row).toContainText(person.name);
  await expect(row.getByRole("button", { name: "Edit" })).toHaveCount(0);
});

test("going back after signing out shows nothing of the person", async ({ page, person }) => {
  await signIn(page, person);
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("link", { name: "Create an account" })).toBeVisible();
  await page.goBack();
  await expect(page.getByText(person.email)).toHaveCount(0);
  await page.goto("/sign-up");
  await page.goBack();
  await expect(page.getByText(person.email)).toHaveCount(0);
});

test("what was typed stays while the token is replaced", async ({ page, person }) => {
  await signIn(page, person);
  await clerkReady(page);
  await composer(page).fill("a long thought");
  await composer(page).focus();
  await rotateToken(page);
  await rotateToken(page);
  await expect(composer(page)).toHaveValue("a long thought");
  await expect(composer(page)).toBeFocused();
});
