//! Hostile clients and functions get clear errors, and nobody else notices.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use support::{Local, begin, connect, receive, send, session};
use tokio_tungstenite::tungstenite::Message;

/// Another client's answer arrives while `hostile` goes on.
async fn others_are_served(local: &Local) {
    let started = Instant::now();
    let answer = local.query("writes:of", json!({ "client": 1 })).await;
    assert_eq!(answer["status"], "success", "{answer}");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_loops_or_hoards_ends_with_an_error() {
    let data = tempfile::tempdir().unwrap();
    let local = Local::start(data.path(), 0);
    let looped = local.mutation("writes:loop", json!({}));
    let hoarded = local.query("writes:hoard", json!({}));
    let (looped, hoarded, ()) = tokio::join!(looped, hoarded, others_are_served(&local));
    assert_eq!(looped["status"], "error");
    assert!(
        looped["errorMessage"].as_str().unwrap().contains("time"),
        "{looped}"
    );
    assert_eq!(hoarded["status"], "error");
    assert!(
        hoarded["errorMessage"].as_str().unwrap().contains("memory"),
        "{hoarded}"
    );
    others_are_served(&local).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_make_no_sense_close_only_their_connection() {
    let data = tempfile::tempdir().unwrap();
    let local = Local::start(data.path(), 0);
    let mut good = local.connect().await;
    begin(&mut good, &session(1), &[(0, "writes:count", json!({}))]).await;
    assert_eq!(receive(&mut good).await.unwrap()["type"], "Transition");
    let frames = [
        "",
        "{",
        "null",
        "[]",
        "{}",
        "{\"type\":\"Nothing\"}",
        "\u{0}",
        "{\"type\":\"Mutation\"}",
        "{\"type\":\"ModifyQuerySet\",\"baseVersion\":-1}",
        "{\"type\":\"Connect\",\"sessionId\":7}",
        "{\"type\":\"ModifyQuerySet\",\"baseVersion\":9,\"newVersion\":10,\"modifications\":[]}",
    ];
    for frame in frames {
        let mut socket = local.connect().await;
        socket.send(Message::text(frame)).await.unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(10), async {
            while receive(&mut socket).await.is_some() {}
        });
        ended
            .await
            .unwrap_or_else(|_| panic!("{frame:?} kept its connection"));
    }
    let mut socket = local.connect().await;
    let huge = "x".repeat(64 << 20);
    // The server may close before all of it is sent.
    let _ = socket.send(Message::text(huge)).await;
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                return;
            }
        }
    });
    ended.await.expect("a huge frame closes its connection");
    let mutation =
        json!({ "type": "Mutation", "requestId": 0, "udfPath": "writes:increment", "args": [{}] });
    send(&mut good, &mutation).await.unwrap();
    assert_eq!(
        receive(&mut good).await.unwrap()["type"],
        "MutationResponse"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_sockets_come_and_go() {
    let data = tempfile::tempdir().unwrap();
    let local = Local::start(data.path(), 0);
    for batch in 0..100_u64 {
        let sockets = (0..100_u64).map(|number| {
            let port = local.port;
            tokio::spawn(async move {
                let Ok(mut socket) = connect(port).await else {
                    return false;
                };
                begin(
                    &mut socket,
                    &session(batch * 100 + number),
                    &[(0, "writes:count", json!({}))],
                )
                .await;
                // Some leave at once, some after the answer, none says goodbye.
                number % 2 == 0 || receive(&mut socket).await.is_some()
            })
        });
        for socket in sockets.collect::<Vec<_>>() {
            assert!(socket.await.unwrap());
        }
    }
    others_are_served(&local).await;
}
