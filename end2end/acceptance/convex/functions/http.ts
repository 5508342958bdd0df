import { httpRouter } from "convex/server";
import { httpAction } from "./_generated/server";

const http = httpRouter();

http.route({
  path: "/whoami",
  method: "GET",
  handler: httpAction(async (ctx) => Response.json((await ctx.auth.getUserIdentity())?.subject ?? null)),
});

http.route({
  pathPrefix: "/echo/",
  method: "POST",
  handler: httpAction(async (_, request) => {
    const { pathname, searchParams } = new URL(request.url);
    return new Response(await request.text(), {
      status: 201,
      headers: { "x-path": pathname, "x-query": searchParams.get("q") ?? "" },
    });
  }),
});

export default http;
