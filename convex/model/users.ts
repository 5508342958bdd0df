import type { UserIdentity } from "convex/server";
import type { Infer } from "convex/values";
import { v } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { person } from "../schema";
import { ensureDefaultChannel } from "./channels";
import { refuse } from "./errors";

const personObject = v.object(person);
export type Person = Infer<typeof personObject>;

/** What others see of a person. */
export const publicPerson = v.object({
  userId: v.id("users"),
  name: v.string(),
  pictureUrl: v.optional(v.string()),
});

export function toPublic(user: Doc<"users">): Infer<typeof publicPerson> {
  const { _id: userId, name, pictureUrl } = user;
  return { userId, name, ...(pictureUrl !== undefined && { pictureUrl }) };
}

/** The identity of a signed-in caller. */
export async function requireIdentity(ctx: QueryCtx | MutationCtx): Promise<UserIdentity> {
  return (await ctx.auth.getUserIdentity()) ?? refuse("unauthenticated", "Sign in first.");
}

/** The stored caller, who is stored at the first write if they were not before. */
export async function requireUser(ctx: MutationCtx): Promise<Doc<"users">> {
  const identity = await requireIdentity(ctx);
  const known = await byTokenIdentifier(ctx, identity.tokenIdentifier);
  if (known !== null) return known;
  const userId = await storePerson(ctx, fromIdentity(identity));
  return (await ctx.db.get(userId)) ?? refuse("not_found", "There is no such person.");
}

export function byTokenIdentifier(
  ctx: QueryCtx | MutationCtx,
  tokenIdentifier: string,
): Promise<Doc<"users"> | null> {
  return ctx.db
    .query("users")
    .withIndex("by_token_identifier", (q) => q.eq("tokenIdentifier", tokenIdentifier))
    .unique();
}

/** Whether the caller administers the organization that is active in their session. */
export function isModerator(identity: UserIdentity): boolean {
  if (identity.org_role === "org:admin") return true;
  // Session tokens say it in short: `o: { rol: "admin" }`.
  const organization = identity.o;
  return (
    typeof organization === "object" &&
    organization !== null &&
    !Array.isArray(organization) &&
    organization.rol === "admin"
  );
}

/** The identity of a caller who administers the active organization. */
export async function requireModerator(ctx: QueryCtx | MutationCtx): Promise<UserIdentity> {
  const identity = await requireIdentity(ctx);
  if (!isModerator(identity)) {
    refuse("forbidden", "Only administrators of the active organization can do this.");
  }
  return identity;
}

export function fromIdentity(identity: UserIdentity): Person {
  const fullName = [identity.givenName, identity.familyName].filter(Boolean).join(" ");
  return {
    tokenIdentifier: identity.tokenIdentifier,
    name: identity.name || fullName || identity.nickname || identity.email || "Somebody",
    email: identity.email,
    pictureUrl: identity.pictureUrl,
  };
}

/** Inserts a person or changes what is different, so that nobody's queries run anew for nothing. */
export async function storePerson(ctx: MutationCtx, stored: Person): Promise<Id<"users">> {
  const known = await byTokenIdentifier(ctx, stored.tokenIdentifier);
  if (known === null) {
    await ensureDefaultChannel(ctx);
    return ctx.db.insert("users", stored);
  }
  const { name, email, pictureUrl } = stored;
  if (known.name !== name || known.email !== email || known.pictureUrl !== pictureUrl) {
    await ctx.db.patch(known._id, { name, email, pictureUrl });
  }
  return known._id;
}
