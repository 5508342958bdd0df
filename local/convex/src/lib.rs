//! A Convex deployment for development and tests, in this process: it runs the project's own `convex/*.ts` with the
//! unmodified npm `convex/server` in an embedded JavaScript engine, keeps data in SQLite, and speaks Convex's protocol.
//!
//! It binds to loopback only and is no production service: that is Convex, in the cloud or self-hosted.

mod runtime;
mod schema;
mod values;
