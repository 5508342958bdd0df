// The Content-Security-Policy is enforced in every spec; here is what it is for.

import { expect, test } from "../support/test.js";

declare global {
  interface Window {
    smuggled?: boolean;
  }
}

test.describe("a script that somebody has put into the page", () => {
  test.use({ expectedConsoleErrors: [/Content Security Policy/i] });

  test("does not run", async ({ page }) => {
    await page.goto("/");
    await page.evaluate(async () => {
      const violations: Promise<string>[] = [];
      const violation = () =>
        violations.push(
          new Promise((resolve) =>
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.violatedDirective), { once: true }),
          ),
        );
      violation();
      const script = document.createElement("script");
      script.textContent = "window.smuggled = true";
      document.head.append(script);
      await Promise.all(violations);
      violation();
      document.body.insertAdjacentHTML("beforeend", "<button id=smuggled onclick='window.smuggled = true'></button>");
      document.getElementById("smuggled")!.click();
      await Promise.all(violations);
    });
    expect(await page.evaluate(() => window.smuggled)).toBeUndefined();
  });

  test("cannot be set free by a nonce of another answer", async ({ page, request }) => {
    const earlier = (await request.get("/", { headers: { accept: "text/html" } })).headers()["x-nonce"]!;
    expect(earlier).toMatch(/^[A-Za-z0-9+/]{22}==$/);
    await page.goto("/");
    await page.evaluate((nonce) => {
      const script = document.createElement("script");
      script.nonce = nonce;
      script.textContent = "window.smuggled = true";
      document.head.append(script);
    }, earlier);
    expect(await page.evaluate(() => window.smuggled)).toBeUndefined();
  });
});

test("no other site can put a page into a frame", async ({ page, baseURL }) => {
  const response = await page.goto("/sign-in");
  expect(response!.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");
  expect(response!.headers()["content-security-policy"]).toContain("'strict-dynamic'");
  expect(baseURL).toBeTruthy();
});
