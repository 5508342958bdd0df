// What Rust asks about the modules of a deployment, and how HTTP actions are run.

// Bytes as Rust takes them: one character for each.
const binary = (bytes) => {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode.apply(null, bytes.subarray(start, start + 8192));
  }
  return text;
};

export default () => ({
  functions(module) {
    const functions = [];
    for (const [name, value] of Object.entries(module)) {
      if ((typeof value !== "function" && typeof value !== "object") || value === null) continue;
      const kind = value.isQuery ? "query" : value.isMutation ? "mutation" : value.isAction ? "action" : value.isHttp ? "http" : undefined;
      if (kind === undefined || value.isRouter) continue;
      const isChecked = typeof value.exportArgs === "function";
      functions.push({
        name,
        kind,
        public: value.isPublic === true,
        arguments: isChecked ? JSON.parse(value.exportArgs()) : { type: "any" },
        returns: isChecked ? JSON.parse(value.exportReturns()) : null,
      });
    }
    return JSON.stringify(functions);
  },

  schema(module) {
    if (typeof module.default?.export !== "function") {
      throw new Error("The default export has to be what defineSchema returns.");
    }
    return module.default.export();
  },

  crons(module) {
    if (module.default?.isCrons !== true) throw new Error("The default export has to be what cronJobs returns.");
    return module.default.export();
  },

  routes(module) {
    if (module.default?.isRouter !== true) throw new Error("The default export has to be what httpRouter returns.");
    return JSON.stringify(module.default.getRoutes().map(([path, method]) => [path, method]));
  },

  authConfig(module) {
    if (!Array.isArray(module.default?.providers)) {
      throw new Error("The default export has to be an object with a list of providers.");
    }
    return JSON.stringify(module.default);
  },

  // From now on, reading a variable that is not set fails.
  strictEnvironment() {
    const environment = process.env;
    process.env = new Proxy(environment, {
      get(target, name) {
        if (typeof name === "string" && !(name in target)) {
          throw new Error(`The environment variable ${name} is used here and not set.`);
        }
        return target[name];
      },
    });
  },

  async respond(router, method, url, headers, body) {
    if (router?.isRouter !== true) throw new Error("The default export of convex/http has to be what httpRouter returns.");
    const request = new Request(url, {
      method,
      headers,
      body: method === "GET" || method === "HEAD" || body.length === 0 ? undefined : body,
    });
    const route = router.lookup(new URL(url).pathname, method);
    if (route === null) return null;
    const response = await route[0].invokeHttpAction(request);
    if (!(response instanceof Response)) throw new Error("An HTTP action has to return a Response.");
    return {
      status: response.status,
      headers: [...response.headers],
      body: method === "HEAD" ? "" : binary(await response.bytes()),
    };
  },
});
