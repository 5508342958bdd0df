// Channels and messages: live over Convex, and in the first HTML.

import { messages, newChannel, send } from "../support/chat.js";
import { createPerson, signIn } from "../support/person.js";
import { expect, test } from "../support/test.js";

test("a message is sent, edited and removed", async ({ page, person }) => {
  await signIn(page, person);
  await newChannel(page, `edit ${person.lastName.slice(-8)}`);
  await send(page, "first words");
  const row = messages(page).getByRole("listitem").filter({ hasText: "first words" });
  await expect(row).toContainText(person.name);
  await row.getByRole("button", { name: "Edit" }).click();
  await messages(page).getByLabel("Message").fill("second thoughts");
  await messages(page).getByRole("button", { name: "Save" }).click();
  await expect(messages(page)).toContainText("second thoughts (edited)");
  await messages(page).getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("Nobody has said anything here yet.")).toBeVisible();
});

test("two people see each other's messages at once", async ({ page, person, browser, baseURL }) => {
  const name = `both ${person.lastName.slice(-8)}`;
  await signIn(page, person);
  await newChannel(page, name);
  const other = await createPerson(baseURL!);
  const context = await browser.newContext({ baseURL });
  const theirs = await context.newPage();
  await signIn(theirs, other);
  await theirs.getByRole("button", { name: `# ${name}` }).click();
  await expect(page.getByTestId("here")).toContainText(other.name);
  await send(page, "hello there");
  await expect(messages(theirs)).toContainText("hello there");
  await send(theirs, "hello back");
  await expect(messages(page)).toContainText("hello back");
  await context.close();
});

test("an error is shown where it happens", async ({ page, person }) => {
  await signIn(page, person);
  await page.getByLabel("New channel").fill("!!!");
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "A channel's name is" })).toBeVisible();
});
