import type { Person } from "./users";

/** By how much, in seconds, an event may be older or newer than now. */
const TOLERANCE = 300;

/** A user as Clerk's events describe one. */
type ClerkUser = {
  id: string;
  first_name?: string | null;
  last_name?: string | null;
  username?: string | null;
  image_url?: string | null;
  primary_email_address_id?: string | null;
  email_addresses?: { id: string; email_address: string }[];
};

export type ClerkEvent =
  | { type: "user.created" | "user.updated"; data: ClerkUser }
  | { type: "user.deleted"; data: { id?: string } }
  | { type: "other" };

/** Whether the body is Clerk's, by the signature that svix puts into the headers. */
export async function isSigned(headers: Headers, body: string, secret: string): Promise<boolean> {
  const id = headers.get("svix-id")?.trim();
  const timestamp = headers.get("svix-timestamp")?.trim();
  const signatures = headers.get("svix-signature")?.trim();
  if (!id || !timestamp || !signatures || !/^\d+$/.test(timestamp)) return false;
  if (Math.abs(Math.floor(Date.now() / 1000) - Number(timestamp)) > TOLERANCE) return false;
  const keyBytes = fromBase64(secret.replace(/^whsec_/, ""));
  if (keyBytes === null) return false;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", keyBytes, algorithm, false, ["verify"]);
  const signed = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  for (const entry of signatures.split(" ")) {
    const [version, encoded] = entry.split(",");
    const signature = version === "v1" && encoded ? fromBase64(encoded) : null;
    if (signature && (await crypto.subtle.verify("HMAC", key, signature, signed))) return true;
  }
  return false;
}

/** Reads a body that is known to be Clerk's. Events that nobody here needs are all alike. */
export function parseEvent(body: string): ClerkEvent {
  const event = JSON.parse(body);
  switch (event?.type) {
    case "user.created":
    case "user.updated":
    case "user.deleted":
      return event;
    default:
      return { type: "other" };
  }
}

/** The identifier that this user's tokens carry. */
export function tokenIdentifier(issuer: string, userId: string): string {
  const withScheme = issuer.includes("://") ? issuer : `https://${issuer}`;
  return `${withScheme.replace(/\/$/, "")}|${userId}`;
}

export function toPerson(issuer: string, user: ClerkUser): Person {
  const addresses = user.email_addresses ?? [];
  const primary = addresses.find(({ id }) => id === user.primary_email_address_id);
  const email = primary?.email_address;
  const fullName = [user.first_name, user.last_name].filter(Boolean).join(" ");
  return {
    tokenIdentifier: tokenIdentifier(issuer, user.id),
    name: fullName || user.username || email || "Somebody",
    email,
    pictureUrl: user.image_url ?? undefined,
  };
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
