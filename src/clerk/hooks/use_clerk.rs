//! `use_clerk`

use leptos::prelude::*;

use crate::clerk::{Clerk, ClerkOptions, look::Look};

/// The handle to Clerk: its status, its methods, the modals.
///
/// *On the server* the methods answer [`ClerkError::NotInBrowser`](crate::clerk::ClerkError::NotInBrowser); urls and the
/// state can be read.
/// *While loading* methods wait for ClerkJS, and start loading it if nothing else has.
/// *When it fails* methods answer why. Outside a `ClerkProvider` the handle knows nobody and says
/// [`NotConfigured`](crate::clerk::ClerkFailure::NotConfigured).
#[must_use]
pub fn use_clerk() -> Clerk {
    use_context::<Clerk>().unwrap_or_else(|| {
        leptos::logging::error!("use_clerk() was called outside <ClerkProvider>: put the provider around the application");
        let look = Look::new(
            MaybeProp::default(),
            MaybeProp::default(),
            (None, None),
        );
        Clerk::new(None, ClerkOptions::default(), look)
    })
}
