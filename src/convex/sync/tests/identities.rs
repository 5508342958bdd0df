//! One person after another in the same page.

use serde_json::json;

use super::driver::{Driver, NOW, auth_error, jwt, minute, transition, updated, version};
use crate::convex::{
    auth::AuthStatus,
    error::RequestError,
    protocol::{FunctionResponse, ServerMessage, Timestamp},
    sync::{Scope, SyncOptions},
};

/// A is signed in, and has read `users:me` (query 0).
fn signed_in() -> (Driver, crate::convex::QueryToken) {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    driver.token(Some(&minute("first", NOW)));
    let (_, me) = driver.subscribe("users:me", Scope::Authenticated);
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    driver.receives(&transition(
        version(1, 1, 1),
        version(2, 1, 1),
        vec![updated(0, json!("a"))],
    ));
    assert_eq!(driver.value(&me), Some(json!("a")));
    driver.take_sent();
    driver.changed.clear();
    (driver, me)
}

fn response(request_id: u32, ts: u64) -> ServerMessage {
    ServerMessage::MutationResponse(FunctionResponse {
        request_id,
        success: true,
        result: json!(null).into(),
        ts: Some(Timestamp(ts)),
        log_lines: Vec::new(),
        error_data: None,
    })
}

fn token_of_b() -> String {
    jwt("second", "b", NOW / 1000, NOW / 1000 + 60)
}

#[test]
fn the_values_of_one_person_are_gone_before_the_next() {
    let (mut driver, me) = signed_in();
    driver.set_auth("b");
    assert_eq!(driver.value(&me), None);
    assert_eq!(driver.changed, std::slice::from_ref(&me));
    assert_eq!(driver.status(), AuthStatus::Loading);
    // What was under way for A reaches nobody.
    driver.receives(&transition(
        version(2, 1, 1),
        version(2, 1, 2),
        vec![updated(0, json!("a again"))],
    ));
    assert_eq!(driver.value(&me), None);
    driver.token(Some(&token_of_b()));
    assert_eq!(
        driver.take_sent(),
        ["ModifyQuerySet -0", "Authenticate second"]
    );
    driver.receives(&transition(version(2, 1, 2), version(3, 2, 3), vec![]));
    assert_eq!(driver.take_sent(), ["ModifyQuerySet +1users:me"]);
    driver.receives(&transition(
        version(3, 2, 3),
        version(4, 2, 3),
        vec![updated(0, json!("a")), updated(1, json!("b"))],
    ));
    assert_eq!(driver.value(&me), Some(json!("b")));
}

#[test]
fn sign_out_takes_the_values_and_the_queries_back() {
    let (mut driver, me) = signed_in();
    driver.clear_auth();
    assert_eq!(driver.value(&me), None);
    assert_eq!(
        driver.take_sent(),
        ["ModifyQuerySet -0", "Authenticate None"]
    );
}

#[test]
fn an_unsent_call_is_not_made_in_another_name() {
    let (mut driver, _) = signed_in();
    driver.socket_closes(1006, "");
    let unsent = driver.mutation("users:rename", Scope::Authenticated);
    let public = driver.mutation("messages:send", Scope::Public);
    driver.set_auth("b");
    for call in [unsent, public] {
        assert_eq!(driver.settled[&call], Err(RequestError::IdentityChanged));
    }
}

#[test]
fn a_call_that_was_sent_is_not_repeated_in_another_name() {
    let (mut driver, _) = signed_in();
    let call = driver.mutation("users:rename", Scope::Authenticated);
    assert_eq!(driver.take_sent(), ["Mutation 0"]);
    driver.set_auth("b");
    assert_eq!(driver.settled.get(&call), None, "its answer may still come");
    driver.socket_closes(1006, "");
    driver.timer(crate::convex::sync::Timer::Reconnect);
    driver.socket_opens();
    driver.token(Some(&token_of_b()));
    assert_eq!(driver.take_sent(), ["Connect", "Authenticate second"]);
    assert!(matches!(
        driver.settled[&call],
        Err(RequestError::ConnectionLost { .. })
    ));
}

#[test]
fn a_call_that_is_done_is_not_repeated_in_another_name() {
    let (mut driver, _) = signed_in();
    let call = driver.mutation("users:rename", Scope::Authenticated);
    driver.receives(&response(0, 5));
    driver.socket_closes(1006, "");
    driver.set_auth("b");
    driver.timer(crate::convex::sync::Timer::Reconnect);
    driver.socket_opens();
    driver.token(Some(&token_of_b()));
    assert_eq!(driver.take_sent(), ["Connect", "Authenticate second"]);
    driver.receives(&transition(version(0, 0, 0), version(0, 1, 5), vec![]));
    assert_eq!(driver.settled[&call], Ok(json!(null).into()));
}

#[test]
fn a_refused_person_s_values_and_queries_are_taken_back() {
    let (mut driver, me) = signed_in();
    driver.receives(&auth_error("Token expired", 1, Some(false)));
    assert_eq!(driver.value(&me), Some(json!("a")), "it may turn out well");
    driver.token(None);
    assert_eq!(driver.value(&me), None);
    driver.socket_opens();
    assert_eq!(driver.take_sent(), ["Connect", "ModifyQuerySet"]);
    driver.timer(crate::convex::sync::Timer::RefusalRetry);
    let again = minute("again", driver.now_ms);
    driver.token(Some(&again));
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 2), vec![]));
    assert_eq!(
        driver.take_sent(),
        ["Authenticate again", "ModifyQuerySet +1users:me"]
    );
}

#[test]
fn the_guesses_of_one_person_are_gone_with_them() {
    let (mut driver, me) = signed_in();
    driver.act(|client, moment| {
        let guess: crate::convex::sync::OptimisticUpdate = Box::new(|store| {
            store.set_value(&"users:me".into(), &json!({}), Some(json!("guess").into()));
            Ok(())
        });
        client.mutation(
            &"users:rename".into(),
            json!({}),
            Scope::Authenticated,
            Some(guess),
            moment,
        )
    });
    assert_eq!(driver.value(&me), Some(json!("guess")));
    driver.set_auth("b");
    assert_eq!(driver.value(&me), None);
}

#[test]
fn a_fetch_for_one_person_is_not_used_for_the_next() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    driver.take_sent();
    driver.set_auth("b");
    // The driver has checked that no second fetch began. It begins when the first one is over.
    driver.token(Some(&minute("first", NOW)));
    assert_eq!(driver.take_sent(), Vec::<String>::new());
    assert_eq!(driver.fetch.map(|(_, force)| force), Some(false));
    driver.token(Some(&token_of_b()));
    assert_eq!(driver.take_sent(), ["Authenticate second"]);
}

#[test]
fn a_refusal_of_one_person_is_not_held_against_the_next() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    driver.token(Some(&minute("first", NOW)));
    driver.set_auth("b");
    driver.receives(&auth_error("Could not verify", 0, Some(true)));
    driver.token(Some(&token_of_b()));
    driver.receives(&auth_error("Could not verify", 0, Some(true)));
    assert_eq!(driver.status(), AuthStatus::Loading);
    assert!(driver.socket.is_some());
}

#[test]
fn a_query_that_anybody_asks_as_public_is_public() {
    let mut driver = Driver::open(SyncOptions::default());
    let (authenticated, token) = driver.subscribe("users:me", Scope::Authenticated);
    let (public, _) = driver.subscribe("users:me", Scope::Public);
    assert_eq!(
        driver.take_sent(),
        ["Connect", "ModifyQuerySet", "ModifyQuerySet +0users:me"]
    );
    driver.receives(&transition(
        version(0, 0, 0),
        version(2, 0, 1),
        vec![updated(0, json!(null))],
    ));
    driver.unsubscribe(public);
    assert_eq!(
        driver.take_sent(),
        ["ModifyQuerySet -0"],
        "what is left waits for a person"
    );
    assert_eq!(driver.value(&token), None);
    driver.unsubscribe(authenticated);
    assert_eq!(driver.take_sent(), Vec::<String>::new());
}
