#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::clerk::{ClerkFailure, ClerkStatus};

fn failed_attempts(loader: &mut Loader) -> u32 {
    let mut injected = 0;
    let mut effects = loader.handle(LoaderEvent::Requested);
    while let Some(effect) = effects.first().copied() {
        effects = match effect {
            LoaderEffect::InjectScript { attempt } => {
                injected += 1;
                loader.handle(LoaderEvent::ScriptFailed { attempt })
            }
            LoaderEffect::RetryAfter(_) => loader.handle(LoaderEvent::PauseOver),
            LoaderEffect::TimeOutAfter { .. } | LoaderEffect::CallLoad => {
                panic!("unexpected effect {effect:?}")
            }
        };
    }
    injected
}

#[test]
fn gives_up_after_five_attempts_and_starts_again_on_request() {
    let mut loader = Loader::default();
    assert_eq!(failed_attempts(&mut loader), 5);
    assert_eq!(
        loader.status(),
        ClerkStatus::Failed(ClerkFailure::FailedToLoadClerkJs)
    );
    let effects = loader.handle(LoaderEvent::Requested);
    assert_eq!(
        effects.first(),
        Some(&LoaderEffect::InjectScript { attempt: 1 })
    );
    assert_eq!(loader.status(), ClerkStatus::Loading);
}

#[test]
fn a_script_that_ran_without_clerk_means_a_refused_key() {
    let mut loader = Loader::default();
    loader.handle(LoaderEvent::Requested);
    loader.handle(LoaderEvent::ScriptRan {
        clerk_exists: false,
    });
    assert_eq!(
        loader.status(),
        ClerkStatus::Failed(ClerkFailure::PublishableKeyRefused)
    );
}

#[test]
fn a_late_time_out_of_an_earlier_attempt_changes_nothing() {
    let mut loader = Loader::default();
    loader.handle(LoaderEvent::Requested);
    loader.handle(LoaderEvent::ScriptFailed { attempt: 1 });
    loader.handle(LoaderEvent::PauseOver);
    assert!(
        loader
            .handle(LoaderEvent::TimedOut { attempt: 1 })
            .is_empty()
    );
    loader.handle(LoaderEvent::ScriptRan { clerk_exists: true });
    loader.handle(LoaderEvent::StatusChanged {
        loaded: true,
        degraded: true,
    });
    assert_eq!(loader.status(), ClerkStatus::Degraded);
    loader.handle(LoaderEvent::StatusChanged {
        loaded: true,
        degraded: false,
    });
    assert_eq!(loader.status(), ClerkStatus::Ready);
}

#[test]
fn load_that_resolves_without_loading_is_a_failure() {
    let mut loader = Loader::default();
    loader.handle(LoaderEvent::Requested);
    loader.handle(LoaderEvent::ScriptRan { clerk_exists: true });
    loader.handle(LoaderEvent::StatusChanged {
        loaded: false,
        degraded: false,
    });
    assert!(matches!(
        loader.status(),
        ClerkStatus::Failed(ClerkFailure::LoadRejected { .. })
    ));
}

fn any_event() -> impl Strategy<Value = LoaderEvent> {
    prop_oneof![
        Just(LoaderEvent::Requested),
        any::<bool>().prop_map(|clerk_exists| LoaderEvent::ScriptRan { clerk_exists }),
        (1_u32..6).prop_map(|attempt| LoaderEvent::ScriptFailed { attempt }),
        (1_u32..6).prop_map(|attempt| LoaderEvent::TimedOut { attempt }),
        Just(LoaderEvent::PauseOver),
        any::<(bool, bool)>()
            .prop_map(|(loaded, degraded)| LoaderEvent::StatusChanged { loaded, degraded }),
        Just(LoaderEvent::LoadRejected {
            detail: "code".to_owned()
        }),
    ]
}

proptest! {
    /// Whatever happens, `load()` is called at most once per request, and an operational loader stays operational.
    #[test]
    fn loads_once_and_never_falls_back(events in proptest::collection::vec(any_event(), 0..60)) {
        let mut loader = Loader::default();
        let mut calls = 0_u32;
        let mut requests = 0_u32;
        for event in events {
            let was_operational = loader.status().is_operational();
            if event == LoaderEvent::Requested {
                requests += 1;
            }
            let effects = loader.handle(event);
            calls += u32::try_from(effects.iter().filter(|effect| **effect == LoaderEffect::CallLoad).count()).unwrap();
            prop_assert!(calls <= requests);
            prop_assert!(!was_operational || loader.status().is_operational());
        }
    }
}
