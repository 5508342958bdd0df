import { action, query } from "./_generated/server";

const loaded = Date.now();

const message = (work: () => unknown) => {
  try {
    work();
    return "allowed";
  } catch (error) {
    return (error as Error).message;
  }
};

export const values = query(async () => [
  Date.now(), new Date().getTime(), Math.random(), Math.random(), new Date(0).toISOString(), Date() === new Date().toString(),
  new Date() instanceof Date, loaded === Date.now(),
]);
export const refused = query(async () => [
  message(() => setTimeout(() => {}, 1)),
  message(() => fetch("http://127.0.0.1/")),
  message(() => crypto.randomUUID()),
  message(() => crypto.getRandomValues(new Uint8Array(1))),
  message(() => performance.now()),
  typeof WeakRef, typeof SharedArrayBuffer, typeof window,
]);
export const dynamic = query(async () => await import("./helpers").then(() => "imported"));
export const dynamicInAction = action(async () => (await import("./helpers")).Color.Red);
