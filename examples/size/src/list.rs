//! A list with a form below it.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// An entry of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Message {
    #[serde(rename = "_id")]
    id: String,
    body: String,
}

#[component]
pub(crate) fn List() -> impl IntoView {
    let (messages, send) = messages();
    let body = RwSignal::new(String::new());
    view! {
        <ol>
            <For each=move || messages.get() key=|message| message.id.clone() let:message>
                <li>{message.body}</li>
            </For>
        </ol>
        <form on:submit=move |event| {
            event.prevent_default();
            send(body.get_untracked());
            body.set(String::new());
        }>
            <input bind:value=body/>
            <button type="submit">"Send"</button>
        </form>
    }
}

#[cfg(not(feature = "convex"))]
fn messages() -> (Signal<Vec<Message>>, impl Fn(String) + Clone) {
    let messages = RwSignal::new(Vec::<Message>::new());
    let send = move |body: String| {
        messages.update(|messages| {
            let id = messages.len().to_string();
            messages.push(Message { id, body });
        });
    };
    (messages.into(), send)
}

#[cfg(feature = "convex")]
fn messages() -> (Signal<Vec<Message>>, impl Fn(String) + Clone) {
    use leptos_clerk_convex::convex::{
        Mutation, PageOf, Query, use_mutation, use_paginated_query, use_query,
    };

    #[derive(Clone, Serialize)]
    struct Send {
        body: String,
    }
    const COUNT: Query<(), u32> = Query::new("messages:count");
    const LIST: Query<(), PageOf<Message>> = Query::new("messages:list");
    const SEND: Mutation<Send, String> = Mutation::new("messages:send");

    let count = use_query(COUNT, || Some(()));
    let list = use_paginated_query(LIST, || Some(()), 20);
    let mutation = use_mutation(SEND);
    let messages = Signal::derive(move || {
        count.with(|_| ());
        list.items()
    });
    (messages, move |body| drop(mutation.call(Send { body })))
}
