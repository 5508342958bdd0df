import { fileURLToPath } from "node:url";
import { defineConfig, devices } from "@playwright/test";

const root = fileURLToPath(new URL("..", import.meta.url));
// Not the development server's port, so that both can run at once.
const port = Number(process.env.E2E_PORT ?? 39170);
// The production build, as `cargo leptos build --release` leaves it; another one only for work on the specs themselves.
const serverBinary = process.env.E2E_SERVER ?? `${root}target/release/server`;
const baseURL = `http://127.0.0.1:${port}`;

export default defineConfig({
  testDir: "./specs",
  outputDir: "./test-results",
  // Specs share one server and no data: each makes its own user.
  fullyParallel: true,
  workers: 2,
  // A test that passes the second time has found a bug all the same.
  retries: 0,
  forbidOnly: !!process.env.CI,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"], ["json", { outputFile: `${root}target/test-logs/playwright.json` }]],
  use: {
    ...devices["Desktop Chrome"],
    baseURL,
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      // Unset, Playwright starts the browser it installed itself.
      executablePath: process.env.CHROMIUM_PATH || undefined,
      args: [
        // Debian's Chromium does not start its sandbox as root, which containers often are.
        ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        // ClerkJS behaves differently in a browser that says it is automated.
        "--disable-blink-features=AutomationControlled",
      ],
    },
  },
  webServer: {
    command: serverBinary,
    cwd: root,
    url: baseURL,
    reuseExistingServer: false,
    timeout: 30_000,
    stdout: "pipe",
    stderr: "pipe",
    gracefulShutdown: { signal: "SIGINT", timeout: 5_000 },
    env: {
      LEPTOS_OUTPUT_NAME: "leptos-clerk-convex",
      LEPTOS_SITE_ROOT: `${root}target/site`,
      LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
      LEPTOS_HASH_FILES: "true",
      LEPTOS_ENV: "PROD",
      // A fresh local instance, gone with the server. A developer's own keys, exported or in a .env file, must not
      // reach it: set and empty counts as not configured.
      LOCAL_EPHEMERAL: "true",
      ...Object.fromEntries(
        ["CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY", "CLERK_JWT_KEY", "CLERK_PROXY_URL", "CONVEX_URL"].flatMap((name) => [
          [name, ""],
          [`NEXT_PUBLIC_${name}`, ""],
        ]),
      ),
    },
  },
});
