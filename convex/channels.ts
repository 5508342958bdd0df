import { v } from "convex/values";
import { mutation, query } from "./_generated/server";
import { byName, DEFAULT_CHANNEL } from "./model/channels";
import { refuse } from "./model/errors";
import { requireIdentity, requireUser } from "./model/users";

const MAXIMUM_CHANNELS = 200;
const NAME = /^[\p{Letter}\p{Number}][\p{Letter}\p{Number} _-]{0,39}$/u;

/** All channels by name, the default one marked. */
export const list = query({
  args: {},
  returns: v.array(
    v.object({ _id: v.id("channels"), name: v.string(), isDefault: v.boolean() }),
  ),
  handler: async (ctx) => {
    await requireIdentity(ctx);
    const channels = await ctx.db.query("channels").withIndex("by_name").take(MAXIMUM_CHANNELS);
    return channels.map(({ _id, name }) => ({ _id, name, isDefault: name === DEFAULT_CHANNEL }));
  },
});

/** Makes a channel. Anybody who is signed in may. */
export const create = mutation({
  args: { name: v.string() },
  returns: v.id("channels"),
  handler: async (ctx, args) => {
    const user = await requireUser(ctx);
    const name = args.name.trim().toLowerCase();
    if (!NAME.test(name)) {
      refuse("invalid", "A channel's name is up to 40 letters, digits, spaces, - and _.");
    }
    if ((await byName(ctx, name)) !== null) refuse("invalid", `There is a channel “${name}” already.`);
    const channels = await ctx.db.query("channels").take(MAXIMUM_CHANNELS);
    if (channels.length === MAXIMUM_CHANNELS) refuse("invalid", "There are too many channels.");
    return ctx.db.insert("channels", { name, createdBy: user._id });
  },
});
