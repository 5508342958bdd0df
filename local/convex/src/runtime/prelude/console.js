// The console, which writes the lines that clients show.

const DEPTH = 4;
const WIDTH = 76;
const ITEMS = 100;

export default function makeConsole(host) {
  const counts = new Map();
  const timers = new Map();
  let indent = "";
  const write = (level, values) => {
    const text = values.map((value) => inspect(value)).join(" ");
    host.log(level, indent === "" ? text : indent + text.replaceAll("\n", `\n${indent}`));
  };
  const level = (name) => (...values) => write(name, values);
  const group = (...values) => {
    if (values.length > 0) write("LOG", values);
    indent += "  ";
  };
  const spent = (label) => `${label}: ${(Date.now() - timers.get(label)).toFixed(0)}ms`;

  const console = {
    debug: level("DEBUG"),
    info: level("INFO"),
    log: level("LOG"),
    warn: level("WARN"),
    error: level("ERROR"),
    trace: (...values) => write("LOG", ["Trace", ...values]),
    dir: (value) => write("LOG", [value]),
    dirxml: level("LOG"),
    table: (value) => write("LOG", [value]),
    assert: (condition, ...values) => condition || write("ERROR", ["Assertion failed", ...values]),
    count: (label = "default") => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      write("LOG", [`${label}: ${counts.get(label)}`]);
    },
    countReset: (label = "default") => counts.delete(label),
    group,
    groupCollapsed: group,
    groupEnd: () => {
      indent = indent.slice(2);
    },
    time: (label = "default") => timers.set(label, Date.now()),
    timeLog: (label = "default", ...values) => timers.has(label) && write("LOG", [spent(label), ...values]),
    timeEnd: (label = "default") => {
      if (timers.has(label)) write("LOG", [spent(label)]);
      timers.delete(label);
    },
    clear: () => {},
  };
  return { console };
}

// A value as a developer would write it down.
export function inspect(value, depth = 0, seen = []) {
  switch (typeof value) {
    case "string":
      return quoted(value);
    case "bigint":
      return `${value}n`;
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "symbol":
      return String(value);
    case "function":
      return functionName(value);
    case "object":
      return value === null ? "null" : inspectObject(value, depth, seen);
    default:
      return String(value);
  }
}

function quoted(text) {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t");
  if (!text.includes("'")) return `'${escaped}'`;
  if (!text.includes('"')) return `"${escaped}"`;
  return text.includes("`") ? `'${escaped.replaceAll("'", "\\'")}'` : `\`${escaped}\``;
}

function functionName(value) {
  const kind = Function.prototype.toString.call(value).startsWith("class") ? "class" : "Function";
  return value.name === "" ? `[${kind} (anonymous)]` : kind === "class" ? `[class ${value.name}]` : `[Function: ${value.name}]`;
}

function inspectObject(value, depth, seen) {
  if (seen.includes(value)) return "[Circular]";
  const name = nameOf(value);
  if (value instanceof Error) return inspectError(value, depth, seen);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof Boolean || value instanceof Number || value instanceof String) {
    return `[${name}: ${inspect(value.valueOf())}]`;
  }
  if (value instanceof Promise) return "Promise {}";
  if (value instanceof WeakMap || value instanceof WeakSet) return `${name} { <items unknown> }`;
  if (depth > DEPTH) return Array.isArray(value) ? "[Array]" : `[${name === "" ? "Object" : name}]`;
  const inner = (item) => inspect(item, depth + 1, [...seen, value]);
  if (Array.isArray(value)) return block("", "[", listed(value, inner).concat(fields(value, inner, true)), "]", depth);
  if (value instanceof Map) {
    const pairs = [...value].slice(0, ITEMS).map(([key, item]) => `${inner(key)} => ${inner(item)}`);
    return block(`Map(${value.size}) `, "{", pairs.concat(more(value.size)), "}", depth);
  }
  if (value instanceof Set) {
    const items = [...value].slice(0, ITEMS).map(inner);
    return block(`Set(${value.size}) `, "{", items.concat(more(value.size)), "}", depth);
  }
  if (value instanceof ArrayBuffer) {
    const bytes = [...new Uint8Array(value).slice(0, 50)].map((byte) => byte.toString(16).padStart(2, "0"));
    return `ArrayBuffer { [Uint8Contents]: <${bytes.join(" ")}>, byteLength: ${value.byteLength} }`;
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    return block(`${name}(${value.length}) `, "[", listed([...value], inner), "]", depth);
  }
  const prefix = name === "" ? "[Object: null prototype] " : name === "Object" ? "" : `${name} `;
  return block(prefix, "{", fields(value, inner, false), "}", depth);
}

function nameOf(value) {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === null) return "";
  const made = prototype.constructor;
  return typeof made === "function" && made.name !== "" ? made.name : "Object";
}

function inspectError(error, depth, seen) {
  const name = typeof error.name === "string" ? error.name : "Error";
  const first = error.message === "" ? name : `${name}: ${error.message}`;
  const own = Object.keys(error).filter((key) => !["name", "message", "stack", "cause"].includes(key));
  const stack = typeof error.stack === "string" ? ownFrames(error.stack) : "";
  let text = stack === "" ? `[${first}]` : `${first}\n${stack}`;
  const inner = (item) => inspect(item, depth + 1, [...seen, error]);
  if (error.cause !== undefined) text += `\n  [cause]: ${inner(error.cause)}`;
  if (own.length > 0) text += ` ${block("", "{", own.map((key) => `${key}: ${inner(error[key])}`), "}", depth)}`;
  return text;
}

function ownFrames(stack) {
  return stack.split("\n").filter((line) => line.includes("../")).join("\n").trimEnd();
}

function listed(items, inner) {
  const shown = [];
  for (let index = 0; index < Math.min(items.length, ITEMS); index++) {
    shown.push(index in items ? inner(items[index]) : "<empty item>");
  }
  return shown.concat(more(items.length));
}

function more(count) {
  return count > ITEMS ? [`... ${count - ITEMS} more items`] : [];
}

function fields(value, inner, isList) {
  const shown = [];
  for (const key of Reflect.ownKeys(value)) {
    const field = Object.getOwnPropertyDescriptor(value, key);
    if (field === undefined || !field.enumerable || (isList && /^\d+$/.test(String(key)))) continue;
    const name = typeof key === "symbol" ? `[${String(key)}]` : /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
    const kinds = field.get ? (field.set ? "[Getter/Setter]" : "[Getter]") : field.set ? "[Setter]" : undefined;
    shown.push(`${name}: ${kinds ?? inner(field.value)}`);
  }
  return shown;
}

// Items between brackets, on one line when they fit.
function block(prefix, open, items, close, depth) {
  if (items.length === 0) return `${prefix}${open}${close}`;
  const line = items.join(", ");
  if (line.length + prefix.length + depth * 2 <= WIDTH && !line.includes("\n")) {
    return open === "[" ? `${prefix}[ ${line} ]` : `${prefix}{ ${line} }`;
  }
  const indented = items.map((item) => `  ${item.replaceAll("\n", "\n  ")}`);
  return `${prefix}${open}\n${indented.join(",\n")}\n${close}`;
}
