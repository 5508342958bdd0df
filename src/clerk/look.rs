//! Look and texts of the prebuilt components, following the provider's signals.

use leptos::prelude::*;
use serde_json::{Value, json};

use super::{Appearance, Clerk, ClerkStatus, Localization, bridge};

/// The provider's signals, and what ClerkJS was last given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    appearance: Signal<Option<Appearance>>,
    localization: Signal<Option<Localization>>,
    /// What a page has set itself; it wins.
    own: (RwSignal<Option<Appearance>>, RwSignal<Option<Localization>>),
    given: StoredValue<Option<Given>>,
}

type Given = (Option<Appearance>, Option<Localization>);

impl Look {
    /// Signals, else the fixed values.
    pub(super) fn new(
        appearance: MaybeProp<Appearance>,
        localization: MaybeProp<Localization>,
        fixed: Given,
    ) -> Self {
        let (fixed_appearance, fixed_localization) = fixed;
        let own = (RwSignal::new(None), RwSignal::new(None));
        Self {
            appearance: Signal::derive(move || {
                let own = own.0.get().or_else(|| appearance.get());
                own.or_else(|| fixed_appearance.clone())
            }),
            localization: Signal::derive(move || {
                let own = own.1.get().or_else(|| localization.get());
                own.or_else(|| fixed_localization.clone())
            }),
            own,
            given: StoredValue::new(None),
        }
    }

    /// The members of the options of `Clerk.load()`.
    #[cfg_attr(
        not(target_arch = "wasm32"),
        allow(dead_code, reason = "the bridge reads it, in the browser")
    )]
    pub(super) fn give(&self) -> (Option<Value>, Option<Value>) {
        let given = (
            self.appearance.get_untracked(),
            self.localization.get_untracked(),
        );
        self.given.set_value(Some(given.clone()));
        values(given)
    }
}

fn values((appearance, localization): Given) -> (Option<Value>, Option<Value>) {
    (
        appearance.map(Appearance::into_value),
        localization.map(|localization| localization.as_value().clone()),
    )
}

impl Clerk {
    /// Gives all prebuilt components another look, at once; `None` goes back to the provider's.
    pub fn set_appearance(&self, appearance: Option<Appearance>) {
        self.look.own.0.set(appearance);
    }

    /// Gives all prebuilt components other texts, at once; `None` goes back to the provider's.
    pub fn set_localization(&self, localization: Option<Localization>) {
        self.look.own.1.set(localization);
    }

    /// Has ClerkJS follow the provider's signals.
    pub(super) fn follow_look(&self) {
        let clerk = *self;
        Effect::new(move |_| {
            let look = clerk.look;
            let wanted = (look.appearance.get(), look.localization.get());
            let changed = look
                .given
                .with_value(|given| given.as_ref().is_some_and(|given| *given != wanted));
            if clerk.status().with(ClerkStatus::is_operational) && changed {
                look.given.set_value(Some(wanted.clone()));
                let (appearance, localization) = values(wanted);
                let change = json!({
                    "appearance": appearance.unwrap_or_else(|| json!({})),
                    "options": { "localization": localization.unwrap_or_else(|| json!({})) },
                });
                _ = bridge::call_void("__internal_updateProps", &[change]);
            }
        });
    }
}
