import { ConvexError, v } from "convex/values";
import { query } from "./_generated/server";

export const plain = query({
  args: {},
  handler: async () => {
    throw new Error("plain on purpose");
  },
});

export const withData = query({
  args: { data: v.any() },
  handler: async (_, { data }) => {
    throw new ConvexError(data);
  },
});

export const wrongReturn = query({
  args: {},
  returns: v.string(),
  handler: async () => 1 as unknown as string,
});
