//! `ConvexClientProvider`

use leptos::prelude::*;
use leptos_clerk_convex::{
    clerk::{ClerkOptions, ClerkProvider},
    convex::ConvexProviderWithClerk,
};
use serde_json::json;

/// Everything that the application's views need to know who is there.
///
/// Server and browser both take their context components from here, so that there is one context and not two.
#[component]
pub fn ConvexClientProvider(
    /// The application.
    children: Children,
) -> impl IntoView {
    view! {
        <ClerkProvider options=ClerkOptions::default().appearance(appearance())>
            <ConvexProviderWithClerk>{children()}</ConvexProviderWithClerk>
        </ClerkProvider>
    }
}

/// Clerk's components in this application's colours: its own custom properties, so that they follow the theme.
fn appearance() -> serde_json::Value {
    json!({
        "variables": {
            "colorPrimary": "var(--app-accent)",
            "colorPrimaryForeground": "var(--app-on-accent)",
            "colorBackground": "var(--app-surface)",
            "colorForeground": "var(--app-text)",
            "colorMutedForeground": "var(--app-text-muted)",
            "colorMuted": "var(--app-surface-muted)",
            "colorInput": "var(--app-field)",
            "colorInputForeground": "var(--app-text)",
            "colorNeutral": "var(--app-text)",
            "colorBorder": "var(--app-line)",
            "colorDanger": "var(--app-danger)",
            "borderRadius": "0.5rem",
            "fontFamily": "inherit",
        },
        // By itself Clerk paints the text of its badges in the colour of lines, which nobody can read.
        "elements": { "badge": { "color": "var(--app-text-muted)" } },
        "options": { "showOptionalFields": true },
    })
}
