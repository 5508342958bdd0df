//! The server half: who a request is from, what it may do, and what Clerk's Backend API answers.

mod auth;
pub mod authenticate;
mod authenticator;
pub mod backend;
#[doc(hidden)]
pub mod contract;
pub mod csp;
mod current_user;
mod jwt;
mod key_cache;
mod keys;
mod layer;
mod protect;
mod protect_layer;
pub mod proxy;
pub mod redirect;
mod refusal;
mod require_auth;
pub mod route_matcher;
mod routes;
mod sign_in;
mod template_token;
mod token;
mod token_cache;
mod transport;
mod verify;
pub mod webhooks;

pub use auth::{Auth, AuthError, auth};
pub use current_user::{CurrentUserError, current_user};
pub use key_cache::{KeyCache, KeyDecision};
pub use keys::{InvalidKey, KeySet, VerificationKey};
pub use layer::{ClerkLayer, ClerkService};
pub use protect::{Decision, Protection, RequestKind, Subject};
pub use protect_layer::{ProtectLayer, ProtectService, require_auth};
pub use refusal::Refusal;
pub use require_auth::{RequireAuth, RequireAuthRejection};
pub use route_matcher::RouteMatcher;
pub use routes::{ProtectedRoutes, RouteLists, RouteSurvey, route_lists};
pub use template_token::TokenError;
pub use token::{AcceptedTokens, Token, TokenType};
pub use verify::{ClaimRules, VerificationError};
