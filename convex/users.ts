import { v } from "convex/values";
import { internalMutation, mutation, query } from "./_generated/server";
import { endPresence } from "./model/presence";
import {
  byTokenIdentifier,
  fromIdentity,
  isModerator,
  requireIdentity,
  storePerson,
} from "./model/users";
import { person } from "./schema";

/** The signed-in person as stored, or null: signed out, or not stored yet. */
export const current = query({
  args: {},
  returns: v.union(
    v.null(),
    v.object({
      _id: v.id("users"),
      _creationTime: v.number(),
      ...person,
      /** Whether they may remove other people's messages. */
      isModerator: v.boolean(),
    }),
  ),
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    if (identity === null) return null;
    const user = await byTokenIdentifier(ctx, identity.tokenIdentifier);
    return user && { ...user, isModerator: isModerator(identity) };
  },
});

/** Stores the signed-in person, or what has changed about them. Call it after sign-in. */
export const store = mutation({
  args: {},
  returns: v.id("users"),
  handler: async (ctx) => storePerson(ctx, fromIdentity(await requireIdentity(ctx))),
});

/** What Clerk's webhook says of a person. */
export const upsertFromClerk = internalMutation({
  args: person,
  returns: v.id("users"),
  handler: (ctx, args) => storePerson(ctx, args),
});

/** Forgets a person. What they wrote stays, without a name. */
export const deleteFromClerk = internalMutation({
  args: { tokenIdentifier: v.string() },
  returns: v.null(),
  handler: async (ctx, { tokenIdentifier }) => {
    const user = await byTokenIdentifier(ctx, tokenIdentifier);
    if (user === null) return null;
    const presences = await ctx.db
      .query("presence")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    for (const presence of presences) await endPresence(ctx, presence._id);
    await ctx.db.delete(user._id);
    return null;
  },
});
