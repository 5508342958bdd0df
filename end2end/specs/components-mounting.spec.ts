// The gallery's components come, follow their props, and go.

import { expect, test } from "../support/test.js";
import { signIn } from "../support/person.js";
import { layoutShifts, watchLayout } from "../support/layout.js";

// What each component shows of itself once it is there.
const PEOPLE = [
  { name: "user-button", content: ".cl-userButtonTrigger" },
  { name: "user-avatar", content: ".cl-userAvatarBox" },
  { name: "user-profile", content: ".cl-userProfile-root" },
  { name: "organization-switcher", content: ".cl-organizationSwitcherTrigger" },
  { name: "organization-list", content: ".cl-organizationList-root" },
  { name: "create-organization", content: ".cl-createOrganization-root" },
  { name: "api-keys", content: ".cl-apiKeys-root" },
];
const EVERYBODY = [
  { name: "sign-in", content: ".cl-signIn-root" },
  { name: "sign-up", content: ".cl-signUp-root" },
  { name: "waitlist", content: ".cl-waitlist-root" },
  { name: "pricing-table", content: ".cl-pricingTable-root" },
];

for (const { name, content } of [...PEOPLE, ...EVERYBODY]) {
  test(`${name} comes without moving anything, follows its props, and goes`, async ({ page, person }) => {
    await watchLayout(page);
    if (PEOPLE.some((each) => each.name === name)) await signIn(page, person);
    await page.goto(`/components?show=${name}`);
    const stage = page.getByTestId("stage");
    await expect(stage.locator(content).first()).toBeVisible();
    // Two frames later everything that was queued is on the screen.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    expect(await layoutShifts(page)).toEqual([]);

    const looks = () => stage.evaluate((element) => [...element.querySelectorAll("*")].map((each) => getComputedStyle(each).cssText + each.className).join());
    const before = await looks();
    await page.getByRole("button", { name: "Loud look" }).click();
    await expect.poll(looks).not.toEqual(before);
    await expect(stage.locator(content).first()).toBeVisible();

    await page.getByRole("button", { name: "Take it out" }).click();
    await expect(stage.locator(content)).toHaveCount(0);
    await page.getByRole("button", { name: "Put it in" }).click();
    await expect(stage.locator(content).first()).toBeVisible();
  });
}

test("the menu of the account button has the application's entries, and its pages are the application's views", async ({ page, person }) => {
  await signIn(page, person);
  await page.goto("/components?show=user-button");
  const stage = page.getByTestId("stage");
  await stage.locator(".cl-userButtonTrigger").click();
  await page.getByRole("dialog").getByRole("button", { name: "# Count" }).click();
  await expect(page.getByTestId("clicks")).toHaveText("1");

  await stage.locator(".cl-userButtonTrigger").click();
  await page.getByRole("dialog").getByRole("button", { name: "Preferences" }).click();
  // A view of the application's, alive inside Clerk's page.
  const newsletter = page.getByRole("button", { name: /^Newsletter/ });
  await expect(newsletter).toHaveText("Newsletter: no");
  await newsletter.click();
  await expect(newsletter).toHaveText("Newsletter: yes");
  await page.getByRole("button", { name: "Close modal" }).click();
  await expect(newsletter).toHaveCount(0);
});

test("the language changes while a component is shown, and back", async ({ page, person }) => {
  await signIn(page, person);
  await page.goto("/components?show=user-button");
  await page.getByTestId("stage").locator(".cl-userButtonTrigger").click();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Sign out" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Deutsch" }).click();
  await page.getByTestId("stage").locator(".cl-userButtonTrigger").click();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Abmelden" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "English" }).click();
  await page.getByTestId("stage").locator(".cl-userButtonTrigger").click();
  await expect(page.getByRole("dialog").getByRole("button", { name: "Sign out" })).toBeVisible();
});
