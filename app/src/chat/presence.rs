//! Who is in a channel.

use std::time::Duration;

use leptos::prelude::*;
use leptos_clerk_convex::convex::{use_convex_auth, use_mutation, use_query};

use super::functions::{Channel, HEARTBEAT, HERE, InChannel, LEAVE};

/// Half of the time after which the deployment takes a silent person for gone.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(15);

#[component]
pub(super) fn Presence(channel: Memo<Option<Channel>>) -> impl IntoView {
    let in_channel = move || {
        channel.get().map(|channel| InChannel {
            channel_id: channel.id,
        })
    };
    let here = use_query(HERE, in_channel);
    let (heartbeat, leave) = (use_mutation(HEARTBEAT), use_mutation(LEAVE));
    let authenticated = use_convex_auth().is_authenticated;
    Effect::new(move |_| {
        let Some(channel) = in_channel() else { return };
        if !authenticated.get() {
            return;
        }
        let beat = {
            let channel = channel.clone();
            move || drop(heartbeat.call(channel.clone()))
        };
        beat();
        let timer = set_interval_with_handle(beat, HEARTBEAT_EVERY);
        on_cleanup(move || {
            if let Ok(timer) = timer {
                timer.clear();
            }
            if authenticated.try_get_untracked() == Some(true) {
                drop(leave.call(channel));
            }
        });
    });
    let names = move || {
        here.with(|people| {
            let names: Vec<_> = people
                .into_iter()
                .flatten()
                .map(|person| person.name.clone())
                .collect();
            names.join(", ")
        })
    };
    view! { <p class="muted" data-testid="here">"Here: " {names}</p> }
}
