#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use proptest::prelude::*;
use serde_json::json;

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

fn configuration() -> serde_json::Value {
    json!({
        "publishable_key": "pk_test_Zm9vLWJhci0xMy5jbGVyay5hY2NvdW50cy5kZXYk",
        "proxy_url": "/__clerk",
        "domain": "example.com",
        "is_satellite": true,
        "sign_in_url": "/sign-in",
        "sign_up_url": "/sign-up",
        "sign_in_force_redirect_url": "/a",
        "sign_up_force_redirect_url": "/b",
        "sign_in_fallback_redirect_url": "/c",
        "sign_up_fallback_redirect_url": "/d",
        "after_sign_out_url": "/e",
        "convex_url": "https://happy-animal-123.convex.cloud",
        "clerk_js_url": "/clerk.js",
        "clerk_ui_url": "/ui.js",
    })
}

fn identities() -> [serde_json::Value; 2] {
    [
        json!({ "user_id": "user_1", "session_id": "sess_1", "session_status": "active", "profile": {} }),
        json!({
            "user_id": "user_1",
            "session_id": "sess_1",
            "session_status": "pending",
            "organization": { "id": "org_1", "slug": "works", "role": "org:admin", "permissions": ["org:a:b", "org:c:d"] },
            "actor": { "sub": "user_2", "iss": "https://example.com", "sid": "sess_2", "type": "agent" },
            "factor_verification_age": { "first": 1_760_000_000_000_i64, "second": null },
            "features": "o:export",
            "plans": "u:pro",
            "profile": { "name": "Grace <Hopper>", "email": "grace@example.com", "image_url": "https://example.com/grace.png" },
        }),
    ]
}

#[test]
fn a_seed_comes_back_as_it_was_written_with_everything_in_it() {
    let mut states = vec![json!("unknown"), json!("signed_out")];
    for identity in identities() {
        // What is read by hand is what serde derives.
        let derived: Identity = serde_json::from_value(identity.clone()).unwrap();
        assert_eq!(serde_json::to_value(&derived).unwrap(), identity);
        states.push(json!({ "signed_in": { "identity": identity, "expires_at_ms": NOW } }));
    }
    for state in states {
        let text =
            json!({ "state": state, "configuration": configuration(), "rendered_at_ms": NOW })
                .to_string();
        let seed: AuthSeed = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_value(&seed).unwrap().to_string(), text);
    }
}

#[test]
fn what_is_no_seed_is_refused() {
    let good =
        json!({ "state": "unknown", "configuration": configuration(), "rendered_at_ms": NOW });
    let without = |name: &str| {
        let mut seed = good.clone();
        seed.as_object_mut().unwrap().remove(name);
        seed
    };
    let with_state = |state: serde_json::Value| {
        let mut seed = good.clone();
        seed["state"] = state;
        seed
    };
    let signed_in = |identity: serde_json::Value| json!({ "signed_in": { "identity": identity, "expires_at_ms": NOW } });
    for broken in [
        json!(null),
        without("state"),
        without("configuration"),
        without("rendered_at_ms"),
        with_state(json!("signed_in")),
        with_state(signed_in(json!({ "user_id": "user_1" }))),
        with_state(signed_in(
            json!({ "user_id": "user_1", "session_id": "sess_1", "session_status": "odd" }),
        )),
        with_state(signed_in(
            json!({ "user_id": "user_1", "session_id": "sess_1", "actor": {} }),
        )),
    ] {
        serde_json::from_value::<AuthSeed>(broken.clone()).expect_err(&broken.to_string());
    }
}
