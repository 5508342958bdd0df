import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";
import { api } from "./_generated/api";

const http = httpRouter();
http.route({
  path: "/a",
  method: "GET",
  handler: httpAction(async (ctx, request) => {
    const found = await ctx.runQuery(api.messages.list, {});
    const url = new URL(request.url);
    return Response.json({ found, name: url.searchParams.get("name"), agent: request.headers.get("user-agent") });
  }),
});
http.route({
  pathPrefix: "/p/",
  method: "POST",
  handler: httpAction(async (_ctx, request) => {
    const key = await crypto.subtle.importKey("raw", new TextEncoder().encode("secret"), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    const body = await request.text();
    const signature = Uint8Array.from(atob(request.headers.get("signature")!), (character) => character.charCodeAt(0));
    const isValid = await crypto.subtle.verify("HMAC", key, signature, new TextEncoder().encode(body));
    const headers = new Headers({ "X-Valid": String(isValid) });
    headers.append("Set-Cookie", "a=1");
    headers.append("Set-Cookie", "b=2");
    return new Response(body.toUpperCase(), { status: 201, headers });
  }),
});
export default http;
