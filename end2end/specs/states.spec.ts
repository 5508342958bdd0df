// States that a person can be in, besides signed in and signed out.

import { composer, message, newChannel, openChannel, send, settled } from "../support/chat.js";
import { clerkReady, endSessionElsewhere, rotateToken } from "../support/clerk.js";
import { askServer, createPerson, fillSignIn, signIn } from "../support/person.js";
import { withServer } from "../support/server.js";
import { expect, test } from "../support/test.js";

for (const [direction, skew] of [["ahead", 120_000], ["behind", -120_000]] as const) {
  test(`with the browser's clock two minutes ${direction} everything works`, async ({ page, person }) => {
    await page.clock.install({ time: Date.now() + skew });
    await signIn(page, person);
    const channel = `${direction} ${person.lastName.slice(-8)}`;
    await newChannel(page, channel);
    await send(page, "on time");
    await settled(page, "on time");
    await clerkReady(page);
    await rotateToken(page);
    await page.reload();
    await expect(page.getByTestId("name")).toHaveText(person.name);
    await expect(page.getByText("you are not signed out")).toBeHidden();
    await askServer(page);
    await openChannel(page, channel);
    await expect(message(page, "on time").getByRole("button", { name: "Edit" })).toBeVisible();
  });
}

test.describe("a page out of the browser's back/forward cache", () => {
  // ClerkJS asks for its session and is refused: the browser itself reports that.
  test.use({ expectedConsoleErrors: [/status of (401|404|422)/] });

  test("is alive, and finds out that its session was ended meanwhile", async ({ page, person, browser, baseURL }) => {
    // Chromium keeps no page with an open socket; the browsers that do bring it back with these events.
    const comeBack = () =>
      page.evaluate(() => {
        window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true }));
        window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
      });
    await signIn(page, person);
    await clerkReady(page);
    await composer(page).fill("half a thought");
    await comeBack();
    await expect(composer(page)).toHaveValue("half a thought");
    await askServer(page);

    const other = await endSessionElsewhere(page, browser, baseURL!, person);
    await comeBack();
    await expect(page.getByText(person.email)).toHaveCount(0);
    await other.context().close();
  });
});

test("several people in one browser: switching shows the other one's page, and leaves the first signed in", async ({ browser }) => {
  await withServer(browser, { LOCAL_CLERK_MULTI_SESSION: "true" }, async (page, first, baseURL) => {
    const second = await createPerson(baseURL);
    await signIn(page, first);
    await clerkReady(page);
    await newChannel(page, "shared");
    await send(page, "from the first");
    await settled(page, "from the first");
    const firstSession = await page.evaluate(() => window.Clerk!.session!.id);

    await page.locator(".cl-userButtonTrigger").click();
    await page.getByRole("dialog").getByRole("button", { name: "Add account" }).click();
    await fillSignIn(page, second.email, second.password);
    await expect(page.getByTestId("name")).toHaveText(second.name);
    await page.goto("/components?show=hooks");
    await expect(page.getByTestId("sessions")).toHaveText("2");
    await page.goto("/dashboard");
    await page.getByRole("button", { name: "# shared" }).click();
    await expect(message(page, "from the first")).toBeVisible();
    await expect(message(page, "from the first").getByRole("button", { name: "Edit" })).toHaveCount(0);

    await clerkReady(page);
    await page.evaluate((session) => window.Clerk!.setActive({ session }), firstSession);
    await expect(page.getByTestId("name")).toHaveText(first.name);
    await expect(message(page, "from the first").getByRole("button", { name: "Edit" })).toBeVisible();
    await askServer(page);
  });
});

test("a sensitive change asks for the password once more", async ({ browser }) => {
  await withServer(browser, { LOCAL_CLERK_REVERIFICATION: "true" }, async (page, person) => {
    await signIn(page, person);
    await page.goto("/components?show=hooks");
    await clerkReady(page);
    await page.getByRole("button", { name: "Prove it is you" }).click();
    await page.locator("input[name=password]:visible").fill(person.password);
    await page.getByRole("button", { name: "Continue", exact: true }).click();
    await expect(page.getByTestId("problem")).toHaveText("verified");
  });
});
