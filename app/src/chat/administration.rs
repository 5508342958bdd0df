//! Keeping the channels in order, for administrators of the active organization.

use leptos::{prelude::*, task::spawn_local};
use leptos_clerk_convex::convex::{
    preload::{Preload, PreloadOptions, QueryBatch},
    use_mutation, use_query,
};

use super::{
    Problem,
    functions::{CLEAR_CHANNEL, ChannelOverview, InChannel, OVERVIEW, told},
};

/// Every channel with how much is in it, live. The deployment refuses everybody but administrators, whatever this page showed.
#[component]
pub(crate) fn ChannelAdministration() -> impl IntoView {
    view! {
        <article class="card">
            <h2>"Channels"</h2>
            <Preload queries=QueryBatch::new().query(OVERVIEW, &()) options=PreloadOptions::default().blocking()>
                <Overview/>
            </Preload>
        </article>
    }
    .into_any()
}

#[component]
fn Overview() -> impl IntoView {
    let overview = use_query(OVERVIEW, || Some(()));
    let problem = move || overview.error().map(|error| told(&error));
    view! {
        <Show when=move || overview.is_loading()><p role="status">"Loading…"</p></Show>
        <p class="problem" role="alert">{problem}</p>
        <ul class="overview" data-testid="channel-overview">
            <For
                each=move || overview.value().unwrap_or_default()
                key=|channel| channel.channel_id.clone()
                children=move |channel| {
                    let id = channel.channel_id.clone();
                    let channel = Memo::new(move |_| {
                        overview.with(|channels| channels?.iter().find(|channel| channel.channel_id == id).cloned())
                    });
                    view! { <Row channel/> }
                }
            />
        </ul>
    }
    .into_any()
}

#[component]
fn Row(channel: Memo<Option<ChannelOverview>>) -> impl IntoView {
    let clear = use_mutation(CLEAR_CHANNEL);
    let is_asked = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let name = move || channel.with(|channel| channel.as_ref().map(|channel| channel.name.clone()));
    let count = move || channel.with(|channel| channel.as_ref().map(counted));
    let is_empty = move || {
        channel.with(|channel| channel.as_ref().is_none_or(|channel| channel.messages == 0))
    };
    let on_clear = move |_| {
        let Some(channel) = channel.get_untracked() else {
            return;
        };
        is_asked.set(false);
        let call = clear.call(InChannel {
            channel_id: channel.channel_id,
        });
        spawn_local(async move { problem.set(call.await.err().map(|error| told(&error))) });
    };
    view! {
        <li class="line">
            <span>"# " {name} ": " {count}</span>
            <Show
                when=move || is_asked.get()
                fallback=move || view! {
                    <button type="button" class="button quiet" disabled=is_empty on:click=move |_| is_asked.set(true)>
                        "Clear" <span class="visually-hidden">" " {name}</span>
                    </button>
                }
            >
                <button type="button" class="button" on:click=on_clear>"Remove all messages for everybody"</button>
                <button type="button" class="button quiet" on:click=move |_| is_asked.set(false)>"Keep them"</button>
            </Show>
            <Problem problem/>
        </li>
    }
    .into_any()
}

fn counted(channel: &ChannelOverview) -> String {
    match (channel.messages, channel.has_more) {
        (1, false) => "1 message".to_owned(),
        (messages, false) => format!("{messages} messages"),
        (messages, true) => format!("more than {messages} messages"),
    }
}
