// The official npm client's core, taking transitions from memory: the counterpart of `benches/transitions.rs`, which starts it.
//
// For each line `QUERIES ITERATIONS` on standard input it answers with the nanoseconds that the client took.

import { createInterface } from "node:readline";
import { BaseConvexClient } from "convex/browser";

/** Queries that the messages answer which are prepared before the clock runs, as in the Rust benchmark. */
const BATCH = 32;

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
    let elapsed = 0n;
    const batch = Math.max(Math.floor(BATCH / this.queries), 1);
    for (let done = 0; done < iterations; done += batch) {
      const texts = Array.from({ length: Math.min(batch, iterations - done) }, (_, index) =>
        transition(this.count + index, this.queries),
      );
      this.changed = 0;
      const started = process.hrtime.bigint();
      for (const data of texts) this.socket.onmessage({ data });
      elapsed += process.hrtime.bigint() - started;
      this.count += texts.length;
      if (this.changed !== texts.length * this.queries) throw new Error(`${this.changed} queries changed`);
    }
    return elapsed;
  }
}

const subjects = new Map();
for await (const line of createInterface({ input: process.stdin })) {
  const [queries, iterations] = line.split(" ").map(Number);
  if (!subjects.has(queries)) subjects.set(queries, new Subject(queries));
  console.log(String(subjects.get(queries).run(iterations)));
}
process.exit(0);
