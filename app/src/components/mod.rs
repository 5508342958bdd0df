//! Parts that several pages share.

mod local_instance_hint;
mod page_heading;
mod server_check;
mod site_header;
mod theme;

pub use local_instance_hint::{LocalInstance, LocalInstanceHint, SeededPerson};
pub use page_heading::{Hydrated, PageHeading, focus_page};
pub use server_check::ServerCheck;
pub use site_header::SiteHeader;
pub use theme::{Theme, ThemeSwitch};
