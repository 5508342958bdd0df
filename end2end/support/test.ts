// The test function of all specs: each gets a person of its own, and a console that has to stay empty.

import { test as base, expect, type Page } from "@playwright/test";
import { createPerson, type Person } from "./person.js";

interface Fixtures {
  /** An account of this test alone, that can sign in with its password. */
  person: Person;
  /** Texts of console messages that this test provokes on purpose. */
  expectedConsoleErrors: RegExp[];
  watchConsole: void;
}

export const test = base.extend<Fixtures>({
  person: async ({ baseURL }, use) => {
    await use(await createPerson(baseURL!));
  },
  expectedConsoleErrors: [[], { option: true }],
  watchConsole: [
    async ({ context, expectedConsoleErrors }, use) => {
      const errors: string[] = [];
      const note = (text: string) => {
        if (!expectedConsoleErrors.some((expected) => expected.test(text))) errors.push(text);
      };
      const watch = (page: Page) => {
        page.on("console", (message) => {
          if (message.type() === "error") note(`${message.text()} (${message.location().url})`);
        });
        page.on("pageerror", (error) => note(String(error)));
      };
      // A click before hydration would be lost, as it would be for anybody; the tests are about what comes after.
      const patient = (page: Page) => {
        const { goto, reload } = page;
        const hydrated = () => page.locator("body[data-hydrated]").waitFor({ state: "attached" });
        page.goto = async (...to) => {
          const response = await goto.apply(page, to);
          await hydrated();
          return response;
        };
        page.reload = async (...how) => {
          const response = await reload.apply(page, how);
          await hydrated();
          return response;
        };
      };
      context.on("page", patient);
      context.pages().forEach(watch);
      context.pages().forEach(patient);
      context.on("page", watch);
      await use();
      expect(errors, "the console has to stay empty").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };
