import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { internalMutation, mutation, query } from "./_generated/server";
import { requireChannel } from "./model/channels";
import { requireModerator } from "./model/users";

const MAXIMUM_CHANNELS = 200;

/** Counted up to here: an overview reads no channel to its end. */
const MAXIMUM_COUNTED = 100;

/** Removed at a time: one transaction is not for a whole history. */
const BATCH = 100;

/** Every channel with how much is in it. For administrators of the active organization. */
export const overview = query({
  args: {},
  returns: v.array(
    v.object({
      channelId: v.id("channels"),
      name: v.string(),
      messages: v.number(),
      /** Whether there are more messages than were counted. */
      hasMore: v.boolean(),
      /** When the last message was sent, or null. */
      latestAt: v.union(v.null(), v.number()),
    }),
  ),
  handler: async (ctx) => {
    await requireModerator(ctx);
    const channels = await ctx.db.query("channels").withIndex("by_name").take(MAXIMUM_CHANNELS);
    return Promise.all(
      channels.map(async ({ _id: channelId, name }) => {
        const latest = await ctx.db
          .query("messages")
          .withIndex("by_channel", (q) => q.eq("channelId", channelId))
          .order("desc")
          .take(MAXIMUM_COUNTED + 1);
        return {
          channelId,
          name,
          messages: Math.min(latest.length, MAXIMUM_COUNTED),
          hasMore: latest.length > MAXIMUM_COUNTED,
          latestAt: latest[0]?._creationTime ?? null,
        };
      }),
    );
  },
});

/** Removes what a channel holds by now, the last part of it later. For administrators of the active organization. */
export const clearChannel = mutation({
  args: { channelId: v.id("channels") },
  returns: v.object({
    removed: v.number(),
    /** Whether nothing is left to be removed in the background. */
    isDone: v.boolean(),
  }),
  handler: async (ctx, { channelId }) => {
    await requireModerator(ctx);
    await requireChannel(ctx, channelId);
    return removeUntil(ctx, channelId, Date.now());
  },
});

/** Goes on with what `clearChannel` has begun. */
export const continueClearing = internalMutation({
  args: { channelId: v.id("channels"), until: v.number() },
  returns: v.null(),
  handler: async (ctx, { channelId, until }) => {
    await removeUntil(ctx, channelId, until);
    return null;
  },
});

/** Removes one batch, oldest first, and schedules the next. What is sent after `until` stays. */
async function removeUntil(
  ctx: MutationCtx,
  channelId: Id<"channels">,
  until: number,
): Promise<{ removed: number; isDone: boolean }> {
  const messages = await ctx.db
    .query("messages")
    .withIndex("by_channel", (q) => q.eq("channelId", channelId).lte("_creationTime", until))
    .take(BATCH);
  for (const { _id } of messages) await ctx.db.delete(_id);
  const isDone = messages.length < BATCH;
  if (!isDone) await ctx.scheduler.runAfter(0, internal.admin.continueClearing, { channelId, until });
  return { removed: messages.length, isDone };
}
