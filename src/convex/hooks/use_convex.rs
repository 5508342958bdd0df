//! `use_convex`

use leptos::prelude::*;

use crate::convex::{ConvexClient, Unavailable};

/// The client of this page.
///
/// *On the server* it opens nothing. *While loading* it opens its socket when something needs it.
/// *When it fails* its calls answer why. Outside a Convex provider it answers everything with
/// [`Unavailable::NoProvider`].
#[must_use]
pub fn use_convex() -> ConvexClient {
    use_context::<ConvexClient>().unwrap_or_else(|| {
        leptos::logging::error!(
            "A Convex hook was used outside every Convex provider: put one around the application"
        );
        ConvexClient::unavailable(Unavailable::NoProvider)
    })
}
