//! Where this page is, on either side.

use leptos::prelude::*;
use leptos_router::location::{BrowserUrl, LocationProvider, RequestUrl};

use super::url;

/// Whether there is a router around this that can navigate in the browser.
pub(super) fn has_browser_router() -> bool {
    use_context::<BrowserUrl>().is_some()
}

/// Path and query of this page; `None` in a browser without a router.
pub(super) fn path_and_query() -> Option<String> {
    if let Some(browser) = use_context::<BrowserUrl>() {
        let here = browser.as_url().get_untracked();
        return Some(url::with_query(here.path(), here.search()));
    }
    use_context::<RequestUrl>().map(|request| request.as_ref().to_owned())
}

/// Whether the browser is no longer at `path` or below it.
pub(super) fn has_left(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    use_context::<BrowserUrl>().is_some_and(|browser| {
        let here = browser.as_url().get_untracked();
        here.path()
            .strip_prefix(path)
            .is_none_or(|rest| !rest.is_empty() && !rest.starts_with('/'))
    })
}
