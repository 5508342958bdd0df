import { paginationOptsValidator, paginationResultValidator } from "convex/server";
import { v } from "convex/values";
import type { Doc, Id } from "./_generated/dataModel";
import type { MutationCtx } from "./_generated/server";
import { mutation, query } from "./_generated/server";
import { requireChannel } from "./model/channels";
import { refuse } from "./model/errors";
import {
  byTokenIdentifier,
  isModerator,
  publicPerson,
  requireIdentity,
  requireUser,
  toPublic,
} from "./model/users";

const MAXIMUM_LENGTH = 4000;

const message = v.object({
  _id: v.id("messages"),
  _creationTime: v.number(),
  channelId: v.id("channels"),
  body: v.string(),
  editedAt: v.optional(v.number()),
  /** Null when the author is gone. */
  author: v.union(v.null(), publicPerson),
  /** What the caller may do with it. */
  canEdit: v.boolean(),
  canRemove: v.boolean(),
});

/** A channel's messages, newest first. */
export const list = query({
  args: { channelId: v.id("channels"), paginationOpts: paginationOptsValidator },
  returns: paginationResultValidator(message),
  handler: async (ctx, { channelId, paginationOpts }) => {
    const identity = await requireIdentity(ctx);
    await requireChannel(ctx, channelId);
    const caller = await byTokenIdentifier(ctx, identity.tokenIdentifier);
    const moderates = isModerator(identity);
    const result = await ctx.db
      .query("messages")
      .withIndex("by_channel", (q) => q.eq("channelId", channelId))
      .order("desc")
      .paginate(paginationOpts);
    const page = await Promise.all(
      result.page.map(async ({ authorId, ...rest }) => {
        const author = await ctx.db.get(authorId);
        const isOwn = authorId === caller?._id;
        return {
          ...rest,
          author: author && toPublic(author),
          canEdit: isOwn,
          canRemove: isOwn || moderates,
        };
      }),
    );
    return { ...result, page };
  },
});

export const send = mutation({
  args: { channelId: v.id("channels"), body: v.string() },
  returns: v.id("messages"),
  handler: async (ctx, { channelId, body }) => {
    const author = await requireUser(ctx);
    await requireChannel(ctx, channelId);
    return ctx.db.insert("messages", { channelId, authorId: author._id, body: checked(body) });
  },
});

/** Changes one's own message. */
export const edit = mutation({
  args: { messageId: v.id("messages"), body: v.string() },
  returns: v.null(),
  handler: async (ctx, { messageId, body }) => {
    const { authorId } = await requireMessage(ctx, messageId);
    const caller = await requireUser(ctx);
    if (authorId !== caller._id) refuse("forbidden", "Only its author can change a message.");
    await ctx.db.patch(messageId, { body: checked(body), editedAt: Date.now() });
    return null;
  },
});

/** Removes one's own message; administrators of the active organization remove anybody's. */
export const remove = mutation({
  args: { messageId: v.id("messages") },
  returns: v.null(),
  handler: async (ctx, { messageId }) => {
    const identity = await requireIdentity(ctx);
    const { authorId } = await requireMessage(ctx, messageId);
    const caller = await byTokenIdentifier(ctx, identity.tokenIdentifier);
    if (authorId !== caller?._id && !isModerator(identity)) {
      refuse("forbidden", "Only its author or an administrator can remove a message.");
    }
    await ctx.db.delete(messageId);
    return null;
  },
});

/** Who is not signed in learns nothing about which messages exist. */
async function requireMessage(
  ctx: MutationCtx,
  messageId: Id<"messages">,
): Promise<Doc<"messages">> {
  await requireIdentity(ctx);
  return (await ctx.db.get(messageId)) ?? refuse("not_found", "There is no such message.");
}

function checked(body: string): string {
  const text = body.trim();
  if (text === "") refuse("invalid", "A message needs some text.");
  if (text.length > MAXIMUM_LENGTH) {
    refuse("invalid", `A message has at most ${MAXIMUM_LENGTH} characters.`);
  }
  return text;
}
