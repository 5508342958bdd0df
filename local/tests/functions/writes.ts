import { mutation, query } from "./_generated/server";
import { v } from "convex/values";

export const add = mutation({
  args: { client: v.number(), number: v.number() },
  handler: async (ctx, args) => ctx.db.insert("writes", args),
});

export const of = query({
  args: { client: v.number() },
  handler: async (ctx, { client }) => {
    const rows = await ctx.db
      .query("writes")
      .withIndex("by_client", (q) => q.eq("client", client))
      .collect();
    return rows.map((row) => row.number);
  },
});

export const count = query({
  args: {},
  handler: async (ctx) => (await ctx.db.query("counters").first())?.value ?? 0,
});

export const increment = mutation({
  args: {},
  handler: async (ctx) => {
    const counter = await ctx.db.query("counters").first();
    if (counter === null) {
      await ctx.db.insert("counters", { value: 1 });
    } else {
      await ctx.db.patch(counter._id, { value: counter.value + 1 });
    }
  },
});

export const loop = mutation({
  args: {},
  handler: async () => {
    for (;;) {
      // Until the limit.
    }
  },
});

export const hoard = query({
  args: {},
  handler: async () => {
    const hoard: Uint8Array[] = [];
    for (let at = 0; at < 1024; at++) {
      hoard.push(new Uint8Array(1 << 20).fill(at));
    }
    return hoard.length;
  },
});
