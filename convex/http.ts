import { httpRouter } from "convex/server";
import { internal } from "./_generated/api";
import { httpAction } from "./_generated/server";
import { isSigned, parseEvent, toPerson, tokenIdentifier } from "./model/clerkWebhook";

const http = httpRouter();

// In Clerk's dashboard: an endpoint at <this deployment's site URL>/clerk-users-webhook with the events user.created,
// user.updated and user.deleted. Its signing secret is the deployment's CLERK_WEBHOOK_SIGNING_SECRET.
http.route({
  path: "/clerk-users-webhook",
  method: "POST",
  handler: httpAction(async (ctx, request) => {
    const secret = process.env.CLERK_WEBHOOK_SIGNING_SECRET;
    const issuer = process.env.CLERK_JWT_ISSUER_DOMAIN;
    if (!secret || !issuer) {
      console.error("Set CLERK_WEBHOOK_SIGNING_SECRET and CLERK_JWT_ISSUER_DOMAIN to receive Clerk's events.");
      return new Response("not configured", { status: 500 });
    }
    // The signature is over the bytes as they came.
    const body = await request.text();
    if (!(await isSigned(request.headers, body, secret))) {
      return new Response("not signed by Clerk", { status: 400 });
    }
    const event = parseEvent(body);
    switch (event.type) {
      case "user.created":
      case "user.updated":
        await ctx.runMutation(internal.users.upsertFromClerk, toPerson(issuer, event.data));
        break;
      case "user.deleted":
        if (event.data.id) {
          await ctx.runMutation(internal.users.deleteFromClerk, {
            tokenIdentifier: tokenIdentifier(issuer, event.data.id),
          });
        }
        break;
    }
    return new Response(null, { status: 200 });
  }),
});

export default http;
