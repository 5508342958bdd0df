// A server of a test's own, for what the shared one cannot do.

import type { Browser, Page } from "@playwright/test";
import { spawn, type ChildProcess } from "node:child_process";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { createPerson, type Person } from "./person.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Server {
  baseURL: string;
  stop(): Promise<void>;
}

/** Starts the production build, on a free port unless one is given, with a fresh local instance in memory. */
export async function startServer(environment: Record<string, string>, port?: number): Promise<Server> {
  port ??= await freePort();
  const child = spawn(process.env.E2E_SERVER ?? `${root}target/release/server`, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      LEPTOS_OUTPUT_NAME: "leptos-clerk-convex",
      LEPTOS_SITE_ROOT: `${root}target/site`,
      LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
      LEPTOS_HASH_FILES: "true",
      LEPTOS_ENV: "PROD",
      LOCAL_EPHEMERAL: "true",
      ...environment,
    },
  });
  await listening(child);
  return {
    baseURL: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.kill("SIGKILL");
      }),
  };
}

/** Runs a test on such a server, with its local Convex deployment: with a page there, and a person who is not signed in yet. */
export async function withServer(
  browser: Browser,
  environment: Record<string, string>,
  use: (page: Page, person: Person, baseURL: string) => Promise<void>,
): Promise<void> {
  const server = await startServer({ ...environment, CONVEX_URL: "" });
  const context = await browser.newContext({ baseURL: server.baseURL });
  try {
    await use(await context.newPage(), await createPerson(server.baseURL), server.baseURL);
  } finally {
    await context.close();
    await server.stop();
  }
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("listening on")) resolve();
    };
    child.stdout!.on("data", read);
    child.stderr!.on("data", read);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${output}`)));
  });
}

/** A port that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
