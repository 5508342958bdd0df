// The server as a process, with local instances of its own, and the official SDK set up for it.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createClerkClient } from "@clerk/backend";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = process.env.E2E_SERVER ?? join(root, "target/release/server");

/** Starts one and waits until it listens. `environment` has variables beside the usual ones. */
export async function startInstance(environment = {}) {
  const data = mkdtempSync(join(tmpdir(), "leptos-clerk-convex-"));
  const port = await freePort();
  const env = {
    PATH: process.env.PATH,
    LEPTOS_OUTPUT_NAME: "leptos-clerk-convex",
    LEPTOS_SITE_ROOT: join(root, "target/site"),
    LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
    LEPTOS_HASH_FILES: "true",
    LOCAL_DIRECTORY: data,
    LOCAL_CONVEX_PORT: "0",
    LOCAL_CONVEX_SITE_PORT: "0",
    ...environment,
  };
  const printed = execFileSync(binary, ["keys"], { cwd: root, env }).toString();
  const keys = Object.fromEntries(printed.trim().split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2)));
  const server = spawn(binary, { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    server.stdout.on("data", (chunk) => chunk.toString().includes("listening on") && resolve());
    server.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
  });
  const clerk = createClerkClient({
    publishableKey: keys.CLERK_PUBLISHABLE_KEY,
    secretKey: keys.CLERK_SECRET_KEY,
    apiUrl: keys.CLERK_API_URL,
  });
  const stop = () => {
    server.kill("SIGKILL");
    rmSync(data, { recursive: true, force: true });
  };
  return { origin: `http://127.0.0.1:${port}`, keys, clerk, stop };
}

/** A port that nobody listens on. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
