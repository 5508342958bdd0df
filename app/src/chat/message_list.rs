//! The messages of a channel, newest first, page by page.

use leptos::prelude::*;
use leptos_clerk_convex::convex::{pagination::PaginationStatus, use_paginated_query};

use super::{
    functions::{Channel, InChannel, MESSAGES, told},
    message_row::MessageRow,
};

/// How many messages are loaded at a time.
pub(super) const PAGE: u32 = 20;

#[component]
pub(super) fn MessageList(channel: Memo<Option<Channel>>) -> impl IntoView {
    let arguments = move || {
        channel.get().map(|channel| InChannel {
            channel_id: channel.id,
        })
    };
    let messages = use_paginated_query(MESSAGES, arguments, PAGE);
    let ids =
        move || messages.with(|items| items.iter().map(|item| item.id.clone()).collect::<Vec<_>>());
    let status = messages.status();
    let error = messages.error();
    view! {
        <ol class="messages" data-testid="messages" reversed>
            <For
                each=ids
                key=|id| id.clone()
                children=move |id| {
                    let message = Memo::new(move |_| {
                        messages.with(|items| items.iter().find(|item| item.id == id).cloned())
                    });
                    view! { <MessageRow message/> }
                }
            />
        </ol>
        <Show when=move || status.get() == PaginationStatus::Exhausted && messages.with(<[_]>::is_empty)>
            <p class="muted">"Nobody has said anything here yet."</p>
        </Show>
        <Show when=move || status.get() == PaginationStatus::CanLoadMore>
            <button type="button" class="button quiet" on:click=move |_| _ = messages.load_more(PAGE)>
                "Older messages"
            </button>
        </Show>
        <p class="problem" role="alert">{move || error.with(|error| error.as_ref().map(told))}</p>
    }
    .into_any()
}
