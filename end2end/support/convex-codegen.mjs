// Writes `_generated` of a folder of Convex functions, from the templates of the official command-line tool. Its own
// `npx convex codegen` needs a deployment for what is the same text.
//
// With `--check`, says whether the files are those that it would write.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { join, resolve } from "node:path";

// What the tool depends on is in its bundle and not installed. The templates call none of it.
const load = Module._load;
const nothing = new Proxy(function () {}, { get: () => nothing, apply: () => nothing });
Module._load = (request, ...rest) => {
  try {
    return load(request, ...rest);
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND" || request.startsWith(".")) throw error;
    return nothing;
  }
};

const require = createRequire(import.meta.url);
const tool = join(require.resolve("convex/package.json"), "../dist/cjs/cli");
const { componentApiDTS, componentApiJs } = require(join(tool, "codegen_templates/component_api.js"));
const { serverCodegen } = require(join(tool, "codegen_templates/server.js"));
const { dynamicDataModelDTS } = require(join(tool, "codegen_templates/dataModel.js"));
const { nodeFs } = require(join(tool, "../bundler/fs.js"));
// The tool's own formatter.
const prettier = createRequire(join(tool, "index.js"))("prettier");

const check = process.argv.includes("--check");
const folders = process.argv.slice(2).filter((argument) => argument !== "--check");
let stale = 0;
for (const folder of folders.map((folder) => resolve(folder))) {
  const root = { isRoot: true, path: folder, definitionPath: join(folder, "convex.config.ts") };
  const analysis = { definition: { childComponents: [] } };
  const push = { analysis: { "": analysis } };
  const context = {
    fs: nodeFs,
    crash: ({ printedMessage }) => {
      throw new Error(printedMessage);
    },
  };
  const server = serverCodegen({ useTypeScript: false, envVars: [] });
  const files = {
    "api.d.ts": await componentApiDTS(context, push, root, root, new Map(), { staticApi: false }),
    "api.js": componentApiJs(),
    "dataModel.d.ts": dynamicDataModelDTS(),
    "server.d.ts": server.DTS,
    "server.js": server.JS,
  };
  const directory = join(folder, "_generated");
  mkdirSync(directory, { recursive: true });
  for (const [name, contents] of Object.entries(files)) {
    const formatted = await prettier.format(contents, { parser: "typescript", pluginSearchDirs: false });
    const path = join(directory, name);
    if (existsSync(path) && readFileSync(path, "utf8") === formatted) continue;
    if (check) {
      stale += 1;
      console.error(`${path} is stale: npm run --prefix end2end codegen`);
    } else {
      writeFileSync(path, formatted);
    }
  }
}
process.exitCode = stale === 0 ? 0 : 1;
