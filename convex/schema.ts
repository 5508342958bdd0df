import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

/** What is known of a person: from their token, or from Clerk's webhook. */
export const person = {
  /** Issuer and subject, in the form of `identity.tokenIdentifier`. */
  tokenIdentifier: v.string(),
  name: v.string(),
  email: v.optional(v.string()),
  pictureUrl: v.optional(v.string()),
};

export default defineSchema({
  users: defineTable(person).index("by_token_identifier", ["tokenIdentifier"]),

  channels: defineTable({
    name: v.string(),
    /** Absent for the default channel, which nobody made. */
    createdBy: v.optional(v.id("users")),
  }).index("by_name", ["name"]),

  messages: defineTable({
    channelId: v.id("channels"),
    authorId: v.id("users"),
    body: v.string(),
    editedAt: v.optional(v.number()),
  }).index("by_channel", ["channelId"]),

  /** Who is in which channel. A row stays as it is while its person is there. */
  presence: defineTable({
    channelId: v.id("channels"),
    userId: v.id("users"),
  })
    .index("by_channel_and_user", ["channelId", "userId"])
    .index("by_user", ["userId"]),

  /** When presence ends. Apart, so that a heartbeat changes nothing that anybody watches. */
  presenceTimers: defineTable({
    presenceId: v.id("presence"),
    job: v.id("_scheduled_functions"),
  }).index("by_presence", ["presenceId"]),
});
