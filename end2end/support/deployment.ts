// A Convex deployment of a test's own, as a process that can be killed and started again.

import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export class Deployment {
  url = "";
  #siteUrl = "";
  #process!: ChildProcess;
  readonly #data = mkdtempSync(join(tmpdir(), "deployment-"));

  private constructor(readonly issuer: string) {}

  /** Starts one that runs the demo's functions and trusts this issuer. */
  static async start(issuer: string): Promise<Deployment> {
    const deployment = new Deployment(issuer);
    await deployment.#run("0", "0");
    return deployment;
  }

  async #run(port: string, sitePort: string): Promise<void> {
    const child = spawn(
      process.env.LOCAL_BINARY ?? `${root}target/debug/local`,
      [
        "--convex-dir", "convex", "--convex-package", "end2end/node_modules/convex",
        "--convex-port", port, "--site-port", sitePort, "--data-dir", this.#data,
        "--no-clerk", "--no-reload", "--env", `CLERK_JWT_ISSUER_DOMAIN=${this.issuer}`, "--json",
      ],
      { cwd: root, env: { PATH: process.env.PATH, HOME: process.env.HOME }, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.#process = child;
    let complaints = "";
    child.stderr!.on("data", (chunk: Buffer) => (complaints = (complaints + chunk).slice(-20_000)));
    const addresses = await new Promise<{ convexUrl: string; siteUrl: string }>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the deployment ended with ${code}:\n${complaints}`)));
      createInterface(child.stdout!).on("line", (line) => line.startsWith("{") && resolve(JSON.parse(line)));
    });
    this.url = addresses.convexUrl.replace(/\/$/, "");
    this.#siteUrl = addresses.siteUrl;
  }

  /** Ends the process without any warning to it. */
  async kill(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  /** Starts again, on the same data and ports. */
  async restart(): Promise<void> {
    await this.#run(new URL(this.url).port, new URL(this.#siteUrl).port);
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) await this.kill();
    rmSync(this.#data, { recursive: true, force: true });
  }
}
