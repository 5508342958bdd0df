// What the server says when it cannot start: everything that is wrong, what to do, and nothing lost.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = process.env.E2E_SERVER ?? join(root, "target/release/server");

/** Starts the server, which has to end by itself, with an error and without a word on what a developer never needs. */
function fails(env) {
  const { status, stdout, stderr, error } = spawnSync(binary, [], {
    cwd: root,
    timeout: 20_000,
    encoding: "utf8",
    env: {
      LEPTOS_OUTPUT_NAME: "leptos-clerk-convex",
      LEPTOS_SITE_ROOT: join(root, "target/site"),
      LEPTOS_SITE_ADDR: "127.0.0.1:0",
      LEPTOS_HASH_FILES: "true",
      LOCAL_EPHEMERAL: "1",
      ...env,
    },
  });
  assert.equal(error, undefined, `it did not end by itself: ${stdout}${stderr}`);
  assert.equal(status, 1, stderr);
  assert.match(stderr, /^error: /);
  assert.doesNotMatch(stderr, /panicked|RUST_BACKTRACE/);
  return stderr;
}

function withDirectory(use) {
  const directory = mkdtempSync(join(tmpdir(), "leptos-clerk-convex-"));
  try {
    use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test("malformed keys are all listed, with what to do and without their text", () => {
  const said = fails({
    CLERK_PUBLISHABLE_KEY: "sk_test_misplaced",
    CLERK_JWT_KEY: "no key at all",
    CLERK_PROXY_URL: "ftp://example.com",
  });
  for (const name of ["CLERK_PUBLISHABLE_KEY", "CLERK_SECRET_KEY", "CLERK_JWT_KEY", "CLERK_PROXY_URL"]) {
    assert.match(said, new RegExp(`${name}\\b`));
  }
  assert.doesNotMatch(said, /misplaced|no key at all/);
});

test("one key without the other is refused, and no local instance stands in", () => {
  const said = fails({ CLERK_PUBLISHABLE_KEY: "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk" });
  assert.match(said, /CLERK_SECRET_KEY is not set/);
});

test("keys of two kinds of instance are refused", () => {
  const said = fails({
    CLERK_PUBLISHABLE_KEY: "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk",
    CLERK_SECRET_KEY: "sk_live_0000000000",
  });
  assert.match(said, /CLERK_SECRET_KEY|CLERK_PUBLISHABLE_KEY/);
  assert.doesNotMatch(said, /0000000000/);
});

test("a port in use is named", async () => {
  const other = createServer();
  const port = await new Promise((resolve) => other.listen(0, "127.0.0.1", () => resolve(other.address().port)));
  const said = fails({ LEPTOS_SITE_ADDR: `127.0.0.1:${port}` });
  assert.match(said, new RegExp(`cannot listen on 127.0.0.1:${port}`));
  assert.match(said, /LEPTOS_SITE_ADDR/);
  other.close();
});

test("a data directory that cannot be written is named", () =>
  withDirectory((directory) => {
    writeFileSync(join(directory, "file"), "");
    const said = fails({ LOCAL_EPHEMERAL: "", LOCAL_DIRECTORY: join(directory, "file", "below") });
    assert.match(said, /cannot write its data directory/);
  }));

test("a corrupt database is named and left as it is", () =>
  withDirectory((directory) => {
    const data = join(directory, "data");
    mkdirSync(data);
    const keys = spawnSync(binary, ["keys"], {
      cwd: root,
      env: { LEPTOS_OUTPUT_NAME: "leptos-clerk-convex", LEPTOS_SITE_ADDR: "127.0.0.1:3000", LOCAL_DIRECTORY: data },
    });
    assert.equal(keys.status, 0);
    const databases = readdirSync(data).filter((name) => /\.(sqlite3?|db)$/.test(name));
    assert.equal(databases.length, 1, `databases: ${readdirSync(data)}`);
    const database = join(data, databases[0]);
    const damaged = Buffer.from("this was a database once ".repeat(400));
    for (const name of readdirSync(data)) if (/-(wal|shm)$/.test(name)) rmSync(join(data, name));
    writeFileSync(database, damaged);
    const said = fails({ LOCAL_EPHEMERAL: "", LOCAL_DIRECTORY: data });
    assert.match(said, /is damaged/);
    assert.deepEqual(readFileSync(database), damaged);
  }));
