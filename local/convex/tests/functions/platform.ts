import { query } from "./_generated/server";

const hex = (buffer: ArrayBuffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text: string) => new TextEncoder().encode(text);

export const digests = query(async () => {
  const result: string[] = [];
  for (const name of ["SHA-1", "SHA-256", "SHA-384", "SHA-512"]) result.push(hex(await crypto.subtle.digest(name, bytes("abc"))));
  return result;
});
export const hmac = query(async () => {
  const key = await crypto.subtle.importKey("raw", bytes("Jefe"), { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  const signature = await crypto.subtle.sign("HMAC", key, bytes("what do ya want for nothing?"));
  const other = bytes("what do ya want for nothing!");
  return [hex(signature), await crypto.subtle.verify("HMAC", key, signature, other)];
});
export const url = query(async () => {
  const url = new URL("../b?x=1&y=a%20b#h", "https://user:pw@example.com:8080/a/c/d");
  const first = [url.href, url.origin, url.host, url.pathname, url.search, url.hash, url.searchParams.get("y")];
  url.searchParams.append("z", "ä&");
  url.port = "443";
  url.hash = "";
  return [...first, url.toString(), URL.canParse("nope"), new URLSearchParams({ a: "1", b: "2 3" }).toString()];
});
export const text = query(async () => {
  const decoder = new TextDecoder();
  const all = bytes("aé€😀");
  let streamed = "";
  for (const byte of all) streamed += decoder.decode(new Uint8Array([byte]), { stream: true });
  return [all.length, streamed, decoder.decode(new Uint8Array([0xff, 65])), decoder.decode(bytes("\uFEFFx"))];
});
export const bodies = query(async () => {
  const form = new FormData();
  form.append("name", "välue");
  form.append("file", new Blob(["content"], { type: "text/plain" }), "a.txt");
  const request = new Request("https://example.com/x", { method: "post", body: form });
  const read = await request.clone().formData();
  const file = read.get("file") as File;
  const response = Response.json({ a: 1 }, { status: 202 });
  return [
    request.method, read.get("name"), file.name, await file.text(), file.type,
    response.status, response.headers.get("Content-Type"), await response.json(), response.bodyUsed,
    await new Blob(["a", new Uint8Array([98])]).text(),
  ];
});
export const others = query(async () => {
  const original = { date: new Date(0), map: new Map([[1, { a: [1n] }]]), self: null as unknown };
  original.self = original;
  const copy = structuredClone(original);
  const controller = new AbortController();
  let aborted = 0;
  controller.signal.addEventListener("abort", () => aborted++);
  controller.abort();
  controller.abort();
  const target = new EventTarget();
  let detail: unknown;
  target.addEventListener("ping", (event) => (detail = (event as CustomEvent).detail), { once: true });
  target.dispatchEvent(new CustomEvent("ping", { detail: 7 }));
  let missing = "";
  try {
    new ReadableStream();
  } catch (error) {
    missing = (error as Error).message;
  }
  return [copy.self === copy, copy.date.getTime(), copy.map.get(1)!.a[0] === 1n, aborted, controller.signal.reason.name, detail, missing];
});
export const missing = query(async () => new Intl.NumberFormat("en").format(1));
