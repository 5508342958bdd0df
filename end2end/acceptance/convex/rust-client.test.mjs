// The official Rust client, in ../convex-crate, which prints what it has seen.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Deployment, Issuer, soon } from "./harness.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const binary = process.env.CONVEX_CRATE_BINARY ?? join(root, "target/debug/convex-crate");

test("the official Rust client runs its scenarios", async (context) => {
  const issuer = await Issuer.start();
  const deployment = await Deployment.start({ issuer, persistent: true });
  const child = spawn(binary, {
    env: {
      CONVEX_URL: deployment.url,
      ADMIN_KEY: deployment.adminKey,
      TOKEN: issuer.token("user_1"),
      OTHER_TOKEN: issuer.token("user_2"),
      BAD_TOKEN: issuer.token("user_1", { aud: "somebody-else" }),
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  context.after(async () => {
    child.kill("SIGKILL");
    await deployment.stop();
    await issuer.close();
  });
  let complaints = "";
  child.stderr.on("data", (chunk) => (complaints += chunk));
  const seen = [];
  createInterface(child.stdout).on("line", async (line) => {
    if (line !== "RESTART") return seen.push(line);
    await deployment.kill();
    await deployment.restart();
    child.stdin.write("restarted\n");
  });
  const [code] = await soon(once(child, "exit"), "the Rust client", 120_000);
  assert.equal(code, 0, `${seen.join("\n")}\n${complaints}`);
  assert.equal(seen.length, 10, seen.join("\n"));
});
