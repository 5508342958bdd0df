// The deployment goes away and comes back.

import { Line, composer, messages, newChannel, send } from "../support/chat.js";
import { signIn } from "../support/person.js";
import { expect, test } from "../support/test.js";

test("what is on the page stays, and what is written meanwhile is sent afterwards, once", async ({ page, person }) => {
  const line = await Line.of(page);
  await signIn(page, person);
  await newChannel(page, `down ${person.lastName.slice(-8)}`);
  await send(page, "before");
  const row = (text: string) => messages(page).getByRole("listitem").filter({ hasText: text });
  await expect(row("before").getByRole("button", { name: "Edit" })).toBeVisible();

  line.cut();
  await send(page, "meanwhile");
  await composer(page).fill("unfinished");
  await expect(row("meanwhile")).toBeVisible();
  await expect(row("before")).toBeVisible();
  await expect(page.getByTestId("name")).toHaveText(person.name);

  line.mend();
  // Only what the deployment has can be edited.
  await expect(row("meanwhile").getByRole("button", { name: "Edit" })).toBeVisible({ timeout: 30_000 });
  await expect(row("meanwhile")).toHaveCount(1);
  await expect(composer(page)).toHaveValue("unfinished");
});

test("a page that is loaded while it is away shows what the server read, and goes live later", async ({ page, person }) => {
  const line = await Line.of(page);
  await signIn(page, person);
  await send(page, `kept by ${person.lastName}`);
  await expect(messages(page).getByRole("listitem").filter({ hasText: `kept by ${person.lastName}` }).getByRole("button", { name: "Edit" })).toBeVisible();
  line.cut();
  await page.reload();
  await expect(messages(page)).toContainText(`kept by ${person.lastName}`);
  line.mend();
  await send(page, `later by ${person.lastName}`);
  await expect(messages(page).getByRole("listitem").filter({ hasText: `later by ${person.lastName}` }).getByRole("button", { name: "Edit" })).toBeVisible({ timeout: 30_000 });
});
