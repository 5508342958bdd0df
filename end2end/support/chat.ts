// The chat on the dashboard.

import { expect, type Page } from "@playwright/test";

export const messages = (page: Page) => page.getByTestId("messages");
export const composer = (page: Page) => page.getByLabel("Message", { exact: true });

/** A channel that no other test writes to. */
export async function newChannel(page: Page, name: string): Promise<void> {
  await page.getByLabel("New channel").fill(name);
  await page.getByRole("button", { name: "Add" }).click();
  await expect(page.getByRole("button", { name: `# ${name}` })).toHaveAttribute("aria-current", "true");
}

export async function send(page: Page, text: string): Promise<void> {
  await composer(page).fill(text);
  await page.getByRole("button", { name: "Send" }).click();
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
