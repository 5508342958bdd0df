// The Content-Security-Policy is enforced in every spec; here is what it is for.

import type { Page } from "@playwright/test";
import { expect, test } from "../support/test.js";

declare global {
  interface Window {
    smuggled?: boolean;
  }
}

/** Puts markup into the page's head on its way to the browser, as an injection at the server would. */
async function inject(page: Page, markup: string): Promise<void> {
  await page.route("/", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace("</head>", `${markup}</head>`) });
  });
}

test.describe("a script that somebody has put into the page", () => {
  test.use({ expectedConsoleErrors: [/Content Security Policy/i] });

  for (const [what, attribute] of [
    ["without a nonce", async () => ""],
    ["with the nonce of another answer", async (page: Page) => {
      const earlier = (await page.request.get("/", { headers: { accept: "text/html" } })).headers()["x-nonce"]!;
      expect(earlier).toMatch(/^[A-Za-z0-9+/]{22}==$/);
      return ` nonce="${earlier}"`;
    }],
  ] as const) {
    test(`${what} does not run`, async ({ page }) => {
      const violations: string[] = [];
      page.on("console", (entry) => entry.type() === "error" && violations.push(entry.text()));
      await inject(page, `<script${await attribute(page)}>window.smuggled = true</script>`);
      await page.goto("/");
      expect(await page.evaluate(() => window.smuggled)).toBeUndefined();
      expect(violations.filter((text) => /Content Security Policy/i.test(text))).toHaveLength(1);
    });
  }
});

test("no other site can put a page into a frame", async ({ page, baseURL }) => {
  const response = await page.goto("/sign-in");
  expect(response!.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");
  expect(response!.headers()["content-security-policy"]).toContain("'strict-dynamic'");
  expect(baseURL).toBeTruthy();
});
