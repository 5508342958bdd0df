import { action, query } from "./_generated/server";

export const spin = query(async () => {
  for (;;);
});
export const spinInAction = action(async () => {
  for (;;);
});
export const allocate = query(async () => {
  const kept: unknown[] = [];
  for (let index = 0; index < 1024; index++) kept.push(new Uint8Array(1 << 20));
  return kept.length;
});
export const hoard = query(async () => {
  const kept: unknown[] = [];
  for (let index = 0; ; index++) kept.push({ index });
});
export const throwsNull = query(async () => {
  throw null;
});
export const recurse = query(async () => {
  const down = (depth: number): number => down(depth + 1) + 1;
  return down(0);
});
export const microtasks = query(async () => {
  for (;;) await null;
});
export const never = query(async () => await new Promise(() => {}));
export const fine = query(async () => "fine");
