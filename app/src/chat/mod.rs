//! Channels and messages, live, for whoever is signed in.

mod administration;
mod composer;
mod functions;
mod message_list;
mod message_row;
mod presence;

use leptos::{prelude::*, task::spawn_local};
use leptos_clerk_convex::convex::{
    AuthFailed, AuthLoading,
    preload::{Preload, PreloadOptions, QueryBatch},
    use_convex_auth, use_mutation, use_query,
};

pub(crate) use administration::ChannelAdministration;
use composer::Composer;
use functions::{
    CHANNELS, CREATE_CHANNEL, Channel, Create, FIRST_MESSAGES, FirstPage, PageOptions,
    STORE_PERSON, told,
};
use message_list::{MessageList, PAGE};
use presence::Presence;

/// The chat, with its first messages in the first HTML.
#[component]
pub fn Chat() -> impl IntoView {
    store_person();
    view! {
        <section class="chat" aria-label="Messages">
            <AuthLoading><p role="status">"Connecting…"</p></AuthLoading>
            <AuthFailed failed=|refusal| {
                view! {
                    <div class="notice" role="alert" data-testid="convex-refused">
                        <p>{refusal.to_string()}</p>
                        <p>{refusal.action()}</p>
                    </div>
                }
                .into_any()
            }/>
            <Preload queries=QueryBatch::new().query(CHANNELS, &()) options=PreloadOptions::default().blocking()>
                <Channels/>
            </Preload>
        </section>
    }
}

/// The deployment keeps people by what their token says of them, from the first time that it sees them.
fn store_person() {
    let authenticated = use_convex_auth().is_authenticated;
    let store = use_mutation(STORE_PERSON);
    Effect::new(move |_| {
        if authenticated.get() {
            drop(store.call(()));
        }
    });
}

#[component]
fn Channels() -> impl IntoView {
    let channels = use_query(CHANNELS, || Some(()));
    let selected = RwSignal::new(None::<String>);
    let current = Memo::new(move |_| {
        let selected = selected.get();
        channels.with(|channels| {
            let channels = channels.map_or(&[][..], Vec::as_slice);
            let chosen = channels
                .iter()
                .find(|channel| Some(&channel.id) == selected.as_ref());
            chosen
                .or_else(|| channels.iter().find(|channel| channel.is_default))
                .cloned()
        })
    });
    let preloaded = current
        .get_untracked()
        .map(|channel| first_page(&channel.id));
    view! {
        <nav class="channels" aria-label="Channels">
            <ul>
                <For
                    each=move || channels.value().unwrap_or_default()
                    key=|channel| channel.id.clone()
                    children=move |channel| view! { <ChannelButton channel current selected/> }
                />
            </ul>
            <NewChannel selected/>
        </nav>
        <Preload queries=preloaded.unwrap_or_default() options=PreloadOptions::default().blocking()>
            <div class="channel">
                <Presence channel=current/>
                <MessageList channel=current/>
                <Composer channel=current/>
            </div>
        </Preload>
    }
}

fn first_page(channel_id: &str) -> QueryBatch {
    let page = FirstPage {
        channel_id: channel_id.to_owned(),
        pagination_opts: PageOptions {
            num_items: PAGE,
            cursor: None,
        },
    };
    QueryBatch::new().query(FIRST_MESSAGES, &page)
}

#[component]
fn ChannelButton(
    channel: Channel,
    current: Memo<Option<Channel>>,
    selected: RwSignal<Option<String>>,
) -> impl IntoView {
    let id = StoredValue::new(channel.id);
    let is_current = move || {
        current.with(|current| {
            current
                .as_ref()
                .is_some_and(|current| id.with_value(|id| *id == current.id))
        })
    };
    view! {
        <li>
            <button
                type="button"
                aria-current=move || is_current().then_some("true")
                on:click=move |_| selected.set(Some(id.get_value()))
            >
                "# " {channel.name}
            </button>
        </li>
    }
}

#[component]
fn NewChannel(selected: RwSignal<Option<String>>) -> impl IntoView {
    let create = use_mutation(CREATE_CHANNEL);
    let name = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let call = create.call(Create {
            name: name.get_untracked(),
        });
        spawn_local(async move {
            match call.await {
                Ok(id) => {
                    selected.set(Some(id));
                    name.set(String::new());
                    problem.set(None);
                }
                Err(error) => problem.set(Some(told(&error))),
            }
        });
    };
    view! {
        <form class="line" on:submit=submit>
            <label class="visually-hidden" for="new-channel">"New channel"</label>
            <input id="new-channel" placeholder="New channel" bind:value=name autocomplete="off"/>
            <button type="submit" class="button quiet">"Add"</button>
            <Problem problem/>
        </form>
    }
}

/// An error, where it happened.
#[component]
fn Problem(problem: RwSignal<Option<String>>) -> impl IntoView {
    view! { <p class="problem" role="alert">{move || problem.get()}</p> }
}
