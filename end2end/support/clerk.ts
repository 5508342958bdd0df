// ClerkJS, as the page has it.

import { expect, type Browser, type Page } from "@playwright/test";
import { signIn, type Person } from "./person.js";

/** The part of `window.Clerk` that tests call themselves. */
interface ClerkJs {
  loaded: boolean;
  session: { id: string; getToken(options?: object): Promise<string | null> } | null;
  user: { getSessions(): Promise<{ id: string; revoke(): Promise<unknown> }[]> } | null;
  createOrganization(options: { name: string }): Promise<{ id: string; slug: string }>;
  setActive(options: object): Promise<void>;
}

declare global {
  interface Window {
    Clerk?: ClerkJs;
  }
}

/** Waits until ClerkJS runs and its account button is there. */
export async function clerkReady(page: Page): Promise<void> {
  await expect(page.locator(".cl-userButtonTrigger")).toBeVisible();
}

/** Makes an organization with this person as its administrator, and makes it the active one of this tab. */
export async function createOrganization(page: Page, name: string): Promise<{ id: string; slug: string }> {
  await clerkReady(page);
  return page.evaluate(async (name) => {
    const { id, slug } = await window.Clerk!.createOrganization({ name });
    await window.Clerk!.setActive({ organization: id });
    return { id, slug };
  }, name);
}

/** Replaces the session token, as ClerkJS does by itself once a minute. */
export async function rotateToken(page: Page): Promise<void> {
  const token = await page.evaluate(() => window.Clerk!.session!.getToken({ skipCache: true }));
  expect(token).toBeTruthy();
}

/** Ends the page's session from another device of the person's, whose page is returned: its context has to be closed. */
export async function endSessionElsewhere(page: Page, browser: Browser, baseURL: string, person: Person): Promise<Page> {
  const session = await page.evaluate(() => window.Clerk!.session!.id);
  const elsewhere = await browser.newContext({ baseURL });
  const other = await elsewhere.newPage();
  await signIn(other, person);
  await clerkReady(other);
  await other.evaluate(async (session) => {
    const sessions = await window.Clerk!.user!.getSessions();
    await sessions.find(({ id }) => id === session)!.revoke();
  }, session);
  return other;
}
