import { ConvexError } from "convex/values";
import type { QueryCtx } from "./_generated/server";
import words from "./data/words.json";

export enum Color {
  Red = 1,
  Blue,
}

export namespace Words {
  export const greeting = words.greeting;
}

export function refuse(reason: string): never {
  throw new ConvexError({ reason, count: 5n });
}

export function fail(reason: string): never {
  interface Unused {
    reason: string;
  }
  const unused: Unused = { reason };
  throw new TypeError(unused.reason);
}

export async function identity(ctx: QueryCtx) {
  return await ctx.auth.getUserIdentity();
}
