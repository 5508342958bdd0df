//! A Clerk instance for development and tests.
//!
//! It answers what the official clients ask: ClerkJS (Frontend API), `@clerk/backend` (Backend API), and verifiers (JWKS,
//! OpenID Connect discovery). Users, sessions and keys live in SQLite. It runs on loopback only, under the app's own
//! origin at `/__clerk`, and is not a production service: that is hosted Clerk.
//!
//! # What it does
//!
//! - Sign-in with password, e-mail code, reset code, ticket and a simulated OAuth provider; second factors (authenticator
//!   app, backup codes); sign-up with e-mail code; one or several accounts in a browser.
//! - Profile: names, metadata, addresses, password, image, devices, deletion. Reverification, and the tasks of a pending
//!   session. API keys, waiting list.
//! - Organizations with roles, permissions and invitations by e-mail; plans and features, which nobody can pay for.
//! - Session tokens (version 2, with customised claims) and JWT templates, handshakes, refresh tokens.
//! - The Backend API of users, sessions, organizations, sign-in tokens and testing tokens at `/__clerk/bapi/v1`, which is
//!   `apiUrl` [`LocalClerk::api_url`] for `@clerk/backend`.
//!
//! Clerk's test conventions hold: addresses with `+clerk_test` get the code `424242` and no mail. Codes for other addresses
//! are logged (target `local_clerk::inbox`) and shown at `/__clerk/inbox`, as are links to all addresses; tests read both at
//! `/__clerk/inbox.json`.
//!
//! Left out, each with an error that says so: phone numbers, passkeys, wallets, usernames, enterprise SSO, payments, e-mail
//! links as a way to sign in.
//!
//! ```
//! use local_clerk::{Data, LocalClerk, Options};
//!
//! # fn main() -> Result<(), local_clerk::OpenError> {
//! let clerk = LocalClerk::open(Options::new(Data::Memory, "http://127.0.0.1:3000"))?;
//! let app: axum::Router = axum::Router::new().nest("/__clerk", clerk.router());
//! assert!(clerk.publishable_key().starts_with("pk_test_"));
//! assert_eq!(clerk.issuer(), "http://127.0.0.1:3000/__clerk");
//! # let _ = app;
//! # Ok(())
//! # }
//! ```

mod accounts;
mod api_keys;
mod backend_api;
mod bundles;
mod catalog;
mod clock;
mod cookies;
mod error;
mod frontend_api;
mod http;
mod images;
mod inbox;
mod instance;
mod invitations;
mod keys;
mod machine;
mod metadata;
mod options;
mod organizations;
mod password;
mod random;
mod resources;
mod router;
mod second_factor;
mod seed;
mod shortcodes;
mod store;
mod tokens;
mod variables;

use std::fmt;
use std::sync::Arc;

use instance::Instance;

pub use clock::Clock;
pub use error::OpenError;
pub use options::{Data, Options};
pub use seed::{SEED_USERS, Seed, SeedUser};
pub use variables::VariableError;

/// An open local Clerk instance. Clones share it.
#[derive(Clone)]
pub struct LocalClerk(Arc<Instance>);

impl LocalClerk {
    /// Opens the instance, and at first start makes its database, its keys and the seeded users.
    ///
    /// Blocks for the time of a few file operations; the first start also makes an RSA key and hashes passwords.
    ///
    /// # Errors
    /// See [`OpenError`]. Nothing on disk is deleted or overwritten when opening fails.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        Instance::open(options).map(|instance| Self(Arc::new(instance)))
    }

    /// Everything the instance serves, to be nested at `/__clerk`.
    ///
    /// Frontend API (`/v1`), Backend API (`/bapi/v1`), `/.well-known`, the ClerkJS bundles (`/npm`), the inbox page
    /// (`/inbox`), profile images and the simulated OAuth provider. Answers nothing to other hosts and origins than
    /// loopback ones.
    pub fn router(&self) -> axum::Router {
        router::router(Arc::clone(&self.0))
    }

    /// The publishable key of this data directory. Never use it without the proxy URL `/__clerk`.
    pub fn publishable_key(&self) -> String {
        self.0.publishable_key.clone()
    }

    /// The secret key of this data directory, for `Authorization: Bearer` on the Backend API.
    pub fn secret_key(&self) -> String {
        self.0.secret_key.clone()
    }

    /// The public signing key as a JWKS.
    pub fn jwks(&self) -> serde_json::Value {
        self.0.keys.jwks().clone()
    }

    /// The public signing key in PEM: the value for `CLERK_JWT_KEY`.
    pub fn jwt_key_pem(&self) -> String {
        self.0.keys.public_pem().to_owned()
    }

    /// The `iss` of tokens: `<origin>/__clerk`, where OpenID Connect discovery answers.
    pub fn issuer(&self) -> String {
        self.0.issuer()
    }

    /// The address of the Backend API without version: the value for `CLERK_API_URL`.
    pub fn api_url(&self) -> String {
        format!("{}/bapi", self.0.issuer())
    }
}

impl fmt::Debug for LocalClerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalClerk").field(&self.0).finish()
    }
}
