import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  users: defineTable({
    name: v.string(),
    tokenIdentifier: v.string(),
    role: v.optional(v.union(v.literal("admin"), v.literal("member"))),
  }).index("by_token", ["tokenIdentifier"]),
  messages: defineTable({
    author: v.id("users"),
    body: v.string(),
    n: v.int64(),
    meta: v.record(v.string(), v.any()),
    tags: v.array(v.string()),
    raw: v.bytes(),
    flag: v.boolean(),
    z: v.null(),
    x: v.number(),
  })
    .index("by_author", ["author", "body"])
    .searchIndex("search_body", { searchField: "body", filterFields: ["author"] })
    .vectorIndex("by_vec", { vectorField: "x", dimensions: 3, filterFields: ["author"] }),
  anything: defineTable(v.union(v.object({ k: v.literal("a") }), v.object({ k: v.literal("b"), w: v.number() }))),
});
