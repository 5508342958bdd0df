//! One message, and what its reader may do with it.

use leptos::{prelude::*, task::spawn_local};
use leptos_clerk_convex::convex::use_mutation;

use super::{
    Problem,
    functions::{EDIT, Edit, Message, REMOVE, Remove, told},
};

#[component]
pub(super) fn MessageRow(message: Memo<Option<Message>>) -> impl IntoView {
    let editing = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let remove = use_mutation(REMOVE);
    let part = move |read: fn(&Message) -> bool| {
        message.with(|message| message.as_ref().is_some_and(read))
    };
    let author = move || {
        message.with(|message| {
            let author = message.as_ref().and_then(|message| message.author.as_ref());
            author.map_or_else(
                || "Somebody who has left".to_owned(),
                |author| author.name.clone(),
            )
        })
    };
    let body = move || message.with(|message| message.as_ref().map(|message| message.body.clone()));
    let on_remove = move |_| {
        let Some(message) = message.get_untracked() else {
            return;
        };
        let call = remove.call(Remove {
            message_id: message.id,
        });
        spawn_local(async move { problem.set(call.await.err().map(|error| told(&error))) });
    };
    view! {
        <li class="message">
            <p class="author">{author}</p>
            <Show
                when=move || editing.get()
                fallback=move || view! { <p class="body">{body} <Show when=move || part(|m| m.edited_at.is_some())><small>" (edited)"</small></Show></p> }
            >
                <EditForm message editing problem/>
            </Show>
            <div class="actions">
                <Show when=move || part(|message| message.can_edit) && !editing.get()>
                    <button type="button" on:click=move |_| editing.set(true)>"Edit"</button>
                </Show>
                <Show when=move || part(|message| message.can_remove)>
                    <button type="button" on:click=on_remove>"Remove"</button>
                </Show>
            </div>
            <Problem problem/>
        </li>
    }
    .into_any()
}

#[component]
fn EditForm(
    message: Memo<Option<Message>>,
    editing: RwSignal<bool>,
    problem: RwSignal<Option<String>>,
) -> impl IntoView {
    let edit = use_mutation(EDIT);
    let text = RwSignal::new(
        message
            .get_untracked()
            .map(|message| message.body)
            .unwrap_or_default(),
    );
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let Some(message) = message.get_untracked() else {
            return;
        };
        let call = edit.call(Edit {
            message_id: message.id,
            body: text.get_untracked(),
        });
        spawn_local(async move {
            match call.await {
                Ok(()) => {
                    problem.set(None);
                    editing.set(false);
                }
                Err(error) => problem.set(Some(told(&error))),
            }
        });
    };
    view! {
        <form class="line" on:submit=submit>
            <input aria-label="Message" bind:value=text autocomplete="off"/>
            <button type="submit" class="button quiet">"Save"</button>
            <button type="button" class="button quiet" on:click=move |_| editing.set(false)>"Cancel"</button>
        </form>
    }
    .into_any()
}
