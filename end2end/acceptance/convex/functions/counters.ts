import { ConvexError, v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import type { MutationCtx, QueryCtx } from "./_generated/server";
import { internalMutation, mutation, query } from "./_generated/server";

const named = { name: v.string() };

function find(ctx: QueryCtx | MutationCtx, name: string) {
  return ctx.db
    .query("counters")
    .withIndex("by_name", (q) => q.eq("name", name))
    .unique();
}

async function add(ctx: MutationCtx, name: string): Promise<number> {
  const counter = await find(ctx, name);
  if (counter === null) {
    await ctx.db.insert("counters", { name, value: 1 });
    return 1;
  }
  await ctx.db.patch(counter._id, { value: counter.value + 1 });
  return counter.value + 1;
}

export const get = query({
  args: named,
  returns: v.number(),
  handler: async (ctx, { name }) => (await find(ctx, name))?.value ?? 0,
});

export const getDoubled = query({
  args: named,
  returns: v.number(),
  handler: async (ctx, { name }) => 2 * ((await find(ctx, name))?.value ?? 0),
});

export const increment = mutation({
  args: named,
  returns: v.number(),
  handler: (ctx, { name }) => add(ctx, name),
});

export const incrementInternally = internalMutation({
  args: named,
  returns: v.number(),
  handler: (ctx, { name }) => add(ctx, name),
});

export const incrementLater = mutation({
  args: named,
  returns: v.id("_scheduled_functions"),
  handler: (ctx, { name }): Promise<Id<"_scheduled_functions">> =>
    ctx.scheduler.runAfter(10, internal.counters.incrementInternally, { name }),
});

export const nothing = mutation({ args: {}, returns: v.null(), handler: async () => null });

/** Writes, and then fails: nothing of it may stay. */
export const incrementAndFail = mutation({
  args: { ...named, data: v.optional(v.any()) },
  handler: async (ctx, { name, data }) => {
    await add(ctx, name);
    if (data === undefined) throw new Error("failed on purpose");
    throw new ConvexError(data);
  },
});
