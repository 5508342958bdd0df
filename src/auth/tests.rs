#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;

use super::*;
use crate::{
    clerk::{ClerkFailure, ClerkStatus},
    identity::Identity,
};

const NOW: i64 = 1_700_000_000_000;

fn person(user: &str, session: &str) -> Identity {
    serde_json::from_value(serde_json::json!({ "user_id": user, "session_id": session })).unwrap()
}

fn signed_in_seed(expires_at_ms: i64) -> SeedState {
    SeedState::SignedIn {
        identity: Box::new(person("user_a", "sess_a")),
        expires_at_ms,
    }
}

fn signed_in(user: &str, session: &str, expires_at_ms: Option<i64>) -> AuthEvent {
    AuthEvent::Emitted(Emission::SignedIn {
        identity: Box::new(person(user, session)),
        expires_at_ms,
    })
}

fn ready(machine: &mut AuthMachine) {
    machine.handle(AuthEvent::ClerkStatus(ClerkStatus::Ready), NOW);
}

#[test]
fn the_seed_decides_the_first_view() {
    assert_eq!(
        AuthMachine::new(&SeedState::Unknown).view().state,
        AuthState::Loading
    );
    assert_eq!(
        AuthMachine::new(&SeedState::SignedOut).view().state,
        AuthState::Unauthenticated
    );
    let machine = AuthMachine::new(&signed_in_seed(NOW + 1));
    assert_eq!(machine.view().state.identity().unwrap().user_id, "user_a");
}

#[test]
fn what_clerk_emits_before_it_is_operational_is_not_believed() {
    let mut machine = AuthMachine::new(&signed_in_seed(NOW + 60_000));
    machine.handle(AuthEvent::Emitted(Emission::SignedOut), NOW);
    assert!(machine.view().state.is_authenticated());
    ready(&mut machine);
    machine.handle(AuthEvent::Emitted(Emission::SignedOut), NOW);
    assert_eq!(machine.view().state, AuthState::Unauthenticated);
}

#[test]
fn a_degraded_clerk_without_a_session_does_not_sign_out_the_person_the_server_knew() {
    let mut machine = AuthMachine::new(&signed_in_seed(NOW + 60_000));
    machine.handle(AuthEvent::ClerkStatus(ClerkStatus::Degraded), NOW);
    machine.handle(AuthEvent::Emitted(Emission::SignedOut), NOW);
    assert!(machine.view().state.is_authenticated());
    machine.handle(AuthEvent::SignOutRequested, NOW);
    machine.handle(AuthEvent::Emitted(Emission::SignedOut), NOW);
    assert_eq!(machine.view().state, AuthState::Unauthenticated);
}

#[test]
fn an_expired_token_is_stale_and_a_new_one_fresh() {
    let mut machine = AuthMachine::new(&signed_in_seed(NOW + 1_000));
    assert_eq!(
        machine.handle(AuthEvent::Woken, NOW),
        Some(AuthEffect::WakeAt(NOW + 1_000))
    );
    assert_eq!(machine.handle(AuthEvent::Woken, NOW + 1_000), None);
    assert_eq!(machine.view().freshness, Freshness::Stale);
    assert!(machine.view().state.is_authenticated());
    ready(&mut machine);
    machine.handle(
        signed_in("user_a", "sess_a", Some(NOW + 61_000)),
        NOW + 1_000,
    );
    assert_eq!(machine.view().freshness, Freshness::Fresh);
}

#[test]
fn a_token_rotation_changes_no_view() {
    let mut machine = AuthMachine::new(&signed_in_seed(NOW + 60_000));
    ready(&mut machine);
    let before = machine.view();
    for rotation in 1..=10 {
        machine.handle(
            signed_in("user_a", "sess_a", Some(NOW + rotation * 50_000)),
            NOW,
        );
        assert_eq!(machine.view(), before);
    }
}

#[test]
fn a_session_without_a_token_keeps_the_expiry_of_the_same_session_only() {
    let mut machine = AuthMachine::new(&signed_in_seed(NOW + 60_000));
    ready(&mut machine);
    machine.handle(signed_in("user_a", "sess_a", None), NOW);
    assert_eq!(machine.expires_at_ms(), Some(NOW + 60_000));
    machine.handle(signed_in("user_b", "sess_b", None), NOW);
    assert_eq!(machine.expires_at_ms(), None);
}

#[test]
fn a_failed_clerk_never_leaves_the_page_waiting() {
    let failed = AuthEvent::ClerkStatus(ClerkStatus::Failed(ClerkFailure::FailedToLoadClerkJs));
    let mut unknown = AuthMachine::new(&SeedState::Unknown);
    unknown.handle(failed.clone(), NOW);
    assert_eq!(unknown.view().state, AuthState::Unauthenticated);
    let mut known = AuthMachine::new(&signed_in_seed(NOW + 60_000));
    known.handle(failed, NOW);
    assert!(known.view().state.is_authenticated());
}

fn any_status() -> impl Strategy<Value = ClerkStatus> {
    prop_oneof![
        Just(ClerkStatus::Idle),
        Just(ClerkStatus::Loading),
        Just(ClerkStatus::Degraded),
        Just(ClerkStatus::Failed(ClerkFailure::FailedToLoadClerkJs)),
    ]
}

fn any_event() -> impl Strategy<Value = AuthEvent> {
    prop_oneof![
        any_status().prop_map(AuthEvent::ClerkStatus),
        Just(AuthEvent::ClerkStatus(ClerkStatus::Ready)),
        Just(AuthEvent::Emitted(Emission::Transition)),
        Just(AuthEvent::Emitted(Emission::SignedOut)),
        (0_i64..200_000).prop_map(|after| signed_in("user_a", "sess_a", Some(NOW + after))),
        (0_i64..200_000).prop_map(|after| signed_in("user_b", "sess_b", Some(NOW + after))),
        Just(AuthEvent::SignOutRequested),
        Just(AuthEvent::Woken),
    ]
}

proptest! {
    /// Whatever happens, the person shown is the one named last, never another.
    #[test]
    fn never_shows_somebody_else(events in proptest::collection::vec(any_event(), 0..40)) {
        let mut machine = AuthMachine::new(&signed_in_seed(NOW + 60_000));
        let mut operational = false;
        let mut newest = "user_a".to_owned();
        for event in events {
            if let AuthEvent::ClerkStatus(status) = &event {
                operational = status.is_operational();
            }
            if let (true, AuthEvent::Emitted(Emission::SignedIn { identity, .. })) = (operational, &event) {
                newest = identity.user_id.clone();
            }
            machine.handle(event, NOW);
            if let Some(identity) = machine.view().state.identity() {
                prop_assert_eq!(&identity.user_id, &newest);
            }
        }
    }

    /// Without ClerkJS ever being ready and without a wish to sign out, time and trouble never sign anybody out.
    #[test]
    fn trouble_alone_never_signs_out(
        statuses in proptest::collection::vec(any_status(), 0..20),
        silent in any::<bool>(),
        minutes in 0_i64..10_000,
    ) {
        let mut machine = AuthMachine::new(&signed_in_seed(NOW + 60_000));
        for status in statuses {
            machine.handle(AuthEvent::ClerkStatus(status), NOW + minutes * 60_000);
            if !silent {
                machine.handle(AuthEvent::Emitted(Emission::SignedOut), NOW + minutes * 60_000);
            }
            prop_assert!(machine.view().state.is_authenticated());
        }
    }
}
