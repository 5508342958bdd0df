// The chat on the dashboard, as a person uses it.

import { expect, type Locator, type Page } from "@playwright/test";

/** The list of messages, newest first. */
export const messages = (page: Page): Locator => page.getByTestId("messages");

/** The entry of one message. */
export const message = (page: Page, text: string): Locator =>
  messages(page).getByRole("listitem").filter({ hasText: text });

/** Writes a message and sends it. */
export async function send(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
}

/** Makes a channel that no other test writes to, and opens it. */
export async function newChannel(page: Page, name: string): Promise<void> {
  await page.getByLabel("New channel").fill(name);
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page.getByRole("button", { name: `# ${name}` })).toHaveAttribute("aria-current", "true");
}

/** Opens a channel that somebody has made. */
export async function openChannel(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: `# ${name}` }).click();
}

/** A message is the deployment's, and no longer only this page's guess. */
export async function settled(page: Page, text: string): Promise<void> {
  await expect(message(page, text).getByRole("button", { name: "Edit" })).toBeVisible();
}
