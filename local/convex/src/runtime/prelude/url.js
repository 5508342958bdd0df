// URL and URLSearchParams. Rust parses.

const PARTS = ["href", "origin", "protocol", "username", "password", "host", "hostname", "port", "pathname", "search", "hash"];

export default function url(host) {
  class URLSearchParams {
    #pairs = [];
    #changed = () => {};
    constructor(init = "") {
      if (typeof init === "object" && init !== null) {
        const pairs = typeof init[Symbol.iterator] === "function" ? init : Object.entries(init);
        for (const pair of pairs) {
          const [name, value, ...rest] = pair;
          if (value === undefined || rest.length > 0) throw new TypeError("URLSearchParams: each pair has a name and a value.");
          this.#pairs.push([String(name), String(value)]);
        }
      } else {
        this.#parse(String(init).replace(/^\?/, ""));
      }
    }
    #parse(text) {
      const flat = host.parseForm(text.toWellFormed());
      this.#pairs = [];
      for (let index = 0; index < flat.length; index += 2) this.#pairs.push([flat[index], flat[index + 1]]);
    }
    // The parameters of a URL, which follow it and which it follows.
    static attached(text, changed) {
      const params = new URLSearchParams(text);
      params.#changed = changed;
      return [params, (search) => params.#parse(search.replace(/^\?/, ""))];
    }
    get size() {
      return this.#pairs.length;
    }
    append(name, value) {
      this.#pairs.push([String(name), String(value)]);
      this.#changed();
    }
    delete(name, value) {
      this.#pairs = this.#pairs.filter((pair) => pair[0] !== String(name) || (value !== undefined && pair[1] !== String(value)));
      this.#changed();
    }
    get(name) {
      return this.#pairs.find((pair) => pair[0] === String(name))?.[1] ?? null;
    }
    getAll(name) {
      return this.#pairs.filter((pair) => pair[0] === String(name)).map((pair) => pair[1]);
    }
    has(name, value) {
      return this.#pairs.some((pair) => pair[0] === String(name) && (value === undefined || pair[1] === String(value)));
    }
    set(name, value) {
      const index = this.#pairs.findIndex((pair) => pair[0] === String(name));
      if (index < 0) return this.append(name, value);
      this.#pairs = this.#pairs.filter((pair, other) => other === index || pair[0] !== String(name));
      this.#pairs[index][1] = String(value);
      this.#changed();
    }
    sort() {
      this.#pairs.sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
      this.#changed();
    }
    forEach(callback, self) {
      for (const [name, value] of this.#pairs) callback.call(self, value, name, this);
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
    toString() {
      return host.writeForm(this.#pairs.flat().map((text) => text.toWellFormed()));
    }
    [Symbol.iterator]() {
      return this.entries();
    }
    get [Symbol.toStringTag]() {
      return "URLSearchParams";
    }
  }
  const attached = URLSearchParams.attached;
  delete URLSearchParams.attached;

  class URL {
    #parts;
    #params;
    #follow;
    constructor(input, base) {
      this.#parts = host.parseUrl(String(input).toWellFormed(), base === undefined ? undefined : String(base).toWellFormed());
    }
    static canParse(input, base) {
      try {
        return new URL(input, base) !== undefined;
      } catch {
        return false;
      }
    }
    static parse(input, base) {
      return URL.canParse(input, base) ? new URL(input, base) : null;
    }
    get searchParams() {
      if (this.#params === undefined) {
        [this.#params, this.#follow] = attached(this.search, () => {
          this.#parts = host.changeUrl(this.#parts[0], "search", this.#params.toString());
        });
      }
      return this.#params;
    }
    toString() {
      return this.#parts[0];
    }
    toJSON() {
      return this.#parts[0];
    }
    get [Symbol.toStringTag]() {
      return "URL";
    }
    static {
      PARTS.forEach((part, index) => {
        const get = function () {
          return this.#parts[index];
        };
        const set = function (value) {
          this.#parts = host.changeUrl(this.#parts[0], part, String(value).toWellFormed());
          this.#follow?.(this.#parts[9]);
        };
        const isFixed = part === "origin";
        Object.defineProperty(URL.prototype, part, { get, set: isFixed ? undefined : set, enumerable: true, configurable: true });
      });
    }
  }
  return { URL, URLSearchParams };
}
