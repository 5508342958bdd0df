// What `convex-samples.json` has recorded syscalls of.
import { createFunctionHandle } from "convex/server";
import { ConvexError, v } from "convex/values";
import { action, mutation, query } from "./_generated/server";
import { api, internal } from "./_generated/api";

export const dbGetForms = query(async (ctx: any) => {
  await ctx.db.get("j57abc");
  await ctx.db.get("users", "j57abc");
  await ctx.db.system.get("kg2abc");
  ctx.db.normalizeId("users", "j57abc");
  return 1n;
});
export const iterateAndBreak = query(async (ctx: any) => {
  for await (const _ of ctx.db.query("messages")) break;
});
export const writes = mutation({
  args: { body: v.string() },
  handler: async (ctx: any, { body }) => {
    const id = await ctx.db.insert("messages", { body, big: 7n });
    await ctx.db.patch(id, { author: undefined, body: "x" });
    await ctx.db.patch("messages", id, { n: 1 });
    await ctx.db.replace(id, { body: "y" });
    await ctx.db.delete(id);
    await ctx.db.delete("messages", id);
    return id;
  },
});
export const auth = query(async (ctx) => await ctx.auth.getUserIdentity());
export const nestedCalls = mutation(async (ctx: any) => {
  await ctx.runQuery(api.messages.list, { a: 1 });
  await ctx.runMutation((api as any).dir.messages.send, {});
  await ctx.scheduler.runAfter(1500, internal.messages.later, { x: 1 });
  const id = await ctx.scheduler.runAt(1760000001500, internal.messages.later, {});
  await ctx.scheduler.cancel(id);
  await createFunctionHandle(api.messages.list as any);
});
export const handleCalls = mutation(async (ctx: any) => void (await ctx.runQuery("function://;messages:list", {})));
export const actionCalls = action(async (ctx: any) => {
  await ctx.runQuery(api.messages.list, {});
  await ctx.runMutation(api.messages.send, {});
  await ctx.runAction((api as any).tools.run, {});
});
export const throwsConvexError = mutation(async () => {
  throw new ConvexError({ code: 5n });
});
export const returnsUndefined = mutation(async () => {});

export const nested = mutation(async (ctx: any) => {
  console.log("before");
  const result = await ctx.runQuery(api.messages.log, {}).then(() => "logged", (error: Error) => error.message);
  console.log("after");
  return result;
});
export const catches = mutation(async (ctx: any) => {
  try {
    await ctx.runMutation(api.messages.refused, {});
  } catch (error) {
    return error instanceof ConvexError ? error.data : "no ConvexError";
  }
});
export const dangling = mutation(async (ctx: any) => {
  void ctx.db.insert("messages", { n: 1 });
  void ctx.db.insert("messages", { n: 2 });
  return "returned";
});
export const together = query(async (ctx: any) => await Promise.all([ctx.db.get("a"), ctx.db.get("b"), ctx.db.get("c")]));
export const hostFails = query(async (ctx: any) => await ctx.db.get("bad"));

export const queryShapes = query(async (ctx: any) => {
  const messages = () => ctx.db.query("messages");
  await messages().collect();
  await messages().order("desc").first();
  await messages()
    .withIndex("by_author", (q: any) => q.eq("author", "u").gte("body", "a").lt("body", "b"))
    .order("desc")
    .filter((q: any) =>
      q.and(
        q.neq(q.field("body"), "x"),
        q.or(q.eq(q.field("n"), 5n), q.not(q.lte(q.add(q.field("_creationTime"), 1), 3))),
      ),
    )
    .take(2);
  await messages()
    .withIndex("by_author", (q: any) => q.eq("author", undefined))
    .unique();
  await messages()
    .withSearchIndex("search_body", (q: any) => q.search("body", "hi").eq("author", "u"))
    .take(5);
  await messages().paginate({ numItems: 10, cursor: null });
  await messages().paginate({ numItems: 10, cursor: "C", endCursor: "E", maximumRowsRead: 100 });
  await ctx.db.system.query("_scheduled_functions").collect();
  await messages().count();
});
export const storageInMutation = mutation(async (ctx: any) => {
  await ctx.storage.generateUploadUrl();
  await ctx.storage.getUrl("kg5");
  await ctx.storage.delete("kg5");
  await ctx.storage.store(new Blob(["hi"], { type: "text/plain" }));
  await ctx.db.system.get("kg5");
});
export const metaQuery = query(async (ctx: any) => {
  await ctx.meta.getFunctionMetadata();
  await ctx.meta.getTransactionMetrics();
  await ctx.meta.getDeploymentMetadata();
  ctx.meta.getSnapshotTs();
  return Object.keys(ctx.meta);
});
export const metaMutation = mutation(async (ctx: any) => {
  await ctx.meta.getFunctionMetadata();
  await ctx.meta.getTransactionMetrics();
  await ctx.meta.getDeploymentMetadata();
  await ctx.meta.getRequestMetadata();
  ctx.meta.getSnapshotTs();
  return Object.keys(ctx.meta);
});
