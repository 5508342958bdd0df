import type { AuthConfig } from "convex/server";

// The issuer is a small server inside the tests; see ../harness.mjs.
export default {
  providers: [
    { domain: process.env.TEST_ISSUER!, applicationID: "convex" },
    {
      type: "customJwt",
      issuer: `${process.env.TEST_ISSUER}/custom`,
      jwks: `${process.env.TEST_ISSUER}/jwks`,
      algorithm: "ES256",
    },
  ],
} satisfies AuthConfig;
