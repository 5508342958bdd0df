import { internalMutation, mutation, query, action } from "./_generated/server";
import { v } from "convex/values";
import { paginationOptsValidator } from "convex/server";
import { Color, Words, fail, identity, refuse } from "./helpers";

let calls = 0;

export const list = query({ handler: async () => null });

export const send = mutation({
  args: { a: v.string(), b: v.optional(v.int64()), p: paginationOptsValidator },
  returns: v.id("users"),
  handler: async (ctx, { a }) => (await ctx.db.insert("messages" as any, { a })) as any,
});

export const later = internalMutation({ args: {}, handler: async () => null });

export const color = query(async () => [Color.Blue, Color[1], Words.greeting]);

export const countCalls = query(async () => {
  calls += 1;
  (globalThis as any).leak = ((globalThis as any).leak ?? 0) + 1;
  (Array.prototype as any).leak = ((Array.prototype as any).leak ?? 0) + 1;
  return [calls, (globalThis as any).leak, (Array.prototype as any).leak];
});

export const refused = mutation(async () => refuse("no entry"));

export const failed = query(async () => {
  const before: string = "x";
  return fail(before);
});

export const failedAfterAwait = query(async (ctx) => {
  await identity(ctx as any);
  return fail("late");
});

export const throwsText = query(async () => {
  throw "just text";
});

export const environment = query(async () => [process.env.NAME ?? null, process.env.HOME ?? null]);

export const log = query(async () => {
  console.log("text", { a: 1, b: [1, 2n, "x"], c: undefined }, new Map([["k", 1]]), new Set([1]), null, -0);
  console.debug("it's");
  console.info([]);
  console.warn(new Date(0), /a/g);
  console.error(new Error("broken"));
  console.log("a".repeat(40_000));
  for (let index = 0; index < 300; index++) console.log(index);
  return null;
});

export default query(async () => "default export");

export const nap = action(async () => {
  const start = Date.now();
  await new Promise((resolve) => setTimeout(resolve, 20));
  return Date.now() - start >= 19;
});

export const fetchText = action({
  args: { url: v.string() },
  handler: async (_ctx, { url }) => {
    const response = await fetch(url, { method: "POST", body: JSON.stringify({ a: 1 }), headers: { "x-test": "yes" } });
    return [response.status, response.headers.get("content-type"), await response.json()];
  },
});

export const fetchAborted = action({
  args: { url: v.string() },
  handler: async (_ctx, { url }) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 5);
    try {
      await fetch(url, { signal: controller.signal });
      return "answered";
    } catch (error) {
      return (error as Error).name;
    }
  },
});
