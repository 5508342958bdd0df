//! Asking the server who it thinks is there.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the server says about the request it got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The id of the person, as the server verified it.
    pub user_id: String,
    /// The active organization's role, if there is one.
    pub role: Option<String>,
}

/// Who the server thinks is there. It checks again, whatever the page showed.
///
/// # Errors
/// When the request carries no valid session.
#[server(endpoint = "who_am_i")]
pub async fn who_am_i() -> Result<Caller, ServerFnError> {
    use leptos_clerk_convex::identity::Requirement;

    let auth = leptos_clerk_convex::server::auth()?;
    let identity = auth.protect(&Requirement::SignedIn)?;
    Ok(Caller {
        user_id: identity.user_id.clone(),
        role: identity
            .organization
            .as_ref()
            .and_then(|organization| organization.role.clone()),
    })
}

/// A button that asks the server, and its answer.
#[component]
pub fn ServerCheck() -> impl IntoView {
    let ask = ServerAction::<WhoAmI>::new();
    let answer = move || {
        ask.value().get().map(|answer| match answer {
            Ok(person) => format!("The server knows you as {}.", person.user_id),
            Err(_) => {
                "The server does not accept your session any more. Reload the page.".to_owned()
            }
        })
    };
    view! {
        <div class="server-check">
            <button
                type="button"
                class="button"
                on:click=move |_| _ = ask.dispatch(WhoAmI {})
                aria-busy=move || ask.pending().get().to_string()
            >
                "Ask the server who I am"
            </button>
            <p role="status" data-testid="server-answer">{answer}</p>
        </div>
    }
}
