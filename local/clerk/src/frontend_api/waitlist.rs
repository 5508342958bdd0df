//! The waiting list.

use crate::accounts::check_address;
use crate::error::ApiError;
use crate::http::Reply;
use crate::http::call::Call;
use crate::random;
use crate::resources;
use crate::store::records::WaitlistEntry;

/// `POST /v1/waitlist`, answered without envelope. Entries are taken in every sign-up mode, so that the form can be tried
/// where people may sign up at once. Asking twice changes nothing.
pub(super) fn join(call: &mut Call<'_>) -> Result<Reply, ApiError> {
    let email_address = check_address(call.required("email_address")?)?;
    let known = call
        .store
        .find_by::<WaitlistEntry>("email_address", &email_address)?;
    let entry = match known {
        Some(entry) => entry,
        None => WaitlistEntry {
            id: random::id("wle")?,
            email_address,
            created_at: call.now,
            updated_at: call.now,
        },
    };
    call.store.save(&entry)?;
    Ok(Reply::Json(resources::waitlist_entry(&entry)))
}
