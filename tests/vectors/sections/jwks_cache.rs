//! The cache of key sets in time: the rows are one sequence, over two instances.

use std::collections::HashMap;

use leptos_clerk_convex::server::{KeyCache, KeyDecision, VerificationError};
use serde_json::{Value, json};

use super::{Section, same, text};
use crate::vectors::Vectors;

pub fn section() -> Section {
    let section = Section::new(
        "jwks_cache_sequence",
        &[
            ("", &["t", "secret", "kid", "upstream", "expect"]),
            ("expect", &["http_requests", "result"]),
        ],
        |vectors, row, earlier| {
            let mut caches = HashMap::new();
            for row in earlier {
                let _ = run(
                    vectors,
                    row,
                    caches.entry(text(row, "secret").to_owned()).or_default(),
                );
            }
            let cache = caches.entry(text(row, "secret").to_owned()).or_default();
            same("outcome", &row["expect"], &run(vectors, row, cache))
        },
    );
    Section {
        is_sequence: true,
        ..section
    }
}

/// What one request comes to: how often the key set is fetched, and what becomes of the token.
fn run(vectors: &Vectors, row: &Value, cache: &mut KeyCache) -> Value {
    let now_ms = row["t"].as_i64().unwrap() * 1_000;
    let key_id = match text(row, "kid") {
        "main" => vectors.get("/jwks/main/keys/0/kid").as_str().unwrap(),
        other => other,
    };
    let mut requests = 0;
    let mut fetch = |cache: &mut KeyCache, attempts: u32| {
        cache.began(now_ms);
        match text(row, "upstream") {
            "ok" => {
                requests += 1;
                cache.fetched(vectors.key_set("main").unwrap(), now_ms);
            }
            "401" => {
                requests += 1;
                cache.failed(VerificationError::SecretKey, now_ms);
            }
            _ => {
                requests += attempts;
                cache.failed(VerificationError::KeySetUnavailable, now_ms);
            }
        }
    };
    let mut decision = cache.decide(key_id, now_ms);
    match &decision {
        KeyDecision::Fetch => {
            fetch(cache, 5);
            decision = cache.decide(key_id, now_ms);
        }
        KeyDecision::FetchOnce => {
            fetch(cache, 1);
            decision = cache.decide(key_id, now_ms);
        }
        KeyDecision::UseAndRenew(_) => fetch(cache, 5),
        KeyDecision::Use(_) | KeyDecision::Refuse(_) => {}
    }
    let result = match decision {
        KeyDecision::Use(_) | KeyDecision::UseAndRenew(_) => "ok",
        KeyDecision::Refuse(error) => error.reason(),
        KeyDecision::Fetch | KeyDecision::FetchOnce => "another fetch",
    };
    json!({"http_requests": requests, "result": result})
}
