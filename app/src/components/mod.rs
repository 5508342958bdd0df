//! Parts that several pages share.

mod local_instance_hint;
mod server_check;
mod site_header;

pub use local_instance_hint::{LocalInstance, LocalInstanceHint, SeededPerson};
pub use server_check::ServerCheck;
pub use site_header::SiteHeader;
