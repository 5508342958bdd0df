//! The providers, composed once, for server and browser alike.

mod convex_client_provider;

pub use convex_client_provider::ConvexClientProvider;
