import type { AuthConfig } from "convex/server";

export default {
  providers: [
    {
      // Clerk's Frontend API URL: https://….clerk.accounts.dev
      domain: process.env.CLERK_JWT_ISSUER_DOMAIN!,
      // The audience that Clerk's Convex integration, or its JWT template "convex", puts into tokens.
      applicationID: "convex",
    },
  ],
} satisfies AuthConfig;
