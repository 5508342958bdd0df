//! Clerk's resources as JSON, field for field what ClerkJS and the Backend SDKs read.

mod api_key;
mod attempts;
mod billing;
mod client;
mod environment;
mod organization;
mod user;

use crate::clock::Millis;
use crate::instance::Instance;
use crate::store::Store;

pub(crate) use api_key::{api_key, waitlist_entry};
pub(crate) use billing::{plan, plan_id, subscription, subscription_item_id};
pub(crate) use environment::{PROVIDER, PROVIDER_NAME, PROVIDER_STRATEGY, environment};
pub(crate) use organization::{ROLES, role};
pub(crate) use user::{MAX_FAILED_ATTEMPTS, external_account};

/// What resources are rendered with.
pub(crate) struct View<'a> {
    pub(crate) instance: &'a Instance,
    pub(crate) store: &'a Store<'a>,
    pub(crate) now: Millis,
    /// The `azp` of tokens inside the resources.
    pub(crate) authorized_party: String,
}
