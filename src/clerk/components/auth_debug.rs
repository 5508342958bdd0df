//! `AuthDebug`

use std::time::Duration;

use leptos::prelude::*;

use crate::{
    auth::{AuthState, Freshness},
    clerk::{Clerk, ClerkStatus, bridge, use_clerk},
    convex::{
        ConvexAuthState, ConvexClient, sync::ConnectionState, use_convex_auth,
        use_convex_connection_state,
    },
};

/// Shows what is known about who is there, for whoever develops the application: Clerk, the state of this page, the session and
/// its token, the organization, and what Convex says.
///
/// In a release build it renders nothing, unless `always` is set.
///
/// *On the server* it shows what the request said. *While loading* and *when it fails* it says so, with what can be done about it.
///
/// ```
/// use leptos::prelude::*;
/// use leptos_clerk_convex::clerk::AuthDebug;
///
/// #[component]
/// fn Footer() -> impl IntoView {
///     view! { <footer><AuthDebug/></footer> }
/// }
/// ```
#[component]
pub fn AuthDebug(
    /// Also in a release build.
    #[prop(optional)]
    always: bool,
) -> impl IntoView {
    if !cfg!(debug_assertions) && !always {
        return ().into_any();
    }
    let clerk = use_clerk();
    let convex = use_context::<ConvexClient>()
        .map(|_| (use_convex_auth().state, use_convex_connection_state()));
    // The token grows older while nothing else changes. Effects run in the browser only, after hydration.
    let now = RwSignal::new(clerk.now());
    Effect::new(move |_| {
        let tick = move || _ = now.try_set(bridge::now());
        if let Ok(interval) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            on_cleanup(move || interval.clear());
        }
    });
    let rows = move || {
        let now = now.get();
        let rows = clerk_rows(clerk, now)
            .into_iter()
            .chain(convex_rows(convex));
        rows.map(|(name, value)| view! { <dt>{name}</dt><dd data-auth-debug=name>{value}</dd> })
            .collect_view()
    };
    view! {
        <details class="auth-debug" open>
            <summary>"Authentication"</summary>
            <dl>{rows}</dl>
        </details>
    }
    .into_any()
}

type Row = (&'static str, String);

fn clerk_rows(clerk: Clerk, now_ms: i64) -> Vec<Row> {
    let status = clerk.status().get();
    let mut rows = vec![("clerk", status_text(&status))];
    clerk.state().with(|state| {
        rows.push(("state", state_text(state).to_owned()));
        let Some(identity) = state.identity() else {
            return;
        };
        let organization = identity.organization.as_ref().map_or_else(
            || "none".to_owned(),
            |organization| {
                let role = organization.role.as_deref().unwrap_or("no role");
                format!("{} ({role})", organization.id)
            },
        );
        rows.extend([
            ("user", identity.user_id.clone()),
            ("session", identity.session_id.clone()),
            ("organization", organization),
            (
                "token",
                token_text(clerk.token_expires_at_ms(), now_ms, clerk.freshness().get()),
            ),
        ]);
    });
    if let ClerkStatus::Failed(failure) = &status {
        rows.push(("failure", format!("{failure} {}", failure.action())));
    }
    rows
}

type Convex = (Memo<ConvexAuthState>, ReadSignal<ConnectionState>);

fn convex_rows(convex: Option<Convex>) -> Vec<Row> {
    let Some((auth, connection)) = convex else {
        return vec![("convex", "no provider".to_owned())];
    };
    let connection = connection.get();
    let mut rows = vec![(
        "convex",
        match (connection.is_connected, connection.has_ever_connected) {
            (true, _) => "connected".to_owned(),
            (false, false) => "not connected yet".to_owned(),
            (false, true) => format!("reconnecting, try {}", connection.connection_retries),
        },
    )];
    match auth.get() {
        ConvexAuthState::Loading => rows.push(("confirmation", "waiting".to_owned())),
        ConvexAuthState::Unauthenticated => rows.push(("confirmation", "nobody".to_owned())),
        ConvexAuthState::Authenticated { refreshing: false } => {
            rows.push(("confirmation", "confirmed".to_owned()));
        }
        ConvexAuthState::Authenticated { refreshing: true } => {
            rows.push(("confirmation", "confirmed, renewing the token".to_owned()));
        }
        ConvexAuthState::Refused(refusal) => {
            rows.push(("confirmation", format!("refused: {}", refusal.reason())));
            rows.push(("convex failure", format!("{refusal} {}", refusal.action())));
        }
    }
    rows
}

fn status_text(status: &ClerkStatus) -> String {
    match status {
        ClerkStatus::Idle => "not loaded".to_owned(),
        ClerkStatus::Loading => "loading".to_owned(),
        ClerkStatus::Ready => "ready".to_owned(),
        ClerkStatus::Degraded => "degraded".to_owned(),
        ClerkStatus::Failed(failure) => format!("failed: {}", failure.reason()),
    }
}

fn state_text(state: &AuthState) -> &'static str {
    match state {
        AuthState::Loading => "loading",
        AuthState::Unauthenticated => "unauthenticated",
        AuthState::Authenticated(_) => "authenticated",
    }
}

fn token_text(expires_at_ms: Option<i64>, now_ms: i64, freshness: Freshness) -> String {
    let Some(expires_at_ms) = expires_at_ms else {
        return "none at hand".to_owned();
    };
    let seconds = (expires_at_ms - now_ms) / 1000;
    match freshness {
        Freshness::Stale => format!("over since {} s", -seconds),
        Freshness::Fresh if seconds < 0 => "being renewed".to_owned(),
        Freshness::Fresh => format!("valid for {seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_an_age() {
        assert_eq!(
            token_text(Some(61_500), 1_000, Freshness::Fresh),
            "valid for 60 s"
        );
        assert_eq!(
            token_text(Some(1_000), 8_000, Freshness::Fresh),
            "being renewed"
        );
        assert_eq!(
            token_text(Some(1_000), 8_000, Freshness::Stale),
            "over since 7 s"
        );
        assert_eq!(token_text(None, 0, Freshness::Fresh), "none at hand");
    }
}
