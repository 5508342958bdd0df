// ClerkJS, as the page has it.

import { expect, type Page } from "@playwright/test";

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
