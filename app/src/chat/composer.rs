//! Where a message is written. It is in the list before the deployment has it.

use leptos::{prelude::*, task::spawn_local};
use leptos_clerk_convex::{
    clerk::use_user,
    convex::{pagination::insert_at_top, use_mutation},
};
use serde_json::json;

use super::{
    Problem,
    functions::{Channel, MESSAGES, Message, Person, SEND, Send, told},
};

#[component]
pub(super) fn Composer(channel: Memo<Option<Channel>>) -> impl IntoView {
    let user = use_user();
    let author = move || {
        user.with(|user| user.user().and_then(|user| user.full_name()))
            .unwrap_or_default()
    };
    let name = Memo::new(move |_| author());
    let send = use_mutation(SEND).with_optimistic_update(move |store, sent: &Send| {
        let guess = Message {
            id: format!("pending-{}", sent.number),
            creation_time: 0.0,
            channel_id: sent.channel_id.clone(),
            body: sent.body.trim().to_owned(),
            edited_at: None,
            author: Some(Person {
                user_id: String::new(),
                name: name.try_get_untracked().unwrap_or_default(),
                picture_url: None,
            }),
            can_edit: false,
            can_remove: false,
        };
        insert_at_top(
            store,
            &MESSAGES.path(),
            &json!({ "channelId": sent.channel_id }),
            &guess,
        )
    });
    let body = RwSignal::new(String::new());
    let number = StoredValue::new(0_u32);
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(channel) = channel.get_untracked() else {
            return;
        };
        number.update_value(|number| *number += 1);
        let text = body.get_untracked();
        let call = send.call(Send {
            channel_id: channel.id,
            body: text.clone(),
            number: number.get_value(),
        });
        body.set(String::new());
        spawn_local(async move {
            let failed = call.await.err();
            // What could not be sent is not lost, unless something else has been written since.
            // Signing out takes the form away while the answer is on its way.
            if failed.is_some() && body.try_with_untracked(String::is_empty) == Some(true) {
                body.set(text);
            }
            _ = problem.try_set(failed.map(|error| told(&error)));
        });
    };
    view! {
        <form class="line composer" on:submit=submit>
            <label class="visually-hidden" for="message">"Message"</label>
            <input id="message" placeholder="Message" bind:value=body autocomplete="off"/>
            // Until it is known where to, there is nothing to send: a click would be lost.
            <button type="submit" class="button" disabled=move || channel.with(Option::is_none)>"Send"</button>
            <Problem problem/>
        </form>
    }
    .into_any()
}
