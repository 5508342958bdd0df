//! The way to the sign-in page, and back.

use super::auth::Auth;
use super::redirect::{AuthRedirect, RedirectError};

/// The sign-in page, told to come back to the page that was asked for. Who is signed in with tasks left goes on to those.
pub(super) fn sign_in_location(auth: &Auth) -> Result<String, RedirectError> {
    let here = auth.request_url();
    let mut redirect = AuthRedirect::new(auth.public_configuration(), here);
    redirect.session_status = auth
        .pending_identity()
        .map(|identity| identity.session_status);
    redirect.to_sign_in(Some(here.as_str())).map(String::from)
}
