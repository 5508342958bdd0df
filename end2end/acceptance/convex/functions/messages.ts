import { paginationOptsValidator } from "convex/server";
import { v } from "convex/values";
import { mutation, query } from "./_generated/server";

export const list = query({
  args: { author: v.string() },
  handler: (ctx, { author }) =>
    ctx.db
      .query("messages")
      .withIndex("by_author", (q) => q.eq("author", author))
      .collect(),
});

export const send = mutation({
  args: { author: v.string(), body: v.string(), rank: v.optional(v.number()) },
  returns: v.id("messages"),
  handler: (ctx, { author, body, rank }) => ctx.db.insert("messages", { author, body, rank: rank ?? 0 }),
});

/** Pages of ranks from `from` on, so that tests do not see each other's. */
export const page = query({
  args: { from: v.number(), paginationOpts: paginationOptsValidator },
  handler: (ctx, { from, paginationOpts }) =>
    ctx.db
      .query("messages")
      .withIndex("by_rank", (q) => q.gte("rank", from).lt("rank", from + 1000))
      .paginate(paginationOpts),
});
