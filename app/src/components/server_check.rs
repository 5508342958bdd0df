//! Asking the server who it thinks is there.

use leptos::prelude::*;
use leptos_clerk_convex::clerk::SessionClient;
use serde::{Deserialize, Serialize};

/// What the server says about the request it got.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The id of the person, as the server verified it.
    pub user_id: String,
    /// The organization that this tab works for, if it is one.
    pub organization: Option<String>,
}

/// Who the server thinks is there. It checks again, whatever the page showed.
///
/// # Errors
/// When the request carries no valid session.
#[server(endpoint = "who_am_i", client = SessionClient)]
pub async fn who_am_i() -> Result<Caller, ServerFnError> {
    use leptos_clerk_convex::identity::Requirement;

    let auth = leptos_clerk_convex::server::auth()?;
    let identity = auth.protect(&Requirement::SignedIn)?;
    Ok(Caller {
        user_id: identity.user_id.clone(),
        organization: identity.organization.clone().map(|organization| {
            let id = organization.id;
            organization.slug.unwrap_or(id)
        }),
    })
}

/// A button that asks the server, and its answer.
#[component]
pub fn ServerCheck() -> impl IntoView {
    let ask = ServerAction::<WhoAmI>::new();
    let answer = move || {
        ask.value().get().map(|answer| match answer {
            Ok(Caller {
                user_id,
                organization,
            }) => match organization {
                Some(organization) => {
                    format!("The server knows you as {user_id}, for {organization}.")
                }
                None => format!("The server knows you as {user_id}."),
            },
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
