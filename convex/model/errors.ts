import { ConvexError } from "convex/values";

export type RefusalCode = "unauthenticated" | "forbidden" | "not_found" | "invalid";

/** Refuses a call in a form that clients can tell apart by `error.data.code`. */
export function refuse(code: RefusalCode, message: string): never {
  throw new ConvexError({ code, message });
}
