import { defineSchema, defineTable } from "convex/server";
import { v } from "convex/values";

export default defineSchema({
  writes: defineTable({ client: v.number(), number: v.number() }).index("by_client", ["client", "number"]),
  counters: defineTable({ value: v.number() }),
});
