// Sending: at once on the page, once at the deployment, and in order, also when the deployment is gone for a while.

import { message, messages, newChannel, openChannel, send, settled } from "../support/chat.js";
import { Deployment } from "../support/deployment.js";
import { createPerson, signIn } from "../support/person.js";
import { freePort, startServer } from "../support/server.js";
import { expect, test } from "../support/test.js";

test("a message is on the page before the deployment has it, and settles", async ({ page, person }) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.routeWebSocket(/\/sync$/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage(async (text) => {
      if (JSON.parse(String(text)).udfPath === "messages:send") await held;
      server.send(text);
    });
  });
  await signIn(page, person);
  await newChannel(page, `optimistic ${person.lastName.slice(-8)}`);
  await send(page, "at once");
  await expect(message(page, "at once")).toContainText(person.name);
  await expect(message(page, "at once").getByRole("button", { name: "Edit" })).toHaveCount(0);
  release();
  await settled(page, "at once");
  await expect(message(page, "at once")).toHaveCount(1);
});

test.describe("while the deployment is gone", () => {
  test.use({ expectedConsoleErrors: [/WebSocket connection to .* failed/] });

  test("what is sent is kept, and arrives once and in order when it is back", async ({ browser }) => {
    test.setTimeout(120_000);
    const port = await freePort();
    const deployment = await Deployment.start(`http://127.0.0.1:${port}/__clerk`);
    const server = await startServer({ CONVEX_URL: deployment.url }, port);
    const context = await browser.newContext({ baseURL: server.baseURL });
    try {
      const page = await context.newPage();
      let failed = 0;
      page.on("websocket", (socket) => socket.on("close", () => (failed += 1)));
      const person = await createPerson(server.baseURL);
      await signIn(page, person);
      await newChannel(page, "outage");
      await send(page, "before");
      await settled(page, "before");

      await deployment.kill();
      for (const text of ["first", "second", "third"]) {
        await send(page, text);
        await expect(message(page, text)).toBeVisible();
      }
      // The pauses between attempts double: after the fifth failure the deployment has been gone for about twenty seconds.
      await expect.poll(() => failed, { timeout: 60_000 }).toBeGreaterThanOrEqual(6);
      await expect(page.getByTestId("name")).toHaveText(person.name);
      await expect(message(page, "before")).toBeVisible();
      await deployment.restart();

      const bodies = ["third", "second", "first", "before"];
      // The page may just have begun its longest pause.
      await expect(message(page, "third").getByRole("button", { name: "Edit" })).toBeVisible({ timeout: 40_000 });
      await expect(messages(page).locator(".body")).toHaveText(bodies);
      const other = await (await browser.newContext({ baseURL: server.baseURL })).newPage();
      await signIn(other, await createPerson(server.baseURL));
      await openChannel(other, "outage");
      await expect(messages(other).locator(".body")).toHaveText(bodies);
      await other.context().close();
    } finally {
      await context.close();
      await server.stop();
      await deployment.stop();
    }
  });
});
