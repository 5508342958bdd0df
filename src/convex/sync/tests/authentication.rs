//! The table of the auth manager, row by row, and what ours adds to it.

use super::driver::{Driver, NOW, auth_error, jwt, minute, transition, updated, version};
use crate::convex::{
    auth::{AuthStatus, RefusalReason},
    error::RequestError,
    sync::{Event, Report, Scope, SyncOptions, Timer},
};
use serde_json::json;

const AUTHENTICATED: AuthStatus = AuthStatus::Authenticated { refreshing: false };

fn refetching() -> SyncOptions {
    SyncOptions::default().with_reuse_initial_token(false)
}

/// Signed in with the token `first`, which has not been confirmed.
fn waiting(options: SyncOptions) -> Driver {
    let mut driver = Driver::open(options);
    driver.set_auth("a");
    driver.token(Some(&minute("first", NOW)));
    driver.take_sent();
    driver
}

/// Signed in with the token `first`, confirmed.
fn confirmed() -> Driver {
    let mut driver = waiting(SyncOptions::default());
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    assert_eq!(driver.status(), AUTHENTICATED);
    driver
}

fn reason(driver: &Driver) -> RefusalReason {
    match driver.status() {
        AuthStatus::Refused(refusal) => refusal.reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_that_never_changes_is_kept() {
    let mut driver = waiting(refetching());
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    assert_eq!(driver.fetch.map(|(_, force)| force), Some(true));
    driver.token(Some(&minute("first", NOW)));
    assert_eq!(driver.status(), AUTHENTICATED);
    assert_eq!(driver.take_sent(), Vec::<String>::new());
    assert!(!driver.timers.contains_key(&Timer::TokenRefresh));
}

#[test]
fn the_confirmed_first_token_is_kept_and_refreshed_in_time() {
    let mut driver = confirmed();
    assert_eq!(driver.fetch, None);
    assert_eq!(driver.due(Timer::TokenRefresh), 50_000 - 123);
    driver.timer(Timer::TokenRefresh);
    assert_eq!(driver.fetch.map(|(_, force)| force), Some(true));
    driver.token(Some(&minute("second", driver.now_ms)));
    assert_eq!(driver.take_sent(), ["Authenticate second"]);
    driver.receives(&transition(version(1, 1, 1), version(1, 2, 2), vec![]));
    assert_eq!(driver.due(Timer::TokenRefresh), 50_000);
    assert_eq!(
        driver.statuses,
        [AuthStatus::Loading, AUTHENTICATED],
        "a refresh is not seen"
    );
}

#[test]
fn the_schedule_of_a_cached_token_uses_the_deployment_s_clock() {
    let mut driver = waiting(SyncOptions::default());
    let text =
        serde_json::to_string(&transition(version(0, 0, 0), version(1, 1, 1), vec![])).unwrap();
    driver.receives_text(&text.replace(r#""clientClockSkew":null"#, r#""clientClockSkew":20000"#));
    assert_eq!(driver.due(Timer::TokenRefresh), 70_000 - 123);
}

#[test]
fn a_leeway_longer_than_the_token_s_life_does_not_spin() {
    let mut driver = waiting(SyncOptions::default().with_refresh_leeway_ms(100_000));
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    assert_eq!(driver.due(Timer::TokenRefresh), 1_000);
}

#[test]
fn a_token_that_lives_for_years_is_refreshed_within_weeks() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    driver.token(Some(&jwt(
        "long",
        "a",
        NOW / 1000,
        NOW / 1000 + 1_000_000_000,
    )));
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    assert_eq!(driver.due(Timer::TokenRefresh), 20 * 24 * 60 * 60 * 1000);
}

#[test]
fn a_token_that_lives_two_seconds_has_no_schedule() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    driver.token(Some(&jwt("short", "a", NOW / 1000, NOW / 1000 + 2)));
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    assert_eq!(driver.status(), AUTHENTICATED);
    assert_eq!(driver.reports, [Report::TokenWithoutSchedule]);
    assert!(!driver.timers.contains_key(&Timer::TokenRefresh));
}

#[test]
fn a_cache_without_a_token_is_passed_by() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    assert_eq!(driver.fetch.map(|(_, force)| force), Some(false));
    driver.token(None);
    assert_eq!(driver.fetch.map(|(_, force)| force), Some(true));
    assert_eq!(
        driver.take_sent(),
        ["Connect", "ModifyQuerySet"],
        "still paused"
    );
    driver.token(Some(&minute("first", NOW)));
    assert_eq!(driver.take_sent(), ["Authenticate first"]);
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    assert_eq!(driver.status(), AUTHENTICATED);
    assert_eq!(driver.due(Timer::TokenRefresh), 50_000);
}

#[test]
fn without_any_token_the_pause_ends_and_the_refusal_is_named() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    driver.subscribe("messages:list", Scope::Public);
    driver.subscribe("users:me", Scope::Authenticated);
    driver.take_sent();
    driver.token(None);
    driver.token(None);
    assert_eq!(reason(&driver), RefusalReason::NoToken);
    assert_eq!(driver.take_sent(), ["ModifyQuerySet +0messages:list"]);
}

#[test]
fn a_cached_token_that_has_expired_is_replaced() {
    let mut driver = waiting(SyncOptions::default());
    driver.receives(&auth_error("Token expired", 0, Some(true)));
    assert_eq!(driver.socket, None, "the socket is stopped");
    driver.token(Some(&minute("second", NOW)));
    driver.socket_opens();
    assert_eq!(
        driver.take_sent(),
        ["Connect", "Authenticate second", "ModifyQuerySet"]
    );
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    assert_eq!(driver.statuses, [AuthStatus::Loading, AUTHENTICATED]);
}

#[test]
fn two_refusals_and_a_confirmation_make_a_sign_in() {
    let mut driver = waiting(SyncOptions::default());
    for token in ["second", "third"] {
        driver.receives(&auth_error("Could not verify", 0, Some(true)));
        driver.token(Some(&minute(token, NOW)));
        driver.socket_opens();
    }
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    assert_eq!(driver.status(), AUTHENTICATED);
    // The attempts count anew: the token is refused again, and replaced again.
    driver.receives(&auth_error("Token expired", 1, Some(false)));
    assert_eq!(
        driver.status(),
        AuthStatus::Authenticated { refreshing: true }
    );
    assert!(driver.fetch.is_some());
}

#[test]
fn an_expired_identity_is_ignored_while_a_newer_token_is_on_its_way() {
    let mut driver = confirmed();
    driver.timer(Timer::TokenRefresh);
    driver.token(Some(&minute("second", driver.now_ms)));
    driver.receives(&auth_error("Token expired", 1, Some(false)));
    assert_eq!(driver.status(), AUTHENTICATED);
    assert!(driver.socket.is_some());
}

#[test]
fn a_refusal_of_an_earlier_token_is_ignored() {
    let mut driver = confirmed();
    for (name, base) in [("second", 1), ("third", 2)] {
        driver.timer(Timer::TokenRefresh);
        driver.token(Some(&minute(name, driver.now_ms)));
        if base == 1 {
            driver.receives(&transition(version(1, 1, 1), version(1, 2, 2), vec![]));
        }
    }
    driver.receives(&auth_error("Could not verify", 1, Some(true)));
    assert_eq!(driver.status(), AUTHENTICATED);
    assert!(driver.socket.is_some());
}

#[test]
fn a_lost_connection_is_no_refusal() {
    let mut driver = confirmed();
    driver.socket_closes(1011, "InternalServerError");
    assert_eq!(driver.status(), AUTHENTICATED);
    driver.timer(Timer::Reconnect);
    driver.socket_opens();
    assert_eq!(
        driver.take_sent(),
        ["Connect", "Authenticate first", "ModifyQuerySet"]
    );
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    assert_eq!(driver.statuses, [AuthStatus::Loading, AUTHENTICATED]);
}

#[test]
fn a_refusal_without_another_token_is_final_for_now() {
    for answer in [None, Some(minute("first", NOW))] {
        let mut driver = waiting(SyncOptions::default());
        driver.receives(&auth_error(
            "No auth provider found matching the given token",
            0,
            Some(true),
        ));
        driver.token(answer.as_deref());
        assert_eq!(reason(&driver), RefusalReason::NoMatchingProvider);
        let AuthStatus::Refused(refusal) = driver.status() else {
            panic!("refused")
        };
        assert_eq!(
            refusal.claims.unwrap().issuer.unwrap(),
            "https://issuer.example"
        );
        driver.socket_opens();
        assert_eq!(
            driver.take_sent(),
            ["Connect", "ModifyQuerySet"],
            "the connection goes on without a person"
        );
    }
}

#[test]
fn a_refresh_during_a_refusal_does_not_fetch_twice() {
    let mut driver = confirmed();
    driver.timer(Timer::TokenRefresh);
    driver.receives(&auth_error("Token expired", 1, Some(false)));
    assert_eq!(driver.socket, None);
    // The driver has checked that there is one fetch. Its result ends the refusal.
    driver.token(Some(&minute("second", driver.now_ms)));
    driver.socket_opens();
    assert_eq!(
        driver.take_sent(),
        ["Connect", "Authenticate second", "ModifyQuerySet"]
    );
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    assert_eq!(driver.status(), AUTHENTICATED);
    assert!(driver.timers.contains_key(&Timer::TokenRefresh));
}

#[test]
fn a_deployment_that_does_not_say_whether_it_was_an_update_is_believed() {
    let mut driver = waiting(SyncOptions::default());
    driver.receives(&auth_error("Could not verify", 0, None));
    assert!(driver.fetch.is_some());
    assert_eq!(driver.socket, None);
}

#[test]
fn a_refusal_of_nobody_changes_nothing() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.receives(&auth_error("Could not verify", 0, Some(true)));
    assert_eq!(driver.status(), AuthStatus::SignedOut);
    assert_eq!(driver.fetch, None);
}

#[test]
fn a_failed_refresh_keeps_the_token_while_it_is_valid() {
    let mut driver = confirmed();
    driver.timer(Timer::TokenRefresh);
    driver.token(None);
    assert_eq!(driver.status(), AUTHENTICATED);
    assert_eq!(driver.due(Timer::TokenRefresh), 1_000);
    driver.timer(Timer::TokenRefresh);
    driver.token(Some(&minute("second", driver.now_ms)));
    assert_eq!(driver.take_sent(), ["Authenticate second"]);
}

#[test]
fn a_refresh_that_fails_beyond_the_token_s_life_is_a_refusal() {
    let mut driver = confirmed();
    for _ in 0..8 {
        if driver.status() == AUTHENTICATED {
            driver.timer(Timer::TokenRefresh);
            driver.token(None);
        }
    }
    assert_eq!(reason(&driver), RefusalReason::NoToken);
    assert!(driver.now_ms >= NOW + 59_000);
    assert_eq!(driver.take_sent(), ["Authenticate None"]);
}

#[test]
fn being_offline_is_no_refusal() {
    let mut driver = confirmed();
    driver.socket_closes(1006, "");
    for _ in 0..20 {
        driver.timer(Timer::TokenRefresh);
        driver.token(None);
    }
    assert_eq!(driver.status(), AUTHENTICATED);
    driver.event(Event::Online);
    assert!(driver.fetch.is_some(), "asked again at once");
}

#[test]
fn an_expired_token_is_replaced_before_it_is_sent() {
    let mut driver = confirmed();
    driver.socket_closes(1006, "");
    driver.now_ms += 55_000;
    driver.event(Event::Online);
    driver.socket_opens();
    assert_eq!(driver.take_sent(), Vec::<String>::new());
    driver.token(Some(&minute("second", driver.now_ms)));
    let sent = driver.take_sent();
    assert_eq!(
        sent,
        [
            "Connect",
            "Authenticate second",
            "ModifyQuerySet",
            "NetworkRecoveryReconnect"
        ]
    );
}

#[test]
fn a_page_that_slept_through_its_refresh_does_it_on_waking() {
    let mut driver = confirmed();
    driver.now_ms += 52_000;
    driver.event(Event::PageShown);
    assert!(driver.fetch.is_some());
    assert_eq!(driver.status(), AUTHENTICATED);
}

#[test]
fn a_refusal_is_tried_again() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    driver.token(None);
    driver.token(None);
    assert_eq!(driver.due(Timer::RefusalRetry), 30_000);
    driver.event(Event::PageShown);
    assert_eq!(driver.fetch, None, "not at once");
    driver.timer(Timer::RefusalRetry);
    driver.token(None);
    assert_eq!(driver.due(Timer::RefusalRetry), 60_000);
    driver.now_ms += 6_000;
    driver.event(Event::PageShown);
    driver.take_sent();
    driver.token(Some(&minute("first", driver.now_ms)));
    assert_eq!(driver.take_sent(), ["Authenticate first"]);
    assert_eq!(
        reason(&driver),
        RefusalReason::NoToken,
        "until it is confirmed"
    );
    driver.receives(&transition(version(0, 0, 0), version(1, 1, 1), vec![]));
    assert_eq!(driver.status(), AUTHENTICATED);
    assert!(!driver.timers.contains_key(&Timer::RefusalRetry));
}

#[test]
fn a_token_that_never_comes_ends_the_pause() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    for _ in 0..2 {
        let (late, _) = driver.fetch.take().unwrap();
        driver.timer(Timer::TokenFetch);
        driver.event(Event::TokenFetched {
            generation: late,
            token: Some(crate::convex::AuthToken::new("late")),
        });
    }
    assert_eq!(reason(&driver), RefusalReason::NoToken);
    let call = driver.mutation("messages:send", Scope::Authenticated);
    assert!(matches!(
        driver.settled[&call],
        Err(RequestError::Refused(_))
    ));
}

#[test]
fn nothing_is_authenticated_after_sign_out() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    driver.clear_auth();
    assert_eq!(
        driver.take_sent(),
        ["Connect", "ModifyQuerySet"],
        "nobody was ever named"
    );
    driver.token(Some(&minute("late", NOW)));
    assert_eq!(driver.take_sent(), Vec::<String>::new());
    assert_eq!(driver.fetch, None);

    let mut driver = confirmed();
    driver.clear_auth();
    assert_eq!(driver.take_sent(), ["Authenticate None"]);
    assert!(!driver.timers.contains_key(&Timer::TokenRefresh));
    driver.receives(&transition(version(1, 1, 1), version(1, 2, 2), vec![]));
    assert_eq!(driver.fetch, None);
    assert_eq!(driver.status(), AuthStatus::SignedOut);
}

#[test]
fn sign_out_while_the_socket_is_stopped_opens_it_again() {
    let mut driver = confirmed();
    driver.receives(&auth_error("Token expired", 1, Some(false)));
    driver.clear_auth();
    driver.token(Some(&minute("late", NOW)));
    driver.socket_opens();
    assert_eq!(driver.take_sent(), ["Connect", "ModifyQuerySet"]);
}

#[test]
fn the_same_person_again_is_no_news() {
    let mut driver = confirmed();
    driver.set_auth("a");
    assert_eq!(driver.fetch, None);
    assert_eq!(driver.status(), AUTHENTICATED);
}

#[test]
fn what_is_for_a_person_waits_for_the_confirmation() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    let (_, me) = driver.subscribe("users:me", Scope::Authenticated);
    driver.subscribe("messages:list", Scope::Public);
    driver.mutation("users:rename", Scope::Authenticated);
    driver.mutation("messages:send", Scope::Public);
    driver.take_sent();
    driver.token(Some(&minute("first", NOW)));
    assert_eq!(
        driver.take_sent(),
        ["Authenticate first", "Mutation 1"],
        "one set of queries, for the person"
    );
    driver.receives(&transition(version(0, 0, 0), version(1, 0, 1), vec![]));
    assert_eq!(driver.take_sent(), Vec::<String>::new());
    driver.receives(&transition(version(1, 0, 1), version(1, 1, 1), vec![]));
    assert_eq!(
        driver.take_sent(),
        ["ModifyQuerySet +0users:me +1messages:list", "Mutation 0"]
    );
    driver.receives(&transition(
        version(1, 1, 1),
        version(2, 1, 1),
        vec![updated(0, json!("a")), updated(1, json!([]))],
    ));
    assert_eq!(driver.value(&me), Some(json!("a")));
}

#[test]
fn a_page_load_is_one_connect_one_authenticate_and_one_set_of_queries() {
    let mut driver = Driver::new(SyncOptions::default().with_expect_auth(true));
    driver.set_auth("a");
    driver.subscribe("users:me", Scope::Authenticated);
    driver.subscribe("messages:list", Scope::Public);
    driver.token(Some(&minute("first", NOW)));
    driver.socket_opens();
    assert_eq!(driver.take_sent(), ["Connect", "Authenticate first"]);
    driver.receives(&transition(version(0, 0, 0), version(0, 1, 1), vec![]));
    assert_eq!(
        driver.take_sent(),
        ["ModifyQuerySet +0users:me +1messages:list"]
    );
}

#[test]
fn public_queries_do_not_wait_for_a_confirmation_that_does_not_come() {
    let mut driver = Driver::open(SyncOptions::default());
    driver.set_auth("a");
    driver.subscribe("users:me", Scope::Authenticated);
    driver.subscribe("messages:list", Scope::Public);
    driver.token(Some(&minute("first", NOW)));
    driver.take_sent();
    driver.receives(&auth_error("No auth provider found", 0, Some(true)));
    driver.token(None);
    driver.socket_opens();
    assert_eq!(
        driver.take_sent(),
        ["Connect", "ModifyQuerySet +1messages:list"]
    );
}

#[test]
fn values_survive_a_refresh_and_a_reconnect() {
    let mut driver = confirmed();
    let (_, me) = driver.subscribe("users:me", Scope::Authenticated);
    driver.receives(&transition(
        version(1, 1, 1),
        version(2, 1, 1),
        vec![updated(0, json!("a"))],
    ));
    driver.changed.clear();
    driver.receives(&auth_error("Token expired", 1, Some(false)));
    driver.token(Some(&minute("second", NOW)));
    assert_eq!(driver.value(&me), Some(json!("a")));
    assert!(driver.client.is_stale(&me));
    driver.socket_opens();
    assert_eq!(
        driver.take_sent(),
        [
            "Connect",
            "Authenticate second",
            "ModifyQuerySet +0users:me"
        ]
    );
    driver.receives(&transition(
        version(0, 0, 0),
        version(1, 1, 2),
        vec![updated(0, json!("a"))],
    ));
    assert!(!driver.client.is_stale(&me));
    assert_eq!(driver.changed, [], "the same value is no change");
}

#[test]
fn the_reason_of_a_refusal_reaches_what_waits_for_a_person() {
    let mut driver = waiting(SyncOptions::default());
    let call = driver.mutation("users:rename", Scope::Authenticated);
    driver.receives(&auth_error("No auth provider found", 0, Some(true)));
    driver.token(None);
    let Err(RequestError::Refused(refusal)) = &driver.settled[&call] else {
        panic!("refused")
    };
    assert_eq!(refusal.reason, RefusalReason::NoMatchingProvider);
    let signed_out =
        Driver::open(SyncOptions::default()).mutation("users:rename", Scope::Authenticated);
    assert_eq!(signed_out, call);
}
