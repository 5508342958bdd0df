// `npm run screenshots`: a picture of every page, on the same server as the specs.

import config from "./playwright.config.js";

export default {
  ...config,
  testDir: "./support",
  testMatch: "screenshots.ts",
  reporter: "list",
};
