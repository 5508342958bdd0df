// A server of a test's own, for what the shared one cannot do.

import type { Browser, Page } from "@playwright/test";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createPerson, type Person } from "./person.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

const binary = process.env.E2E_SERVER ?? `${root}target/release/server`;

export interface Server {
  baseURL: string;
  stop(): Promise<void>;
}

/** Starts the production build, on a free port unless one is given, with a fresh local instance in memory. */
export async function startServer(environment: Record<string, string>, port?: number): Promise<Server> {
  port ??= await freePort();
  const child = spawn(binary, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: variables(port, environment) });
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

/** A function that calls the Backend API of a server's local instance, as an application's own server does. */
export type Backend = (method: "GET" | "POST", path: string) => Promise<any>;

/** As `withServer`, with an instance in a directory of its own, whose secret key can be had. */
export async function withBackend(
  browser: Browser,
  use: (page: Page, person: Person, backend: Backend) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "leptos-clerk-convex-"));
  const environment = {
    LOCAL_EPHEMERAL: "false",
    LOCAL_DIRECTORY: directory,
    LOCAL_CONVEX_PORT: "0",
    LOCAL_CONVEX_SITE_PORT: "0",
  };
  try {
    await withServer(browser, environment, async (page, person, baseURL) => {
      const printed = execFileSync(binary, ["keys"], { cwd: root, env: variables(Number(new URL(baseURL).port), environment) });
      const keys = Object.fromEntries(printed.toString().trim().split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2)));
      const headers = { authorization: `Bearer ${keys.CLERK_SECRET_KEY}` };
      await use(page, person, async (method, path) => {
        const answer = await fetch(`${keys.CLERK_API_URL}/v1${path}`, { method, headers });
        if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
        return answer.json();
      });
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Says that somebody else knows a person's password, as an application's own server does. */
export async function compromisePassword(backend: Backend, person: Person): Promise<void> {
  const [user] = await backend("GET", `/users?email_address=${encodeURIComponent(person.email)}`);
  await backend("POST", `/users/${user.id}/password/set_compromised`);
}

function variables(port: number, environment: Record<string, string>): NodeJS.ProcessEnv {
  return {
    ...process.env,
    LEPTOS_OUTPUT_NAME: "leptos-clerk-convex",
    LEPTOS_SITE_ROOT: `${root}target/site`,
    LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
    LEPTOS_HASH_FILES: "true",
    LEPTOS_ENV: "PROD",
    LOCAL_EPHEMERAL: "true",
    ...environment,
  };
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
