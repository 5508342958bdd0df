// Who is there changes while the page stays open.

import { message, messages, newChannel, openChannel, send, settled } from "../support/chat.js";
import { createPerson, signIn } from "../support/person.js";
import { expect, test } from "../support/test.js";

test("signing out in one tab empties the other", async ({ context, page, person }) => {
  await signIn(page, person);
  await newChannel(page, `two tabs ${person.lastName.slice(-8)}`);
  await send(page, "seen in both");
  await settled(page, "seen in both");
  const other = await context.newPage();
  await other.goto("/dashboard");
  await openChannel(other, `two tabs ${person.lastName.slice(-8)}`);
  await expect(message(other, "seen in both")).toBeVisible();
  // The other tab has to have ClerkJS to hear of it.
  await expect(other.locator(".cl-userButtonTrigger")).toBeVisible();
  await page.bringToFront();
  await page.getByRole("button", { name: "Sign out" }).first().click();
  await expect(messages(other)).toHaveCount(0);
  await expect(other.getByText(person.name)).toHaveCount(0);
});

test("another person on the same page has nothing of the first one's", async ({ page, person, baseURL }) => {
  await signIn(page, person);
  await newChannel(page, `mine ${person.lastName.slice(-8)}`);
  await send(page, "only me");
  await settled(page, "only me");
  await page.getByRole("button", { name: "Sign out" }).first().click();
  await expect(messages(page)).toHaveCount(0);
  const other = await createPerson(baseURL!);
  await signIn(page, other);
  const text = `from ${other.lastName}`;
  await send(page, text);
  await settled(page, text);
  await expect(message(page, text)).toContainText(other.name);
  await expect(page.getByTestId("here")).toContainText(other.name);
  await expect(page.getByTestId("here")).not.toContainText(person.name);
});

test("an administrator of the active organization may moderate, and a member of none may not", async ({ browser, page, person, baseURL }) => {
  const name = `moderated ${person.lastName.slice(-8)}`;
  await signIn(page, person);
  await newChannel(page, name);
  const context = await browser.newContext({ baseURL });
  const theirs = await context.newPage();
  await signIn(theirs, await createPerson(baseURL!));
  await openChannel(theirs, name);
  await send(theirs, "somebody else's");
  await settled(theirs, "somebody else's");
  await expect(message(page, "somebody else's")).toBeVisible();
  await expect(message(page, "somebody else's").getByRole("button", { name: "Remove" })).toHaveCount(0);
  await page.waitForFunction(() => (window as unknown as { Clerk?: { user?: unknown } }).Clerk?.user);
  await page.evaluate(async () => {
    const clerk = (window as unknown as { Clerk: any }).Clerk;
    const organization = await clerk.createOrganization({ name: "Moderators" });
    await clerk.setActive({ organization: organization.id });
  });
  await message(page, "somebody else's").getByRole("button", { name: "Remove" }).click();
  await expect(message(page, "somebody else's")).toHaveCount(0);
  await expect(message(theirs, "somebody else's")).toHaveCount(0);
  await context.close();
});
