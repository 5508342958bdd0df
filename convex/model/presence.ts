import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx } from "../_generated/server";

export function timerOf(
  ctx: MutationCtx,
  presenceId: Id<"presence">,
): Promise<Doc<"presenceTimers"> | null> {
  return ctx.db
    .query("presenceTimers")
    .withIndex("by_presence", (q) => q.eq("presenceId", presenceId))
    .unique();
}

/** Ends a presence before its time, and cancels what would have ended it then. */
export async function endPresence(ctx: MutationCtx, presenceId: Id<"presence">): Promise<void> {
  const timer = await timerOf(ctx, presenceId);
  if (timer !== null) {
    await ctx.scheduler.cancel(timer.job);
    await ctx.db.delete(timer._id);
  }
  await ctx.db.delete(presenceId);
}
