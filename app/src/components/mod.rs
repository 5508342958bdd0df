//! Parts that several pages share.

mod local_instance_hint;
mod page_heading;
mod server_check;
mod site_header;
mod theme;

pub use local_instance_hint::{LocalInstance, LocalInstanceHint, SeededPerson};
pub use page_heading::{PageHeading, focus_page, mark_hydrated};
pub use server_check::ServerCheck;
pub use site_header::SiteHeader;
pub use theme::{Theme, ThemeSwitch};
