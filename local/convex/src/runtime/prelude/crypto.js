// Web Crypto as far as webhooks and tokens need it: digests, HMAC and randomness.

const HASHES = { "SHA-1": 512, "SHA-256": 512, "SHA-384": 1024, "SHA-512": 1024 };

export default function makeCrypto(host) {
  const { binary, bytesOf } = host.part("text");
  const data = (source) => binary(bytesOf(source));
  const secret = Symbol("CryptoKey");

  class CryptoKey {
    #bytes;
    constructor(key, bytes, { extractable, algorithm, usages }) {
      if (key !== secret) throw new TypeError("CryptoKey: import or generate one with crypto.subtle.");
      this.#bytes = bytes;
      Object.assign(this, { type: "secret", extractable, algorithm, usages });
    }
    static bytes(key) {
      return key.#bytes;
    }
    get [Symbol.toStringTag]() {
      return "CryptoKey";
    }
  }
  const keyBytes = CryptoKey.bytes;
  delete CryptoKey.bytes;

  const fail = (name, message) => {
    throw new DOMException(message, name);
  };
  const nameOf = (algorithm) => String(typeof algorithm === "string" ? algorithm : algorithm?.name).toUpperCase();
  const unsupported = (method, algorithm) =>
    fail("NotSupportedError", `crypto.subtle.${method} with ${nameOf(algorithm)} is not provided by the local deployment.`);
  const hashOf = (algorithm) => {
    const name = nameOf(algorithm);
    return name in HASHES ? name : unsupported("digest", algorithm);
  };
  const onlyHmac = (method, algorithm) => nameOf(algorithm) === "HMAC" || unsupported(method, algorithm);
  const usable = (key, usage) => {
    if (!(key instanceof CryptoKey)) throw new TypeError("Expected a CryptoKey.");
    if (!key.usages.includes(usage)) fail("InvalidAccessError", `The key is not meant to ${usage}.`);
    return keyBytes(key);
  };
  const makeKey = (bytes, hash, extractable, usages) => {
    if (bytes.length === 0) fail("DataError", "A key of no length.");
    const algorithm = { name: "HMAC", hash: { name: hash }, length: bytes.length * 8 };
    return new CryptoKey(secret, bytes, { extractable: Boolean(extractable), algorithm, usages: [...usages] });
  };
  const fromBase64Url = (text) =>
    Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  const toBase64Url = (bytes) =>
    btoa(binary(bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  class SubtleCrypto {
    async digest(algorithm, input) {
      return host.digest(hashOf(algorithm), data(input)).buffer;
    }
    async importKey(format, input, algorithm, extractable, usages) {
      onlyHmac("importKey", algorithm);
      const hash = hashOf(algorithm.hash);
      if (format === "raw") return makeKey(bytesOf(input).slice(), hash, extractable, usages);
      if (format === "jwk" && input?.kty === "oct") return makeKey(fromBase64Url(input.k), hash, extractable, usages);
      return fail("NotSupportedError", `crypto.subtle.importKey from ${format} is not provided by the local deployment.`);
    }
    async exportKey(format, key) {
      if (!(key instanceof CryptoKey)) throw new TypeError("Expected a CryptoKey.");
      if (!key.extractable) fail("InvalidAccessError", "The key is not extractable.");
      if (format === "raw") return keyBytes(key).slice().buffer;
      if (format === "jwk") {
        const alg = key.algorithm.hash.name.replace("SHA-", "HS");
        return { kty: "oct", k: toBase64Url(keyBytes(key)), alg, key_ops: key.usages, ext: true };
      }
      return fail("NotSupportedError", `crypto.subtle.exportKey to ${format} is not provided by the local deployment.`);
    }
    async generateKey(algorithm, extractable, usages) {
      host.refuse("crypto.subtle.generateKey");
      onlyHmac("generateKey", algorithm);
      const hash = hashOf(algorithm.hash);
      return makeKey(host.randomBytes((algorithm.length ?? HASHES[hash]) >> 3), hash, extractable, usages);
    }
    async sign(algorithm, key, input) {
      onlyHmac("sign", algorithm);
      return host.sign(hashOf(key.algorithm.hash), binary(usable(key, "sign")), data(input)).buffer;
    }
    async verify(algorithm, key, signature, input) {
      onlyHmac("verify", algorithm);
      return host.verify(hashOf(key.algorithm.hash), binary(usable(key, "verify")), data(signature), data(input));
    }
  }
  for (const method of ["encrypt", "decrypt", "deriveBits", "deriveKey", "wrapKey", "unwrapKey"]) {
    Object.defineProperty(SubtleCrypto.prototype, method, {
      value: async (algorithm) => unsupported(method, algorithm),
      writable: true,
      configurable: true,
    });
  }

  class Crypto {
    subtle = new SubtleCrypto();
    getRandomValues(array) {
      host.refuse("crypto.getRandomValues");
      if (!ArrayBuffer.isView(array)) throw new TypeError("crypto.getRandomValues: expected a typed array.");
      if (array.byteLength > 65536) fail("QuotaExceededError", "crypto.getRandomValues gives at most 65536 bytes at a time.");
      bytesOf(array).set(host.randomBytes(array.byteLength));
      return array;
    }
    randomUUID() {
      host.refuse("crypto.randomUUID");
      const bytes = host.randomBytes(16);
      bytes[6] = (bytes[6] & 0x0f) | 0x40;
      bytes[8] = (bytes[8] & 0x3f) | 0x80;
      const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
    }
  }

  return { crypto: new Crypto(), CryptoKey, SubtleCrypto, Crypto };
}
