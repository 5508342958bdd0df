//! The local Convex deployment under load, printed next to what is expected of it on two cores:
//! `cargo bench -p local --bench load`.
//!
//! Client and deployment share the machine, so that the figures hold for both together.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement that cannot go on stops"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use serde_json::json;
use support::{Local, Socket, begin, receive, send, session};

const SUBSCRIBERS: u64 = 1000;
const UPDATES: u32 = 100;
const SENDERS: u64 = 100;
const SENDING: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    // `cargo test --benches` only wants to know that this runs.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let data = tempfile::tempdir().unwrap();
    let local = Local::start(data.path(), 0);
    subscribers(&local).await;
    drop(local);
    let data = tempfile::tempdir().unwrap();
    let local = Local::start(data.path(), 0);
    senders(&local).await;
}

async fn subscribers(local: &Local) {
    let before = resident(local.id());
    let mut sockets = Vec::new();
    for number in 0..SUBSCRIBERS {
        let mut socket = local.connect().await;
        begin(
            &mut socket,
            &session(number),
            &[(0, "writes:count", json!({}))],
        )
        .await;
        receive(&mut socket).await.unwrap();
        sockets.push(socket);
    }
    let each = resident(local.id()).saturating_sub(before) / SUBSCRIBERS;
    println!(
        "memory for each idle subscriber      {:>8.1} KB   (expected: under 100)",
        each as f64 / 1024.0
    );

    let (updates, mut updated) = tokio::sync::mpsc::unbounded_channel();
    for mut socket in sockets {
        let updates = updates.clone();
        tokio::spawn(async move {
            while let Some(message) = receive(&mut socket).await {
                let modified = message["modifications"]
                    .as_array()
                    .is_some_and(|all| !all.is_empty());
                if modified && updates.send(Instant::now()).is_err() {
                    return;
                }
            }
        });
    }
    let mut sender = local.connect().await;
    begin(&mut sender, &session(SUBSCRIBERS), &[]).await;
    receive(&mut sender).await.unwrap();
    let mut latencies = Vec::new();
    for number in 0..UPDATES {
        let started = Instant::now();
        mutate(&mut sender, number, json!({}), "writes:increment").await;
        let mut last = started;
        for _ in 0..SUBSCRIBERS {
            last = last.max(updated.recv().await.unwrap());
        }
        latencies.push(last - started);
    }
    let (p50, p99) = percentiles(&mut latencies);
    println!("mutation to last of {SUBSCRIBERS} subscribers  {p50:>8.1} ms   (p50)");
    println!("                                     {p99:>8.1} ms   (p99; expected: under 150)");
}

async fn senders(local: &Local) {
    let mut sending = Vec::new();
    let until = Instant::now() + SENDING;
    for client in 0..SENDERS {
        let mut socket = local.connect().await;
        begin(&mut socket, &session(client), &[]).await;
        sending.push(tokio::spawn(async move {
            receive(&mut socket).await.unwrap();
            let mut latencies = Vec::new();
            let mut number = 0;
            while Instant::now() < until {
                let started = Instant::now();
                let arguments = json!({ "client": client, "number": number });
                mutate(&mut socket, number, arguments, "writes:add").await;
                latencies.push(started.elapsed());
                number += 1;
            }
            latencies
        }));
    }
    let started = Instant::now();
    let mut latencies = Vec::new();
    for sender in sending {
        latencies.extend(sender.await.unwrap());
    }
    let rate = latencies.len() as f64 / started.elapsed().max(SENDING).as_secs_f64();
    let (p50, p99) = percentiles(&mut latencies);
    println!("mutations of {SENDERS} clients            {rate:>8.0} /s   (expected: 2000)");
    println!("                                     {p50:>8.1} ms   (p50)");
    println!("                                     {p99:>8.1} ms   (p99)");
}

async fn mutate(socket: &mut Socket, number: u32, arguments: serde_json::Value, path: &str) {
    let mutation = json!({
        "type": "Mutation", "requestId": number, "udfPath": path, "args": [arguments],
    });
    send(socket, &mutation).await.unwrap();
    loop {
        let message = receive(socket).await.unwrap();
        if message["type"] == "MutationResponse" {
            assert_eq!(message["success"], true, "{message}");
            return;
        }
    }
}

fn percentiles(latencies: &mut [Duration]) -> (f64, f64) {
    latencies.sort();
    let at = |part: f64| {
        latencies[((latencies.len() - 1) as f64 * part) as usize].as_secs_f64() * 1000.0
    };
    (at(0.5), at(0.99))
}

/// Resident memory of a process, in bytes; 0 where the system does not tell.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}
