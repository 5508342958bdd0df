// Organizations: who administrates one, and what that opens.

import { createOrganization } from "../support/clerk.js";
import { messages, newChannel, openChannel, send, settled } from "../support/chat.js";
import { createPerson, signIn } from "../support/person.js";
import { expect, test } from "../support/test.js";

const asDocument = { maxRedirects: 0, headers: { accept: "text/html" } };

test("an administrator sees who is in the organization, in the first HTML and from the server function", async ({ page, person }) => {
  await signIn(page, person);
  const { slug } = await createOrganization(page, `Works ${person.lastName}`);
  await page.goto("/organization");
  await expect(page.getByTestId("active-organization")).toHaveText(slug);
  await expect(page.getByText(`Works ${person.lastName} (org:admin)`)).toBeVisible();
  const html = await (await page.request.get("/admin", asDocument)).text();
  // Leptos marks where one text ends and the next begins.
  expect(html.replaceAll(/<!.*?>/g, "")).toContain(`${person.name} (org:admin)`);
  await page.getByRole("main").getByRole("link", { name: "Administration" }).click();
  await expect(page.getByTestId("members")).toContainText(person.name);
  expect((await page.request.post("/api/organization_members")).status()).toBe(200);
});

test("an administrator invites somebody, who joins and may do what their role allows", async ({ page, browser, person, baseURL }) => {
  const organization = `Guests of ${person.lastName}`;
  const guest = await createPerson(baseURL!);
  await signIn(page, person);
  const { slug } = await createOrganization(page, organization);
  await page.goto("/components?show=organization-profile");
  const profile = page.getByTestId("stage");
  await profile.getByRole("button", { name: "Members" }).click();
  await profile.getByRole("button", { name: "Invite" }).click();
  await profile.getByRole("textbox", { name: /name@example.com/ }).fill(`${guest.email},`);
  await profile.getByRole("button", { name: "Send invitations" }).click();
  await expect(profile.getByRole("tab", { name: "Invitations 1" })).toBeVisible();

  const context = await browser.newContext({ baseURL });
  try {
    const theirs = await context.newPage();
    await signIn(theirs, guest);
    await theirs.goto("/components?show=organization-list");
    const list = theirs.getByTestId("stage");
    await expect(list.getByText(organization)).toBeVisible();
    await list.getByRole("button", { name: "Join" }).click();
    await list.getByRole("button", { name: organization }).click();
    await theirs.goto("/organization");
    await expect(theirs.getByTestId("active-organization")).toHaveText(slug);
    await expect(theirs.getByText(`${organization} (org:member)`)).toBeVisible();
    await expect(theirs.getByRole("main").getByRole("link", { name: "Administration" })).toHaveCount(0);
    expect((await theirs.request.post("/api/organization_members")).status()).toBe(403);
  } finally {
    await context.close();
  }
  await page.goto("/admin");
  await expect(page.getByTestId("members")).toContainText(guest.name);
});

test("an administrator sees how much is in each channel, live, and clears one", async ({ page, browser, person, baseURL }) => {
  await signIn(page, person);
  const channel = `cleared-${person.lastName.split(" ").at(-1)}`;
  await newChannel(page, channel);
  await send(page, "the first");
  await settled(page, "the first");
  await createOrganization(page, `Order ${person.lastName}`);
  await page.goto("/admin");
  const row = page.getByTestId("channel-overview").getByRole("listitem").filter({ hasText: channel });
  await expect(row).toContainText("1 message");

  // Somebody else writes, and the page follows.
  const context = await browser.newContext({ baseURL });
  try {
    const other = await context.newPage();
    await signIn(other, await createPerson(baseURL!));
    await openChannel(other, channel);
    await send(other, "the second");
    await settled(other, "the second");
    await expect(row).toContainText("2 messages");
    await row.getByRole("button", { name: `Clear ${channel}` }).click();
    await row.getByRole("button", { name: "Remove all messages for everybody" }).click();
    await expect(row).toContainText("0 messages");
    await expect(messages(other).getByRole("listitem")).toHaveCount(0);
  } finally {
    await context.close();
  }
});

test.describe("somebody who is no administrator", () => {
  // The browser itself reports that the page was refused.
  test.use({ expectedConsoleErrors: [/status of 403/] });

  test("is told so, by the page and by the server function", async ({ page, person }) => {
    await signIn(page, person);
    const response = await page.goto("/admin");
    expect(response!.status()).toBe(403);
    expect(response!.headers()["cache-control"]).toContain("no-store");
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This page is for administrators.");
    expect((await page.request.post("/api/organization_members")).status()).toBe(403);
    await page.getByRole("main").getByRole("link", { name: "Your organizations" }).click();
    await expect(page.getByText("You are working with your personal account.")).toBeVisible();
  });
});

test("a visitor is sent to sign in, and a server function says 401", async ({ page }) => {
  const response = await page.request.get("/admin", { ...asDocument, headers: { accept: "text/html", "sec-fetch-dest": "empty" } });
  expect(response.status()).toBe(307);
  expect((await page.request.post("/api/organization_members")).status()).toBe(401);
  await page.goto("/admin");
  await expect(page).toHaveURL(/\/sign-in.*redirect_url=.*admin/);
});
