//! The socket, the query set and calls.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::driver::{Driver, transition, updated, version};
use crate::convex::{
    error::{ProtocolError, RequestError},
    protocol::{
        ClientMessage, FunctionResponse, ServerMessage, StateModification, Timestamp,
        TransitionChunk,
    },
    sync::{Event, Report, RequestId, Scope, SyncClient, SyncOptions, Timer},
};

fn open() -> Driver {
    let mut driver = Driver::open(SyncOptions::default());
    driver.take_sent();
    driver
}

fn response(request_id: u32, success: bool, ts: Option<u64>) -> ServerMessage {
    ServerMessage::MutationResponse(FunctionResponse {
        request_id,
        success,
        result: json!("result").into(),
        ts: ts.map(Timestamp),
        log_lines: Vec::new(),
        error_data: None,
    })
}

#[test]
fn subscribers_of_one_query_share_it() {
    let mut driver = open();
    let (first, token) = driver.subscribe("a:x", Scope::Public);
    let (second, same) = driver.subscribe("a:x", Scope::Public);
    assert_eq!(token, same);
    assert_eq!(driver.take_sent(), ["ModifyQuerySet +0a:x"]);
    driver.unsubscribe(first);
    driver.unsubscribe(first);
    assert_eq!(driver.take_sent(), Vec::<String>::new());
    driver.unsubscribe(second);
    assert_eq!(driver.take_sent(), ["ModifyQuerySet -0"]);
    driver.subscribe("a:x", Scope::Public);
    assert_eq!(
        driver.take_sent(),
        ["ModifyQuerySet +1a:x"],
        "ids are not used twice"
    );
}

#[test]
fn what_is_subscribed_before_the_socket_opens_is_sent_once() {
    let mut driver = Driver::new(SyncOptions::default());
    let (first, _) = driver.subscribe("a:x", Scope::Public);
    driver.subscribe("a:y", Scope::Public);
    driver.unsubscribe(first);
    driver.socket_opens();
    assert_eq!(driver.take_sent(), ["Connect", "ModifyQuerySet +1a:y"]);
}

#[test]
fn a_journal_goes_with_the_query_to_a_new_connection() {
    let mut driver = open();
    let (_, token) = driver.act(|client, moment| {
        client.subscribe(
            &"a:x".into(),
            &json!({}),
            Scope::Public,
            Some("before".into()),
            moment,
        )
    });
    let journal = |driver: &mut Driver| match driver.sent.drain(..).next_back() {
        Some(message @ ClientMessage::ModifyQuerySet { .. }) => {
            let json: Value = serde_json::from_str(&message.to_json()).unwrap();
            json["modifications"][0]["journal"].clone()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(journal(&mut driver), "before");
    let answer = StateModification::QueryUpdated {
        query_id: 0,
        value: json!(1).into(),
        log_lines: vec![],
        journal: Some("after".into()),
    };
    driver.receives(&transition(
        version(0, 0, 0),
        version(2, 0, 1),
        vec![answer],
    ));
    assert_eq!(driver.client.journal(&token), Some("after"));
    driver.socket_closes(1006, "");
    driver.timer(Timer::Reconnect);
    driver.socket_opens();
    assert_eq!(journal(&mut driver), "after");
}

#[test]
fn a_mutation_is_finished_when_its_effects_are_visible() {
    let mut driver = open();
    let call = driver.mutation("m:m", Scope::Public);
    assert!(driver.client.has_unsaved_changes());
    driver.receives(&response(0, true, Some(5)));
    assert!(!driver.client.has_unsaved_changes());
    assert!(driver.client.connection_state().has_inflight_requests);
    driver.receives(&transition(version(0, 0, 0), version(1, 0, 4), vec![]));
    assert_eq!(driver.settled.get(&call), None);
    driver.receives(&transition(version(1, 0, 4), version(1, 0, 5), vec![]));
    assert_eq!(driver.settled[&call], Ok(json!("result").into()));
    // Answers to nobody are no trouble.
    driver.receives(&response(0, true, Some(5)));
    driver.receives(&response(77, false, None));
    assert!(driver.socket.is_some());
}

#[test]
fn a_mutation_called_without_a_connection_is_sent_later() {
    let mut driver = Driver::new(SyncOptions::default());
    driver.mutation("m:m", Scope::Public);
    driver.action("a:a", Scope::Public);
    assert!(driver.client.has_unsaved_changes());
    driver.socket_opens();
    assert_eq!(
        driver.take_sent(),
        ["Connect", "ModifyQuerySet", "Mutation 0", "Action 1"]
    );
    let state = driver.client.connection_state();
    assert_eq!((state.inflight_mutations, state.inflight_actions), (1, 1));
    assert_eq!(state.oldest_inflight_request_ms, Some(driver.now_ms));
}

#[test]
fn backoff_doubles_to_sixteen_seconds_and_is_forgotten_after_catching_up() {
    let mut driver = open();
    let mut delays = Vec::new();
    for _ in 0..7 {
        driver.socket_closes(1006, "");
        delays.push(driver.due(Timer::Reconnect));
        driver.timer(Timer::Reconnect);
    }
    assert_eq!(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 16_000, 16_000]);
    driver.subscribe("a:x", Scope::Public);
    driver.socket_opens();
    driver.receives(&ServerMessage::Ping);
    assert_eq!(
        driver.client.connection_state().connection_retries,
        7,
        "the query is not answered"
    );
    driver.receives(&transition(
        version(0, 0, 0),
        version(1, 0, 1),
        vec![updated(0, json!(1))],
    ));
    assert_eq!(driver.client.connection_state().connection_retries, 0);
}

#[test]
fn an_overloaded_deployment_is_given_more_time() {
    for (reason, base_ms) in [
        ("TooManyConcurrentRequests: later", 3_000),
        ("InternalServerError", 1_000),
        ("", 1_000),
    ] {
        let mut driver = open();
        driver.socket_closes(1013, reason);
        assert_eq!(driver.due(Timer::Reconnect), base_ms, "{reason}");
        let reported = Report::Disconnected {
            code: 1013,
            reason: reason.into(),
        };
        assert_eq!(driver.reports, [reported]);
    }
    let mut driver = open();
    driver.socket_closes(1005, "");
    assert_eq!(driver.reports, [], "an ordinary end is not reported");
}

#[test]
fn the_last_close_reason_is_told() {
    let reason = |driver: &mut Driver| {
        driver.timer(Timer::Reconnect);
        driver.socket_opens();
        match driver.sent.drain(..).next() {
            Some(ClientMessage::Connect {
                last_close_reason,
                connection_count,
                ..
            }) => (connection_count, last_close_reason),
            other => panic!("{other:?}"),
        }
    };
    let mut driver = open();
    driver.socket_closes(1006, "");
    assert_eq!(
        reason(&mut driver),
        (1, Some("closed with code 1006".into()))
    );
    driver.timer(Timer::Inactivity);
    assert_eq!(reason(&mut driver), (2, Some("InactiveServer".into())));
    let connection = driver.connection();
    driver.event(Event::SendFailed { connection });
    assert_eq!(reason(&mut driver), (3, Some("FailedToSendMessage".into())));
}

#[test]
fn every_message_puts_inactivity_off() {
    let mut driver = open();
    assert_eq!(driver.due(Timer::Inactivity), 60_000);
    driver.now_ms += 59_000;
    driver.receives(&ServerMessage::Ping);
    assert_eq!(driver.due(Timer::Inactivity), 60_000);
    driver.timer(Timer::Inactivity);
    assert_eq!(driver.socket, None);
    assert_eq!(driver.due(Timer::Reconnect), 100, "our own doing");
}

#[test]
fn a_handshake_that_hangs_is_given_up() {
    let mut driver = Driver::new(SyncOptions::default());
    driver.timer(Timer::Inactivity);
    assert_eq!(driver.socket, None);
    assert!(driver.timers.contains_key(&Timer::Reconnect));
}

#[test]
fn events_of_an_earlier_socket_are_not_listened_to() {
    let mut driver = open();
    let old = driver.connection();
    driver.timer(Timer::Inactivity);
    driver.timer(Timer::Reconnect);
    driver.event(Event::SocketMessage {
        connection: old,
        text: r#"{"type":"FatalError","error":"late"}"#.into(),
    });
    driver.event(Event::SocketClosed {
        connection: old,
        code: 1006,
        reason: String::new(),
    });
    assert!(driver.socket.is_some());
    assert!(!driver.terminated);
}

#[test]
fn the_network_s_return_ends_the_waiting() {
    let mut driver = open();
    driver.socket_closes(1006, "");
    driver.now_ms += 400;
    driver.event(Event::Online);
    driver.socket_opens();
    match driver.sent.last() {
        Some(ClientMessage::Event { event_type, event }) => {
            assert_eq!(event_type, "NetworkRecoveryReconnect");
            assert_eq!(*event, json!({ "timeSavedMs": 600 }));
        }
        other => panic!("{other:?}"),
    }
    driver.event(Event::Online);
    assert!(driver.socket.is_some(), "nothing to do");
}

#[test]
fn a_page_that_slept_opens_a_new_socket() {
    let mut driver = open();
    driver.now_ms += 3_600_000;
    driver.event(Event::PageShown);
    assert!(matches!(driver.socket, Some((_, false))));
    let mut driver = open();
    driver.event(Event::PageShown);
    assert!(
        matches!(driver.socket, Some((_, true))),
        "a short absence changes nothing"
    );
}

#[test]
fn a_transition_that_does_not_fit_opens_a_new_connection() {
    let mut driver = open();
    driver.receives(&transition(version(1, 0, 0), version(2, 0, 1), vec![]));
    assert_eq!(
        driver.reports,
        [Report::Protocol(ProtocolError::VersionMismatch)]
    );
    assert_eq!(driver.socket, None);
    driver.timer(Timer::Reconnect);
    driver.socket_opens();
    assert_eq!(driver.take_sent(), ["Connect", "ModifyQuerySet"]);
}

#[test]
fn parts_that_do_not_fit_together_open_a_new_connection() {
    let part = |number, total, transition: &str| {
        ServerMessage::TransitionChunk(TransitionChunk {
            chunk: r#"{"type":"Ping"}"#.into(),
            part_number: number,
            total_parts: total,
            transition_id: transition.into(),
        })
    };
    let transition = transition(version(0, 0, 0), version(1, 0, 1), vec![]);
    for parts in [
        vec![part(0, 0, "a")],
        vec![part(3, 2, "a")],
        vec![part(1, 2, "a")],
        vec![part(0, 2, "a"), part(1, 2, "b")],
        vec![part(0, 2, "a"), part(1, 3, "a")],
        vec![part(0, 3, "a"), part(2, 3, "a")],
        vec![part(0, 2, "a"), transition],
        vec![part(0, 1, "a")],
    ] {
        let mut driver = open();
        for part in &parts {
            driver.receives(part);
        }
        assert_eq!(driver.socket, None, "{parts:?}");
        assert!(matches!(
            driver.reports[..],
            [Report::Protocol(ProtocolError::Chunks(_))]
        ));
    }
}

#[test]
fn a_fatal_error_ends_everything() {
    let mut driver = open();
    let call = driver.mutation("m:m", Scope::Public);
    driver.receives(&ServerMessage::FatalError {
        error: "versions".into(),
    });
    assert!(driver.terminated);
    assert_eq!(
        driver.settled[&call],
        Err(RequestError::Terminated("versions".into()))
    );
    assert_eq!(driver.timers.len(), 0);
    let late = driver.mutation("m:m", Scope::Public);
    assert!(driver.settled.contains_key(&late));
    driver.set_auth("a");
    driver.act(SyncClient::start);
    driver.act(|client, _| client.close());
    assert_eq!(driver.fetch, None);
    assert_eq!(driver.socket, None);
}

#[test]
fn a_failed_query_keeps_its_error_and_recovers() {
    let mut driver = open();
    let (_, token) = driver.subscribe("a:x", Scope::Public);
    let failed = StateModification::QueryFailed {
        query_id: 0,
        error_message: "boom".into(),
        log_lines: vec![],
        error_data: None,
        journal: None,
    };
    driver.receives(&transition(
        version(0, 0, 0),
        version(2, 0, 1),
        vec![failed],
    ));
    let error = driver
        .client
        .result(&token)
        .unwrap()
        .outcome
        .clone()
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "[CONVEX Q(a:x)] boom\n  Called by client"
    );
    driver.receives(&transition(
        version(2, 0, 1),
        version(2, 0, 2),
        vec![updated(0, json!(1))],
    ));
    assert_eq!(driver.value(&token), Some(json!(1)));
}

#[test]
fn nothing_happens_before_the_start() {
    let mut client = SyncClient::new(SyncOptions::default(), "session");
    let moment = crate::convex::sync::Moment {
        now_ms: 0,
        random: 0.0,
    };
    client.subscribe(&"a:x".into(), &json!({}), Scope::Public, None, moment);
    client.mutation(&"m:m".into(), json!({}), Scope::Public, None, moment);
    client.handle(Event::Online, moment);
    client.handle(Event::PageShown, moment);
    let effects = client.take_effects();
    assert!(
        effects
            .iter()
            .all(|effect| matches!(effect, crate::convex::sync::Effect::ConnectionChanged(_)))
    );
}

proptest! {
    #[test]
    fn backoff_stays_within_its_bounds(random in 0.0..=1.0, losses in 1..12_u32) {
        let mut driver = open();
        driver.random = random;
        for loss in 0..losses {
            driver.socket_closes(1006, "");
            let nominal = 1_000_i64.saturating_mul(1 << loss.min(10)).min(16_000);
            let delay = driver.due(Timer::Reconnect);
            prop_assert!(delay >= nominal / 2 && delay <= nominal * 3 / 2, "{delay} for {nominal}");
            driver.timer(Timer::Reconnect);
        }
    }
}

#[test]
fn request_ids_count_mutations_and_actions_together() {
    let mut driver = open();
    assert_eq!(driver.mutation("m:m", Scope::Public), RequestId(0));
    assert_eq!(driver.action("a:a", Scope::Public), RequestId(1));
    assert_eq!(driver.mutation("m:m", Scope::Public), RequestId(2));
}
