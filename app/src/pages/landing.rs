//! The public landing page.

use leptos::prelude::*;
use leptos_clerk_convex::clerk::{SignUpButton, SignedIn, SignedOut};
use leptos_meta::Title;
use leptos_router::components::A;

use crate::components::PageHeading;

/// What this is, and the way in.
#[component]
pub fn LandingPage() -> impl IntoView {
    view! {
        <Title text="Authentication for Leptos"/>
        <section class="hero">
            <PageHeading>"Signed in, in the first HTML."</PageHeading>
            <p class="lead">
                "Clerk signs people in. Convex serves their data, live. One Leptos view tree, rendered by the server and hydrated as WebAssembly, shows each of them the right page from the first byte."
            </p>
            <p class="actions">
                <SignedOut>
                    <SignUpButton redirect_url="/dashboard" class="button large">"Create an account"</SignUpButton>
                </SignedOut>
                <SignedIn>
                    <A href="/dashboard" attr:class="button large">"Go to your dashboard"</A>
                </SignedIn>
            </p>
        </section>
        <Facts/>
    }
}

/// Three facts, one of them open at a time.
#[component]
fn Facts() -> impl IntoView {
    const FACTS: [(&str, &str); 3] = [
        (
            "No flash",
            "The request is authenticated once, before anything is rendered. The browser's first render reads what the server said and nothing else.",
        ),
        (
            "No script in the way",
            "Clerk's own script is loaded after hydration, and on public pages not before somebody wants to sign in. Without it, signed-in content is still there.",
        ),
        (
            "No account needed to try",
            "Without keys the server starts a local Clerk instance, with the official components, on your machine alone.",
        ),
    ];
    let open = RwSignal::new(0_usize);
    view! {
        <section class="facts" aria-label="What it does">
            {FACTS
                .into_iter()
                .enumerate()
                .map(|(index, (title, text))| {
                    view! {
                        <article class="card">
                            <h2>
                                <button
                                    type="button"
                                    aria-expanded=move || (open.get() == index).to_string()
                                    on:click=move |_| open.set(index)
                                >
                                    {title}
                                </button>
                            </h2>
                            <p hidden=move || open.get() != index>{text}</p>
                        </article>
                    }
                })
                .collect_view()}
        </section>
    }
}
