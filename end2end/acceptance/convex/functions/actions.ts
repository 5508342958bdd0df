import { ConvexError, v } from "convex/values";
import { api } from "./_generated/api";
import { action } from "./_generated/server";

/** Calls mutations and a query, each a transaction of its own. */
export const incrementTwice = action({
  args: { name: v.string() },
  returns: v.array(v.number()),
  handler: async (ctx, { name }): Promise<number[]> => {
    const first = await ctx.runMutation(api.counters.increment, { name });
    const second = await ctx.runMutation(api.counters.increment, { name });
    return [first, second, await ctx.runQuery(api.counters.get, { name })];
  },
});

export const wait = action({
  args: { milliseconds: v.number() },
  returns: v.null(),
  handler: async (_, { milliseconds }) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return null;
  },
});

export const fail = action({
  args: { data: v.any() },
  handler: async (_, { data }) => {
    throw new ConvexError(data);
  },
});
