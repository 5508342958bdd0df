//! A Convex deployment for development and tests, in this process: it runs the project's own `convex/*.ts` with the
//! unmodified npm `convex/server` in an embedded JavaScript engine, keeps data in SQLite, and speaks Convex's protocol.
//!
//! It binds to loopback only and is no production service: that is Convex, in the cloud or self-hosted.
//!
//! # What it does
//!
//! - Queries, mutations, actions, internal functions, nested calls with rollback, indexes, pagination, schema and
//!   argument validation, scheduler, crons, HTTP actions, `fetch` and HMAC in actions, file storage, `process.env`.
//! - Live queries over WebSocket and calls over HTTP, for any Convex client.
//! - Identities from `auth.config.ts`: OpenID Connect providers such as Clerk, and custom JWTs.
//! - Changed files are put in force at once; a broken file keeps the old code and says which line.
//!
//! Left out, each with an error that says so: components, vector and full-text search, `"use node"`, `signJwt`, pushing
//! with the Convex CLI, the dashboard.
//!
//! ```no_run
//! use local_convex::{Data, LocalConvex, Options};
//!
//! # async fn example() -> Result<(), local_convex::StartError> {
//! let convex = LocalConvex::start(Options::new(Data::Memory, "convex", "node_modules/convex")).await?;
//! assert_eq!(convex.url(), "http://127.0.0.1:3210");
//! # Ok(())
//! # }
//! ```

mod auth;
mod backend;
mod clock;
mod database;
mod error;
mod files;
mod functions;
mod http;
mod instance;
mod options;
mod reload;
mod runtime;
mod scheduler;
mod schema;
mod secret;
mod sync;
mod values;

pub use clock::Clock;
pub use error::StartError;
pub use instance::LocalConvex;
pub use options::{Data, Options};
