// Events, aborting, and timers.

export default function events(host) {
  class Event {
    #stops = false;
    constructor(type, { bubbles = false, cancelable = false, composed = false } = {}) {
      Object.assign(this, { type: String(type), bubbles, cancelable, composed });
      this.defaultPrevented = false;
      this.target = null;
      this.currentTarget = null;
      this.timeStamp = 0;
    }
    preventDefault() {
      if (this.cancelable) this.defaultPrevented = true;
    }
    stopPropagation() {}
    stopImmediatePropagation() {
      this.#stops = true;
    }
    static isStopped(event) {
      return event.#stops;
    }
  }
  const isStopped = Event.isStopped;
  delete Event.isStopped;

  class CustomEvent extends Event {
    constructor(type, options = {}) {
      super(type, options);
      this.detail = options.detail ?? null;
    }
  }

  class EventTarget {
    #listeners = [];
    addEventListener(type, callback, options) {
      if (callback === null || callback === undefined) return;
      if (this.#listeners.some((other) => other.type === String(type) && other.callback === callback)) return;
      const listener = { type: String(type), callback, once: Boolean(options?.once) };
      this.#listeners.push(listener);
      options?.signal?.addEventListener("abort", () => this.removeEventListener(type, callback));
    }
    removeEventListener(type, callback) {
      this.#listeners = this.#listeners.filter((other) => other.type !== String(type) || other.callback !== callback);
    }
    dispatchEvent(event) {
      event.target = this;
      event.currentTarget = this;
      const call = (callback) => {
        try {
          if (typeof callback === "function") callback.call(this, event);
          else callback.handleEvent(event);
        } catch (error) {
          console.error("Uncaught", error);
        }
      };
      const handler = this[`on${event.type}`];
      if (typeof handler === "function") call(handler);
      for (const listener of [...this.#listeners]) {
        if (isStopped(event)) break;
        if (listener.type !== event.type) continue;
        if (listener.once) this.removeEventListener(listener.type, listener.callback);
        call(listener.callback);
      }
      return !event.defaultPrevented;
    }
  }

  const secret = Symbol("AbortSignal");
  const abort = (signal, reason) => signal[secret](reason);

  class AbortSignal extends EventTarget {
    #isAborted = false;
    #reason;
    constructor(key) {
      super();
      if (key !== secret) throw new TypeError("AbortSignal: make one with an AbortController.");
      this.onabort = null;
      Object.defineProperty(this, secret, { value: (reason) => this.#abort(reason) });
    }
    #abort(reason = new DOMException("This operation was aborted", "AbortError")) {
      if (this.#isAborted) return;
      this.#isAborted = true;
      this.#reason = reason;
      this.dispatchEvent(new Event("abort"));
    }
    get aborted() {
      return this.#isAborted;
    }
    get reason() {
      return this.#reason;
    }
    throwIfAborted() {
      if (this.#isAborted) throw this.#reason;
    }
    static abort(reason) {
      const signal = new AbortSignal(secret);
      abort(signal, reason);
      return signal;
    }
    static timeout(milliseconds) {
      const signal = new AbortSignal(secret);
      setTimeout(() => abort(signal, new DOMException("The operation timed out.", "TimeoutError")), milliseconds);
      return signal;
    }
    static any(signals) {
      const any = new AbortSignal(secret);
      for (const signal of signals) {
        if (signal.aborted) abort(any, signal.reason);
        else signal.addEventListener("abort", () => abort(any, signal.reason), { once: true });
      }
      return any;
    }
  }

  class AbortController {
    #signal = new AbortSignal(secret);
    get signal() {
      return this.#signal;
    }
    abort(reason) {
      abort(this.#signal, reason);
    }
  }

  const start = (name, repeats) => (callback, milliseconds = 0, ...values) => {
    host.refuse(name);
    if (typeof callback !== "function") throw new TypeError(`${name}: the callback is not a function.`);
    return host.startTimer(() => void callback(...values), Number(milliseconds) || 0, repeats);
  };
  const setTimeout = start("setTimeout", false);
  const setInterval = start("setInterval", true);
  const setImmediate = (callback, ...values) => setTimeout(callback, 0, ...values);
  const clearTimeout = (number) => {
    if (typeof number === "number") host.stopTimer(number);
  };
  const clearInterval = clearTimeout;

  return {
    Event, CustomEvent, EventTarget, AbortSignal, AbortController,
    setTimeout, clearTimeout, setInterval, clearInterval, setImmediate,
  };
}
