// The globals of every context. What costs time is made when it is first touched.

export default function install(host) {
  const define = (name, value) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });

  // Defines globals whose values `make` returns by name, on first use of any of them.
  const lazy = (names, make) => {
    for (const name of names) {
      const get = () => {
        const made = make();
        for (const other of names) {
          if (getters.get(other) === Object.getOwnPropertyDescriptor(globalThis, other)?.get) define(other, made[other]);
        }
        return made[name];
      };
      getters.set(name, get);
      const set = (value) => define(name, value);
      Object.defineProperty(globalThis, name, { get, set, configurable: true, enumerable: false });
    }
  };
  const getters = new Map();
  const files = new Map();
  // What a file of the prelude makes, which is made once.
  host.part = (file) => {
    if (!files.has(file)) files.set(file, host.load(file)(host));
    return files.get(file);
  };
  const part = (file, ...names) => lazy(names, () => host.part(file));

  // For what only actions may do.
  host.refuse = (name) => {
    if (host.isTransaction) {
      throw new Error(
        `${name} is not available in queries and mutations, which have to give the same result whenever they run: call it in an action.`,
      );
    }
  };

  define("Convex", {
    syscall: host.syscall,
    asyncSyscall: host.asyncSyscall,
    jsSyscall: (operation, argument) => host.part("storage").jsSyscall(operation, argument),
  });
  lazy(["process"], () => ({ process: { env: JSON.parse(host.environment()) } }));
  part("console", "console");
  part("crypto", "crypto", "CryptoKey", "SubtleCrypto", "Crypto");
  part("events", "Event", "EventTarget", "CustomEvent", "AbortController", "AbortSignal");
  part("events", "setTimeout", "clearTimeout", "setInterval", "clearInterval", "setImmediate");
  part("fetch", "Headers", "Request", "Response", "Blob", "File", "FormData", "fetch");
  part("text", "TextEncoder", "TextDecoder", "structuredClone");
  part("text", "ReadableStream", "WritableStream", "TransformStream");
  part("url", "URL", "URLSearchParams");

  Object.defineProperty(Math, "random", { value: () => host.random(), writable: true, configurable: true });
  delete globalThis.SharedArrayBuffer;
  delete globalThis.Atomics;
  if (host.isTransaction) {
    // What would tell one run from another.
    delete globalThis.WeakRef;
    delete globalThis.FinalizationRegistry;
    define("performance", { now: () => host.refuse("performance.now") });
  }
  replaceDate(host, define);
}

// The deployment's time, which stands still in queries and mutations.
function replaceDate(host, define) {
  const Real = Date;
  const Replaced = function Date(...parts) {
    if (new.target === undefined) return new Real(host.now()).toString();
    return Reflect.construct(Real, parts.length === 0 ? [host.now()] : parts, new.target);
  };
  const hidden = (value) => ({ value, writable: true, configurable: true });
  Object.defineProperties(Replaced, {
    length: { value: 7, configurable: true },
    prototype: { value: Real.prototype },
    now: hidden(() => host.now()),
    parse: hidden(Real.parse),
    UTC: hidden(Real.UTC),
  });
  Object.defineProperty(Real.prototype, "constructor", hidden(Replaced));
  define("Date", Replaced);
}
