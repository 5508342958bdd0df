//! Sign-in and sign-up with forms of the application's own, over ClerkJS alone: the script of the prebuilt components is not needed.

mod sign_in;
mod sign_up;
mod state;

pub use sign_in::{UseSignIn, use_sign_in};
pub use sign_up::{UseSignUp, use_sign_up};
pub use state::{FlowError, FlowErrors, FlowFactor, FlowState};

use leptos::prelude::*;
use serde_json::{Value, json};

use crate::clerk::{Clerk, ClerkError, ClerkStatus, bridge, use_clerk};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::clerk) enum FlowKind {
    SignIn,
    SignUp,
}

/// What both have in common.
#[derive(Clone, Copy, Debug)]
struct Flow {
    clerk: Clerk,
    kind: FlowKind,
    state: RwSignal<FlowState>,
}

impl Flow {
    fn new(kind: FlowKind) -> Self {
        let flow = Self {
            clerk: use_clerk(),
            kind,
            state: RwSignal::new(FlowState::default()),
        };
        let followed: StoredValue<_, bridge::MountStorage> =
            StoredValue::new_with_storage(None::<bridge::Followed>);
        // Whoever shows such a form will need ClerkJS.
        Effect::new(move |_| {
            flow.clerk.load();
            if !flow.clerk.status().with(ClerkStatus::is_operational) {
                return;
            }
            let following = followed.try_with_value(Option::is_some) != Some(false);
            if !following {
                let update = move |json: Value| {
                    let now = FlowState::from_json(&json);
                    if flow.state.try_with_untracked(|known| *known != now) == Some(true) {
                        flow.state.set(now);
                    }
                };
                followed.set_value(bridge::Followed::follow(kind, update));
            }
        });
        on_cleanup(move || _ = followed.try_update_value(Option::take));
        flow
    }

    async fn call(&self, method: &str, parameters: Value) -> Result<(), ClerkError> {
        self.clerk.operational().await?;
        bridge::flow_call(self.kind, method, &parameters).await
    }

    async fn code(&self, method: &str, code: &str) -> Result<(), ClerkError> {
        self.call(method, json!({ "code": code })).await
    }

    async fn sso(
        &self,
        strategy: &str,
        redirect_url: &str,
        callback_url: &str,
    ) -> Result<(), ClerkError> {
        let parameters = json!({
            "strategy": strategy,
            "redirectUrl": redirect_url,
            "redirectCallbackUrl": callback_url,
        });
        self.call("sso", parameters).await
    }

    async fn finalize(&self, redirect_url: Option<&str>) -> Result<(), ClerkError> {
        self.clerk.operational().await?;
        bridge::flow_finalize(self.kind, redirect_url.map(str::to_owned)).await
    }
}
