import { v } from "convex/values";
import { api } from "./_generated/api";
import { action, mutation, query } from "./_generated/server";

export const get = query({ args: {}, handler: (ctx) => ctx.auth.getUserIdentity() });

export const inMutation = mutation({
  args: {},
  returns: v.union(v.null(), v.string()),
  handler: async (ctx) => (await ctx.auth.getUserIdentity())?.subject ?? null,
});

/** The subject as an action sees it, and as a query does that it calls. */
export const inAction = action({
  args: {},
  handler: async (ctx): Promise<(string | null)[]> => {
    const here = await ctx.auth.getUserIdentity();
    const there = await ctx.runQuery(api.whoami.get, {});
    return [here?.subject ?? null, there?.subject ?? null];
  },
});
