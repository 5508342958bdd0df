//! Who can sign in at a local instance.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// One of the people that a local instance starts with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeededPerson {
    /// What to type as e-mail address.
    pub email: String,
    /// What to type as password.
    pub password: String,
    /// What is special about this person.
    pub description: String,
}

/// Provided by the server when it runs a local instance: who can sign in, and where its mails are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalInstance {
    /// The people that it starts with.
    pub people: Vec<SeededPerson>,
    /// The page that shows the mails it would have sent.
    pub inbox_url: String,
}

/// On a local instance: who can sign in at once, and where the codes are. Elsewhere: nothing.
#[component]
pub fn LocalInstanceHint() -> impl IntoView {
    let instance = SharedValue::new(use_context::<LocalInstance>).into_inner();
    instance.map(|instance| {
        view! {
            <aside class="card local-hint">
                <h2>"This is a local instance"</h2>
                <p>"You can sign in at once:"</p>
                <ul>
                    {instance
                        .people
                        .into_iter()
                        .map(|person| {
                            view! {
                                <li>
                                    <code>{person.email}</code>
                                    ", password "
                                    <code>{person.password}</code>
                                    ": "
                                    {person.description}
                                </li>
                            }
                        })
                        .collect_view()}
                </ul>
                <p>"Or sign up. Codes for new addresses are in the " <a href=instance.inbox_url rel="external">"inbox"</a> "."</p>
            </aside>
        }
    })
}
