//! What was acknowledged survives `kill -9` at any moment, and nothing is written twice.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::Duration;

use serde_json::json;
use support::{Local, begin, connect, receive, send, session};

const CLIENTS: u64 = 4;
/// How often the process is killed.
const ROUNDS: u32 = 50;

/// A client that writes 0, 1, 2, … and sends what was not acknowledged again, as official clients do.
async fn write(client: u64, port: Arc<AtomicU16>, stop: Arc<AtomicBool>) -> u32 {
    let mut next = 0_u32;
    while !stop.load(Ordering::Relaxed) {
        let Ok(mut socket) = connect(port.load(Ordering::Relaxed)).await else {
            tokio::task::yield_now().await;
            continue;
        };
        begin(&mut socket, &session(client), &[]).await;
        while !stop.load(Ordering::Relaxed) {
            let mutation = json!({
                "type": "Mutation", "requestId": next, "udfPath": "writes:add",
                "args": [{ "client": client, "number": next }],
            });
            if send(&mut socket, &mutation).await.is_err() {
                break;
            }
            let answered = loop {
                match receive(&mut socket).await {
                    Some(message) if message["type"] == "MutationResponse" => break Some(message),
                    Some(_) => {}
                    None => break None,
                }
            };
            let Some(answer) = answered else { break };
            assert_eq!(answer["success"], true, "{answer}");
            assert_eq!(answer["requestId"], next);
            next += 1;
        }
    }
    next
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_and_nothing_is_written_twice() {
    let data = tempfile::tempdir().unwrap();
    let mut local = Local::start(data.path(), 0);
    let port = Arc::new(AtomicU16::new(local.port));
    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| tokio::spawn(write(client, Arc::clone(&port), Arc::clone(&stop))))
        .collect();
    for round in 0..ROUNDS {
        // Different moments in the life of a process, the first ones while it has hardly begun.
        tokio::time::sleep(Duration::from_millis(u64::from(round % 10) * 7)).await;
        let old = local.kill();
        local = tokio::task::spawn_blocking({
            let data = data.path().to_owned();
            move || Local::start(&data, old)
        })
        .await
        .unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    let mut written = 0;
    for (client, finished) in clients.into_iter().enumerate() {
        let acknowledged = finished.await.unwrap();
        written += acknowledged;
        let answer = local.query("writes:of", json!({ "client": client })).await;
        let numbers: Vec<u32> = answer["value"]
            .as_array()
            .unwrap_or_else(|| panic!("{answer}"))
            .iter()
            .map(|number| number.as_f64().unwrap() as u32)
            .collect();
        // One more may be there: sent, written, and not acknowledged when the test ended.
        let expected: Vec<u32> = (0..numbers.len() as u32).collect();
        assert_eq!(numbers, expected, "client {client}");
        assert!(numbers.len() as u32 >= acknowledged && numbers.len() as u32 <= acknowledged + 1);
    }
    assert!(written > ROUNDS, "only {written} writes in {ROUNDS} rounds");
}
