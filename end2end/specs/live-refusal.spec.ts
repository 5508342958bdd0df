// Convex does not take a person whom Clerk vouches for: the page says which of the causes it is, and what to do.

import { Deployment } from "../support/deployment.js";
import { createPerson, signIn } from "../support/person.js";
import { startServer } from "../support/server.js";
import { expect, test } from "../support/test.js";

test("a deployment that trusts another issuer is named as the cause", async ({ browser }) => {
  const deployment = await Deployment.start("http://127.0.0.1:9/another-issuer");
  const server = await startServer({ CONVEX_URL: deployment.url });
  const context = await browser.newContext({ baseURL: server.baseURL });
  try {
    const page = await context.newPage();
    const errors: string[] = [];
    page.on("console", (entry) => entry.type() === "error" && errors.push(entry.text()));
    const person = await createPerson(server.baseURL);
    await signIn(page, person);
    const refused = page.getByTestId("convex-refused");
    await expect(refused).toContainText("no-matching-provider");
    await expect(refused).toContainText("CLERK_JWT_ISSUER_DOMAIN");
    // Signed in to Clerk all the same: nobody is sent away.
    await expect(page.getByTestId("name")).toHaveText(person.name);
    await expect(page).toHaveURL(/\/dashboard$/);
    await expect.poll(() => errors.filter((text) => text.includes("no-matching-provider")).length).toBe(1);
  } finally {
    await context.close();
    await server.stop();
    await deployment.stop();
  }
});
