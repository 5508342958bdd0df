import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { refuse } from "./errors";

export const DEFAULT_CHANNEL = "general";

export function byName(
  ctx: QueryCtx | MutationCtx,
  name: string,
): Promise<Doc<"channels"> | null> {
  return ctx.db
    .query("channels")
    .withIndex("by_name", (q) => q.eq("name", name))
    .unique();
}

/** The channel that everybody starts in. */
export async function ensureDefaultChannel(ctx: MutationCtx): Promise<Id<"channels">> {
  const channel = await byName(ctx, DEFAULT_CHANNEL);
  return channel?._id ?? ctx.db.insert("channels", { name: DEFAULT_CHANNEL });
}

export async function requireChannel(
  ctx: QueryCtx | MutationCtx,
  channelId: Id<"channels">,
): Promise<Doc<"channels">> {
  return (await ctx.db.get(channelId)) ?? refuse("not_found", "There is no such channel.");
}
