import { query } from "./_generated/server";

let bytes: Uint8Array | undefined = new TextEncoder().encode("module");
let address: URL | undefined = new URL("http://h");
const kept = new Map<string, unknown>([["a", {}]]);
console.log("when it is imported");

// Breaks whatever it can reach, and gives back what it found.
export const wreck = query(async () => {
  const found = [
    typeof (globalThis as any).Convex,
    typeof [].map,
    [1, 2].map((item) => item + 1),
    bytes!.length,
    JSON.stringify([...kept.keys()]),
    String(address),
    (globalThis as any).broken ?? "logged",
  ];
  bytes = undefined;
  address = undefined;
  kept.clear();
  console.log(new TextEncoder().encode("more"), crypto.subtle, structuredClone({ a: [1] }));
  await crypto.subtle.digest("SHA-256", new Uint8Array(1000));
  const used = ["globalThis", "ArrayBuffer", "JSON", "Object", "Array", "Promise", "Symbol", "String", "Number", "Error", "Math", "Date", "BigInt"];
  const remove = Reflect.deleteProperty;
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!used.includes(name)) remove(globalThis, name);
  }
  for (const method of ["shift", "concat", "splice", "reverse"]) delete (Array.prototype as any)[method];
  (Object.prototype as any).polluted = () => "everywhere";
  (globalThis as any).broken = "broken";
  const garbage: unknown[] = [];
  for (let index = 0; index < 200; index++) garbage.push({ index, garbage });
  delete (Object.prototype as any).polluted;
  return found;
});

export const leaveSyscallsOpen = query(async (ctx) => {
  for (let index = 0; index < 5; index++) void ctx.auth.getUserIdentity().catch(() => null);
  throw new Error("on purpose");
});
