import { v } from "convex/values";
import { internal } from "./_generated/api";
import type { Doc, Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { internalMutation, mutation, query } from "./_generated/server";
import { requireChannel } from "./model/channels";
import { endPresence, timerOf } from "./model/presence";
import { publicPerson, requireIdentity, requireUser, toPublic } from "./model/users";

/** Who has not been heard of for this long is gone. Clients call `heartbeat` twice as often. */
const EXPIRES_AFTER_MS = 30_000;

const MAXIMUM_SHOWN = 100;

/** Who is in a channel. It reads no clock: whoever is gone is removed by `expire`. */
export const here = query({
  args: { channelId: v.id("channels") },
  returns: v.array(publicPerson),
  handler: async (ctx, { channelId }) => {
    await requireIdentity(ctx);
    const rows = await ctx.db
      .query("presence")
      .withIndex("by_channel_and_user", (q) => q.eq("channelId", channelId))
      .take(MAXIMUM_SHOWN);
    const users = await Promise.all(rows.map((row) => ctx.db.get(row.userId)));
    return users.filter((user) => user !== null).map(toPublic);
  },
});

/** Says that the caller is in a channel, for the next half minute. */
export const heartbeat = mutation({
  args: { channelId: v.id("channels") },
  returns: v.null(),
  handler: async (ctx, { channelId }) => {
    const user = await requireUser(ctx);
    await requireChannel(ctx, channelId);
    const known = await find(ctx, channelId, user._id);
    const presenceId = known?._id ?? (await ctx.db.insert("presence", { channelId, userId: user._id }));
    const job = await ctx.scheduler.runAfter(EXPIRES_AFTER_MS, internal.presence.expire, { presenceId });
    const timer = await timerOf(ctx, presenceId);
    if (timer === null) {
      await ctx.db.insert("presenceTimers", { presenceId, job });
    } else {
      await ctx.scheduler.cancel(timer.job);
      await ctx.db.patch(timer._id, { job });
    }
    return null;
  },
});

/** Says that the caller has left. */
export const leave = mutation({
  args: { channelId: v.id("channels") },
  returns: v.null(),
  handler: async (ctx, { channelId }) => {
    const user = await requireUser(ctx);
    const presence = await find(ctx, channelId, user._id);
    if (presence !== null) await endPresence(ctx, presence._id);
    return null;
  },
});

export const expire = internalMutation({
  args: { presenceId: v.id("presence") },
  returns: v.null(),
  handler: async (ctx, { presenceId }) => {
    // The job of the timer is this run: there is nothing to cancel.
    const timer = await timerOf(ctx, presenceId);
    if (timer !== null) await ctx.db.delete(timer._id);
    if ((await ctx.db.get(presenceId)) !== null) await ctx.db.delete(presenceId);
    return null;
  },
});

function find(
  ctx: MutationCtx,
  channelId: Id<"channels">,
  userId: Id<"users">,
): Promise<Doc<"presence"> | null> {
  return ctx.db
    .query("presence")
    .withIndex("by_channel_and_user", (q) => q.eq("channelId", channelId).eq("userId", userId))
    .unique();
}
