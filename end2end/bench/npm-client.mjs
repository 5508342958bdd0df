// The official npm client's core, taking transitions from memory: the counterpart of `benches/transitions.rs`, which starts it.
//
// For each line `QUERIES ITERATIONS` on standard input it answers with the nanoseconds that the client took.

import { createInterface } from "node:readline";
import { BaseConvexClient } from "convex/browser";

/** A socket that is open at once and hands over what it is given. */
class MemorySocket {
  static last;
  constructor() {
    MemorySocket.last = this;
    this.bufferedAmount = 0;
    this.readyState = 1;
  }
  send() {}
  close() {
    this.onclose?.({ code: 1000, reason: "" });
  }
}

const timestamp = (count) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(count));
  return bytes.toString("base64");
};

const version = (count) => ({ querySet: count === 0 ? 0 : 1, identity: 0, ts: timestamp(count) });

/** The same text as in the Rust benchmark. */
const transition = (count, queries) =>
  JSON.stringify({
    type: "Transition",
    startVersion: version(count),
    endVersion: version(count + 1),
    modifications: Array.from({ length: queries }, (_, queryId) => ({
      type: "QueryUpdated",
      queryId,
      value: {
        _creationTime: 1760000000000.25,
        _id: "j57d3f8kq0v9a2b4c6e8g1h3m5n7p9r0",
        author: "Ada Lovelace",
        body: "The engine weaves algebraic patterns just as the loom weaves flowers and leaves.",
        count,
      },
      logLines: [],
      journal: null,
    })),
    clientClockSkew: 0,
    serverTs: 1760000000000000000,
  });

class Subject {
  constructor(queries) {
    this.queries = queries;
    this.count = 0;
    this.changed = 0;
    this.client = new BaseConvexClient(
      "http://127.0.0.1:1",
      (tokens) => {
        this.changed += tokens.length;
      },
      { webSocketConstructor: MemorySocket, unsavedChangesWarning: false, logger: false },
    );
    this.socket = MemorySocket.last;
    for (let query = 0; query < queries; query += 1) this.client.subscribe("messages:read", { query });
    this.socket.onopen();
  }

  run(iterations) {
    let length = 0;
    const preparing = process.hrtime.bigint();
    for (let index = 0; index < iterations; index += 1) length += transition(this.count + index, this.queries).length;
    const prepared = process.hrtime.bigint() - preparing;
    this.changed = 0;
    const started = process.hrtime.bigint();
    for (let index = 0; index < iterations; index += 1) {
      this.socket.onmessage({ data: transition(this.count + index, this.queries) });
    }
    const elapsed = process.hrtime.bigint() - started - prepared;
    this.count += iterations;
    if (length === 0 || this.changed !== iterations * this.queries) throw new Error(`${this.changed} queries changed`);
    return elapsed > 0n ? elapsed : 0n;
  }
}

const subjects = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const [queries, iterations] = line.split(" ").map(Number);
  if (!subjects.has(queries)) subjects.set(queries, new Subject(queries));
  console.log(String(subjects.get(queries).run(iterations)));
}
process.exit(0);
