// Headers, bodies, requests and responses, and `fetch` itself. Bodies are whole: there are no streams.

export default function makeFetch(host) {
  const { binary, bytesOf, joined } = host.part("text");
  const encode = (text) => new TextEncoder().encode(text);
  const decode = (bytes) => new TextDecoder().decode(bytes);
  const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

  class Headers {
    #pairs = [];
    constructor(init = []) {
      const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
      for (const [name, value] of pairs) this.append(name, value);
    }
    #name(name) {
      if (!NAME.test(String(name))) throw new TypeError(`Headers: ${name} is not the name of a header.`);
      return String(name).toLowerCase();
    }
    #value(value) {
      const text = String(value).replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");
      if (/[\0\n\r]/.test(text)) throw new TypeError("Headers: a value holds a line break.");
      return text;
    }
    append(name, value) {
      this.#pairs.push([this.#name(name), this.#value(value)]);
    }
    delete(name) {
      const key = this.#name(name);
      this.#pairs = this.#pairs.filter((pair) => pair[0] !== key);
    }
    get(name) {
      const key = this.#name(name);
      const values = this.#pairs.filter((pair) => pair[0] === key).map((pair) => pair[1]);
      return values.length === 0 ? null : values.join(", ");
    }
    getSetCookie() {
      return this.#pairs.filter((pair) => pair[0] === "set-cookie").map((pair) => pair[1]);
    }
    has(name) {
      const key = this.#name(name);
      return this.#pairs.some((pair) => pair[0] === key);
    }
    set(name, value) {
      this.delete(name);
      this.append(name, value);
    }
    forEach(callback, self) {
      for (const [name, value] of this) callback.call(self, value, name, this);
    }
    *entries() {
      for (const name of [...new Set(this.#pairs.map((pair) => pair[0]))].sort()) {
        if (name === "set-cookie") for (const value of this.getSetCookie()) yield [name, value];
        else yield [name, this.get(name)];
      }
    }
    *keys() {
      for (const [name] of this) yield name;
    }
    *values() {
      for (const [, value] of this) yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    get [Symbol.toStringTag]() {
      return "Headers";
    }
  }

  class Blob {
    #bytes;
    #type;
    constructor(parts = [], { type = "" } = {}) {
      this.#bytes = joined(
        [...parts].map((part) =>
          part instanceof Blob ? part.#bytes : part instanceof ArrayBuffer || ArrayBuffer.isView(part) ? bytesOf(part) : encode(String(part)),
        ),
      );
      this.#type = /^[\x20-\x7e]*$/.test(type) ? String(type).toLowerCase() : "";
    }
    get size() {
      return this.#bytes.length;
    }
    get type() {
      return this.#type;
    }
    slice(start = 0, end = this.size, type = "") {
      return new Blob([this.#bytes.slice(start, end)], { type });
    }
    async arrayBuffer() {
      return this.#bytes.slice().buffer;
    }
    async bytes() {
      return this.#bytes.slice();
    }
    async text() {
      return decode(this.#bytes);
    }
    stream() {
      return new ReadableStream();
    }
    static bytes(blob) {
      return blob.#bytes;
    }
    get [Symbol.toStringTag]() {
      return "Blob";
    }
  }
  const blobBytes = Blob.bytes;
  delete Blob.bytes;

  class File extends Blob {
    constructor(parts, name, options = {}) {
      super(parts, options);
      this.name = String(name);
      this.lastModified = options.lastModified ?? Date.now();
    }
  }

  class FormData {
    #pairs = [];
    #entry(name, value, file) {
      if (!(value instanceof Blob)) return [String(name), String(value)];
      if (value instanceof File && file === undefined) return [String(name), value];
      return [String(name), new File([value], file ?? "blob", { type: value.type })];
    }
    append(name, value, file) {
      this.#pairs.push(this.#entry(name, value, file));
    }
    set(name, value, file) {
      const index = this.#pairs.findIndex((pair) => pair[0] === String(name));
      if (index < 0) return this.append(name, value, file);
      this.#pairs = this.#pairs.filter((pair, other) => other === index || pair[0] !== String(name));
      this.#pairs[index] = this.#entry(name, value, file);
    }
    delete(name) {
      this.#pairs = this.#pairs.filter((pair) => pair[0] !== String(name));
    }
    get(name) {
      return this.#pairs.find((pair) => pair[0] === String(name))?.[1] ?? null;
    }
    getAll(name) {
      return this.#pairs.filter((pair) => pair[0] === String(name)).map((pair) => pair[1]);
    }
    has(name) {
      return this.#pairs.some((pair) => pair[0] === String(name));
    }
    forEach(callback, self) {
      for (const [name, value] of this) callback.call(self, value, name, this);
    }
    *entries() {
      for (const [name, value] of this.#pairs) yield [name, value];
    }
    *keys() {
      for (const [name] of this.#pairs) yield name;
    }
    *values() {
      for (const [, value] of this.#pairs) yield value;
    }
    [Symbol.iterator]() {
      return this.entries();
    }
  }

  const multipart = (form) => {
    const boundary = `----convex${Array.from({ length: 4 }, () => Math.random().toString(36).slice(2, 10)).join("")}`;
    const quote = (text) => text.replaceAll("\r", "%0D").replaceAll("\n", "%0A").replaceAll('"', "%22");
    const parts = [];
    for (const [name, value] of form) {
      const head = `--${boundary}\r\ncontent-disposition: form-data; name="${quote(name)}"`;
      if (typeof value === "string") {
        parts.push(encode(`${head}\r\n\r\n${value}\r\n`));
      } else {
        const type = value.type === "" ? "application/octet-stream" : value.type;
        parts.push(encode(`${head}; filename="${quote(value.name)}"\r\ncontent-type: ${type}\r\n\r\n`), blobBytes(value), encode("\r\n"));
      }
    }
    parts.push(encode(`--${boundary}--\r\n`));
    return [joined(parts), `multipart/form-data; boundary=${boundary}`];
  };

  // The bytes of anything that can be a body, and the content type that goes with it.
  const extract = (body) => {
    if (body === null || body === undefined) return [null, null];
    if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) return [bytesOf(body).slice(), null];
    if (body instanceof Blob) return [blobBytes(body), body.type === "" ? null : body.type];
    if (body instanceof FormData) return multipart(body);
    if (body instanceof URLSearchParams) {
      return [encode(body.toString()), "application/x-www-form-urlencoded;charset=UTF-8"];
    }
    return [encode(String(body)), "text/plain;charset=UTF-8"];
  };

  const readForm = async (bytes, type) => {
    const form = new FormData();
    if (type.startsWith("application/x-www-form-urlencoded")) {
      for (const [name, value] of new URLSearchParams(decode(bytes))) form.append(name, value);
      return form;
    }
    const boundary = /^multipart\/form-data;.*boundary=(?:"([^"]+)"|([^;]+))/i.exec(type);
    if (boundary === null) throw new TypeError("The body is not a form.");
    // One character for each byte, so that positions in the text are positions in the bytes.
    const text = binary(bytes);
    const toBytes = (binary) => Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const utf8 = (binary) => decode(toBytes(binary));
    for (const piece of `\r\n${text}`.split(`\r\n--${boundary[1] ?? boundary[2]}`).slice(1, -1)) {
      const end = piece.indexOf("\r\n\r\n");
      const head = piece.slice(0, end);
      const content = piece.slice(end + 4);
      const name = /[; ]name="([^"]*)"/i.exec(head)?.[1];
      if (end < 0 || name === undefined) throw new TypeError("The body is not a form.");
      const file = /filename="([^"]*)"/i.exec(head)?.[1];
      const partType = /content-type: *([^\r\n]+)/i.exec(head)?.[1] ?? "text/plain";
      if (file === undefined) form.append(utf8(name), utf8(content));
      else form.append(utf8(name), new File([toBytes(content)], utf8(file), { type: partType }));
    }
    return form;
  };

  class Body {
    #bytes;
    #isUsed = false;
    constructor(bytes) {
      this.#bytes = bytes;
    }
    get body() {
      return this.#bytes === null ? null : new ReadableStream();
    }
    get bodyUsed() {
      return this.#isUsed;
    }
    async #take() {
      if (this.#isUsed) throw new TypeError("The body has been read already.");
      this.#isUsed = this.#bytes !== null;
      return this.#bytes ?? new Uint8Array(0);
    }
    async arrayBuffer() {
      return (await this.#take()).slice().buffer;
    }
    async bytes() {
      return (await this.#take()).slice();
    }
    async text() {
      return decode(await this.#take());
    }
    async json() {
      return JSON.parse(await this.text());
    }
    async blob() {
      return new Blob([await this.#take()], { type: this.headers.get("content-type") ?? "" });
    }
    async formData() {
      return await readForm(await this.#take(), this.headers.get("content-type") ?? "");
    }
    static bytes(body) {
      if (body.#isUsed) throw new TypeError("The body has been read already.");
      return body.#bytes;
    }
    static use(body) {
      body.#isUsed = body.#bytes !== null;
    }
  }
  const { bytes: bodyBytes, use: useBody } = Body;
  delete Body.bytes;
  delete Body.use;

  const METHODS = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

  class Request extends Body {
    constructor(input, init = {}) {
      const from = input instanceof Request ? input : null;
      const given = String(init.method ?? from?.method ?? "GET");
      const method = METHODS.includes(given.toUpperCase()) ? given.toUpperCase() : given;
      const [bytes, type] = init.body !== undefined ? extract(init.body) : [from === null ? null : bodyBytes(from), null];
      if (bytes !== null && ["GET", "HEAD"].includes(method)) throw new TypeError(`A ${method} request has no body.`);
      super(bytes);
      if (from !== null && init.body === undefined) useBody(from);
      this.method = method;
      this.url = from?.url ?? new URL(input).href;
      this.headers = new Headers(init.headers ?? from?.headers);
      if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
      this.redirect = init.redirect ?? from?.redirect ?? "follow";
      this.signal = init.signal ?? from?.signal ?? new AbortController().signal;
      this.credentials = init.credentials ?? "same-origin";
      this.cache = init.cache ?? "default";
      this.mode = init.mode ?? "cors";
    }
    clone() {
      const bytes = bodyBytes(this);
      const { method, headers, redirect, signal } = this;
      return new Request(this.url, { method, headers, redirect, signal, body: bytes === null ? undefined : bytes });
    }
    get [Symbol.toStringTag]() {
      return "Request";
    }
  }

  class Response extends Body {
    constructor(body = null, { status = 200, statusText = "", headers = [] } = {}) {
      if (!Number.isInteger(status) || status < 200 || status > 599) {
        throw new RangeError(`Response: ${status} is not a status from 200 to 599.`);
      }
      const [bytes, type] = extract(body);
      if (bytes !== null && [204, 205, 304].includes(status)) throw new TypeError(`A response with status ${status} has no body.`);
      super(bytes);
      this.status = status;
      this.statusText = String(statusText);
      this.headers = new Headers(headers);
      if (type !== null && !this.headers.has("content-type")) this.headers.set("content-type", type);
      this.type = "default";
      this.url = "";
      this.redirected = false;
    }
    get ok() {
      return this.status >= 200 && this.status <= 299;
    }
    clone() {
      const { status, statusText, headers, type, url, redirected } = this;
      return Object.assign(new Response(bodyBytes(this), { status, statusText, headers }), { type, url, redirected });
    }
    static error() {
      return Object.assign(new Response(null), { type: "error", status: 0 });
    }
    static json(data, init = {}) {
      const headers = new Headers(init.headers);
      if (!headers.has("content-type")) headers.set("content-type", "application/json");
      return new Response(JSON.stringify(data), { ...init, headers });
    }
    static redirect(url, status = 302) {
      if (![301, 302, 303, 307, 308].includes(status)) throw new RangeError(`Response: ${status} does not redirect.`);
      return new Response(null, { status, headers: { location: new URL(url).href } });
    }
    get [Symbol.toStringTag]() {
      return "Response";
    }
  }

  const fetch = (input, init) => {
    host.refuse("fetch");
    return new Promise((resolve, reject) => {
      const request = new Request(input, init);
      const { signal } = request;
      signal.throwIfAborted();
      const received = (answer) => {
        if (request.redirect === "error" && answer.status >= 300 && answer.status <= 399 && answer.status !== 304) {
          reject(new TypeError(`fetch failed: ${request.url} redirects.`));
          return;
        }
        const hasNoBody = [204, 205, 304].includes(answer.status) || request.method === "HEAD";
        const { status, statusText, headers, url, redirected } = answer;
        const response = new Response(hasNoBody ? null : answer.body, { status, statusText, headers });
        resolve(Object.assign(response, { type: "basic", url, redirected }));
      };
      const number = host.startFetch(
        {
          url: request.url,
          method: request.method,
          headers: [...request.headers],
          body: bodyBytes(request) === null ? undefined : binary(bodyBytes(request)),
          redirect: request.redirect,
        },
        received,
        reject,
      );
      signal.addEventListener("abort", () => {
        host.stopFetch(number);
        reject(signal.reason);
      });
    });
  };

  return { Headers, Request, Response, Blob, File, FormData, fetch };
}
