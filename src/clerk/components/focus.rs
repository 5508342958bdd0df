//! `FocusMainHeading`

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::clerk::{bridge, use_clerk};

/// Moves the focus to the main heading when the page has become another one: after navigating, after signing in and after signing
/// out. Keyboards and screen readers then go on where the new content begins, and not where the old one was.
///
/// Put it once inside the router. It renders nothing. A form of Clerk's that has the focus keeps it.
///
/// *On the server* and *while loading* it does nothing. *When it fails* (there is no heading) the focus stays where it is.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::clerk::{ClerkProvider, FocusMainHeading};
/// use leptos_router::components::Router;
///
/// #[component]
/// fn App() -> impl IntoView {
///     view! {
///         <Router>
///             <ClerkProvider>
///                 <FocusMainHeading/>
///                 <main><h1>"Hello"</h1></main>
///             </ClerkProvider>
///         </Router>
///     }
/// }
/// ```
#[component]
pub fn FocusMainHeading(
    /// What to focus: a CSS selector. `main h1` without it.
    #[prop(optional, into)]
    selector: Option<String>,
) -> impl IntoView {
    let selector = selector.unwrap_or_else(|| "main h1".to_owned());
    let path = use_location().pathname;
    let state = use_clerk().state();
    Effect::new(move |before: Option<Place>| {
        let now = Place {
            path: path.get(),
            person: state.with(|state| {
                (!state.is_loading())
                    .then(|| state.identity().map(|identity| identity.user_id.clone()))
            }),
        };
        match before {
            Some(before) if before.has_become(&now) => {
                bridge::focus(&selector);
                now
            }
            // What is in between is no place of its own: the change is from the last one that was.
            Some(before) if now.person.is_none() => before,
            _ => now,
        }
    });
}

/// Which page this is, for whom; nobody knows for whom while somebody is just signing in or out.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    path: String,
    person: Option<Option<String>>,
}

impl Place {
    fn has_become(&self, now: &Self) -> bool {
        self.path != now.path || (now.person.is_some() && self.person != now.person)
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    fn place(path: &str, person: Option<Option<&str>>) -> Place {
        Place {
            path: path.to_owned(),
            person: person.map(|person| person.map(str::to_owned)),
        }
    }

    #[test]
    fn another_page_or_another_person_is_another_place() {
        let here = place("/a", Some(None));
        assert!(here.has_become(&place("/b", Some(None))));
        assert!(here.has_become(&place("/a", Some(Some("user_1")))));
        assert!(!here.has_become(&here));
        assert!(
            !here.has_become(&place("/a", None)),
            "signing in has begun, nothing is new yet"
        );
    }
}
