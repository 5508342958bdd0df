//! An application's own entries in Clerk's menus and pages.

use std::sync::Arc;

use leptos::{prelude::*, reactive::owner::WeakOwner};

/// A page of the application's own in [`UserProfile`](crate::clerk::UserProfile),
/// [`OrganizationProfile`](crate::clerk::OrganizationProfile) or the pages that their buttons open. Cheap to clone.
///
/// Pages are shown in the order given; a [`standard`](Self::standard) page says where Clerk's own goes.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::clerk::CustomPage;
///
/// let pages = vec![
///     CustomPage::new("Notifications", "notifications", || "🔔", || view! { <p>"What we tell you about."</p> }),
///     CustomPage::standard("account"),
///     CustomPage::link("Home", "/", || "🏠"),
/// ];
/// assert_eq!(pages.len(), 3);
/// ```
#[derive(Clone)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "the bridge reads it, in the browser")
)]
pub struct CustomPage {
    pub(in crate::clerk) label: String,
    pub(in crate::clerk) url: Option<String>,
    pub(in crate::clerk) icon: Option<ViewFn>,
    pub(in crate::clerk) content: Option<ViewFn>,
}

impl CustomPage {
    /// A page with a label and an icon in the navigation, at `url` below the profile's own address.
    pub fn new(
        label: impl Into<String>,
        url: impl Into<String>,
        icon: impl Into<ViewFn>,
        content: impl Into<ViewFn>,
    ) -> Self {
        Self {
            label: label.into(),
            url: Some(url.into()),
            icon: Some(icon.into()),
            content: Some(content.into()),
        }
    }

    /// A link in the navigation.
    pub fn link(label: impl Into<String>, url: impl Into<String>, icon: impl Into<ViewFn>) -> Self {
        Self {
            label: label.into(),
            url: Some(url.into()),
            icon: Some(icon.into()),
            content: None,
        }
    }

    /// The place of one of Clerk's own pages, by Clerk's name: `account`, `security`, `general`, `members`, `billing`, `apiKeys`.
    pub fn standard(name: impl Into<String>) -> Self {
        Self {
            label: name.into(),
            url: None,
            icon: None,
            content: None,
        }
    }
}

impl std::fmt::Debug for CustomPage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "CustomPage({:?}, {:?})", self.label, self.url)
    }
}

/// An entry of the application's own in the menu of [`UserButton`](crate::clerk::UserButton). Cheap to clone.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::clerk::CustomMenuItem;
///
/// let items = vec![
///     CustomMenuItem::action("Invite a friend", || "✉", || leptos::logging::log!("invited")),
///     CustomMenuItem::link("Help", "/help", || "?"),
///     CustomMenuItem::manage_account(),
///     CustomMenuItem::sign_out(),
/// ];
/// assert_eq!(items.len(), 4);
/// ```
#[derive(Clone)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "the bridge reads it, in the browser")
)]
pub struct CustomMenuItem {
    pub(in crate::clerk) label: String,
    pub(in crate::clerk) icon: Option<ViewFn>,
    pub(in crate::clerk) does: MenuItemDoes,
}

#[derive(Clone)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "the bridge reads it, in the browser")
)]
pub(in crate::clerk) enum MenuItemDoes {
    Run(Arc<dyn Fn() + Send + Sync>),
    Open(String),
    Link(String),
    Standard,
}

impl CustomMenuItem {
    /// An entry that runs something.
    pub fn action(
        label: impl Into<String>,
        icon: impl Into<ViewFn>,
        action: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self::with(label, icon, MenuItemDoes::Run(Arc::new(action)))
    }

    /// An entry that opens the account page at one of its pages: the `url` of a [`CustomPage`], or Clerk's own.
    pub fn open(
        label: impl Into<String>,
        page: impl Into<String>,
        icon: impl Into<ViewFn>,
    ) -> Self {
        let page: String = page.into();
        let page = if page.starts_with('/') {
            page
        } else {
            format!("/{page}")
        };
        Self::with(label, icon, MenuItemDoes::Open(page))
    }

    /// An entry that leads somewhere.
    pub fn link(label: impl Into<String>, url: impl Into<String>, icon: impl Into<ViewFn>) -> Self {
        Self::with(label, icon, MenuItemDoes::Link(url.into()))
    }

    /// The place of Clerk's own entry for the account page.
    #[must_use]
    pub fn manage_account() -> Self {
        Self::standard("manageAccount")
    }

    /// The place of Clerk's own entry for signing out.
    #[must_use]
    pub fn sign_out() -> Self {
        Self::standard("signOut")
    }

    fn with(label: impl Into<String>, icon: impl Into<ViewFn>, does: MenuItemDoes) -> Self {
        Self {
            label: label.into(),
            icon: Some(icon.into()),
            does,
        }
    }

    fn standard(name: &str) -> Self {
        Self {
            label: name.to_owned(),
            icon: None,
            does: MenuItemDoes::Standard,
        }
    }
}

impl std::fmt::Debug for CustomMenuItem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "CustomMenuItem({:?})", self.label)
    }
}

/// All entries of one component, and where ClerkJS expects the pages.
#[derive(Clone, Default)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(dead_code, reason = "the bridge reads it, in the browser")
)]
pub(in crate::clerk) struct Custom {
    /// The member of the props that has `customPages`; the props themselves when empty.
    pub(in crate::clerk) parent: &'static str,
    pub(in crate::clerk) pages: Vec<CustomPage>,
    pub(in crate::clerk) menu_items: Vec<CustomMenuItem>,
    /// The owner of the component, whose contexts the views see and with which they end.
    pub(in crate::clerk) owner: Option<WeakOwner>,
}
