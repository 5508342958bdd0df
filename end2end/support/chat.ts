// The chat on the dashboard, as a person uses it.

import { expect, type Locator, type Page } from "@playwright/test";

/** The list of messages, newest first. */
export const messages = (page: Page): Locator => page.getByTestId("messages");

/** Where a message is written. */
export const composer = (page: Page): Locator => page.getByLabel("Message", { exact: true });

/** The entry of one message. */
export const message = (page: Page, text: string): Locator =>
  messages(page).getByRole("listitem").filter({ hasText: text });

/** Writes a message and sends it. */
export async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
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

/** The way to the deployment, which a test can cut and mend. */
export class Line {
  #up = true;
  #held = false;
  readonly #open = new Set<() => void>();
  readonly #waiting: (() => void)[] = [];

  /** Has to be called before the page is loaded. */
  static async of(page: Page): Promise<Line> {
    const line = new Line();
    await page.routeWebSocket(/\/api\/.*\/?sync$/, (socket) => {
      if (!line.#up) {
        void socket.close({ code: 1011, reason: "down" });
        return;
      }
      const server = socket.connectToServer();
      line.#open.add(() => void socket.close({ code: 1011, reason: "down" }));
      server.onMessage((message) => {
        if (line.#held) line.#waiting.push(() => socket.send(message));
        else socket.send(message);
      });
    });
    return line;
  }

  cut(): void {
    this.#up = false;
    this.#open.forEach((close) => close());
    this.#open.clear();
  }

  mend(): void {
    this.#up = true;
  }

  /** Keeps back what the deployment says, until it is let go. */
  hold(): void {
    this.#held = true;
  }

  letGo(): void {
    this.#held = false;
    this.#waiting.splice(0).forEach((deliver) => deliver());
  }
}
