// Channels and messages: live over Convex, and in the first HTML.

import { expect, test } from "../support/test.js";
import { messages, newChannel, send } from "../support/chat.js";
import { createPerson, signIn } from "../support/person.js";

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

test("the first HTML has the messages, and taking over changes none of them", async ({ page, person }) => {
  await signIn(page, person);
  const text = `remembered ${person.lastName}`;
  await send(page, text);
  await expect(messages(page).getByRole("listitem").filter({ hasText: text }).getByRole("button", { name: "Edit" })).toBeVisible();
  const html = await (await page.request.get("/dashboard", { headers: { accept: "text/html" } })).text();
  expect(html).toContain(text);
  await page.addInitScript(() => {
    // Counts what happens to the list from the first byte on, before any script of the page runs.
    const seen = { removed: 0, empty: false };
    (window as unknown as { seen: typeof seen }).seen = seen;
    new MutationObserver((records) => {
      for (const record of records) {
        const target = record.target as Element;
        if (target.nodeName === "OL" && document.body?.hasAttribute("data-hydrated")) seen.removed += record.removedNodes.length;
      }
    }).observe(document, { childList: true, subtree: true });
  });
  const frames: string[] = [];
  page.on("websocket", (socket) => socket.on("framesent", (frame) => frames.push(JSON.parse(String(frame.payload)).type)));
  await page.reload();
  await expect(messages(page)).toContainText(text);
  await expect.poll(() => frames.filter((type) => type === "ModifyQuerySet").length).toBeGreaterThan(0);
  await expect(page.getByTestId("here")).toContainText(person.name);
  expect(frames.filter((type) => type === "Connect")).toHaveLength(1);
  expect(await page.evaluate(() => (window as unknown as { seen: { removed: number } }).seen.removed)).toBe(0);
});

test("after sign-out and another sign-in on the same page nothing of the first person is left", async ({ page, person, baseURL }) => {
  await signIn(page, person);
  await newChannel(page, `mine ${person.lastName.slice(-8)}`);
  await send(page, "only me");
  await expect(messages(page)).toContainText("only me");
  await page.getByRole("button", { name: "Sign out" }).first().click();
  await expect(messages(page)).toHaveCount(0);
  const other = await createPerson(baseURL!);
  await signIn(page, other);
  await send(page, `from ${other.lastName}`);
  const row = messages(page).getByRole("listitem").filter({ hasText: `from ${other.lastName}` });
  await expect(row).toContainText(other.name);
});

test("an error is shown where it happens", async ({ page, person }) => {
  await signIn(page, person);
  await page.getByLabel("New channel").fill("!!!");
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "A channel's name is" })).toBeVisible();
});
