// Text, bytes and copies of values.

export default function text(host) {
  class TextEncoder {
    get encoding() {
      return "utf-8";
    }
    encode(input = "") {
      return host.encodeUtf8(String(input).toWellFormed());
    }
    encodeInto(input, target) {
      let read = 0;
      let written = 0;
      for (const character of String(input).toWellFormed()) {
        const bytes = host.encodeUtf8(character);
        if (written + bytes.length > target.length) break;
        target.set(bytes, written);
        written += bytes.length;
        read += character.length;
      }
      return { read, written };
    }
  }

  class TextDecoder {
    #isFatal;
    #keepsMark;
    #rest = new Uint8Array(0);
    constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
      if (!["utf-8", "utf8", "unicode-1-1-utf-8"].includes(String(label).trim().toLowerCase())) {
        throw new RangeError(`TextDecoder: the local deployment decodes UTF-8 only, not ${label}.`);
      }
      this.#isFatal = Boolean(fatal);
      this.#keepsMark = Boolean(ignoreBOM);
    }
    get encoding() {
      return "utf-8";
    }
    get fatal() {
      return this.#isFatal;
    }
    get ignoreBOM() {
      return this.#keepsMark;
    }
    decode(input = new Uint8Array(0), { stream = false } = {}) {
      let bytes = bytesOf(input);
      if (this.#rest.length > 0) bytes = joined([this.#rest, bytes]);
      const end = stream ? completeEnd(bytes) : bytes.length;
      this.#rest = bytes.slice(end);
      const decoded = host.decodeUtf8(binary(bytes.subarray(0, end)), this.#isFatal);
      return !this.#keepsMark && decoded.startsWith("\uFEFF") ? decoded.slice(1) : decoded;
    }
  }

  const missing = (name) =>
    class {
      static name = name;
      constructor() {
        throw new Error(`${name} is not provided by the local deployment; a Convex deployment provides it.`);
      }
    };

  return {
    TextEncoder,
    TextDecoder,
    structuredClone,
    ReadableStream: missing("ReadableStream"),
    WritableStream: missing("WritableStream"),
    TransformStream: missing("TransformStream"),
    binary,
    bytesOf,
    joined,
  };
}

// The bytes of an ArrayBuffer or a view of one, not copied.
function bytesOf(source) {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  throw new TypeError("Expected an ArrayBuffer or a view of one.");
}

// Bytes as Rust takes them: one character for each.
function binary(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode.apply(null, bytes.subarray(start, start + 8192));
  }
  return text;
}

function joined(parts) {
  const result = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

// Where the last character that is not cut off ends.
function completeEnd(bytes) {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return back < length ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

function structuredClone(value, options) {
  if (options?.transfer?.length > 0) throw new Error("structuredClone: the local deployment transfers nothing.");
  const seen = new Map();
  const clone = (original) => {
    if (typeof original === "function" || typeof original === "symbol") {
      throw new DOMException(`${String(original)} could not be cloned.`, "DataCloneError");
    }
    if (typeof original !== "object" || original === null) return original;
    if (seen.has(original)) return seen.get(original);
    const keep = (copy) => {
      seen.set(original, copy);
      return copy;
    };
    if (original instanceof Date) return keep(new Date(original.getTime()));
    if (original instanceof RegExp) return keep(new RegExp(original.source, original.flags));
    if (original instanceof ArrayBuffer) return keep(original.slice(0));
    if (ArrayBuffer.isView(original)) {
      const buffer = clone(original.buffer);
      const length = original instanceof DataView ? original.byteLength : original.length;
      return keep(new original.constructor(buffer, original.byteOffset, length));
    }
    if (original instanceof Boolean || original instanceof Number || original instanceof String) {
      return keep(Object(original.valueOf()));
    }
    if (original instanceof Map) {
      const copy = keep(new Map());
      for (const [key, item] of original) copy.set(clone(key), clone(item));
      return copy;
    }
    if (original instanceof Set) {
      const copy = keep(new Set());
      for (const item of original) copy.add(clone(item));
      return copy;
    }
    if (original instanceof Error) {
      const known = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };
      const copy = keep(new (known[original.name] ?? Error)(original.message));
      copy.stack = original.stack;
      if ("cause" in original) copy.cause = clone(original.cause);
      return copy;
    }
    if (original instanceof Promise || original instanceof WeakMap || original instanceof WeakSet) {
      throw new DOMException(`${String(original)} could not be cloned.`, "DataCloneError");
    }
    const copy = keep(Array.isArray(original) ? new Array(original.length) : {});
    for (const key of Object.keys(original)) copy[key] = clone(original[key]);
    return copy;
  };
  return clone(value);
}
