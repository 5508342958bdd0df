import { v } from "convex/values";
import { query } from "./_generated/server";

export const echo = query({ args: { value: v.any() }, handler: async (_, { value }) => value });

/** Pieces of a hundred thousand characters each. */
export const large = query({
  args: { pieces: v.number() },
  returns: v.array(v.string()),
  handler: async (_, { pieces }) => Array.from({ length: pieces }, (_, at) => `${at}: `.padEnd(100_000, "ä")),
});
