//! What the official client 1.48.0 did in recorded conversations, done again.

use serde_json::{Value, json};

use super::driver::{Driver, SESSION};
use crate::convex::{
    auth::AuthStatus,
    error::RequestError,
    function::FunctionKind,
    protocol::ServerMessage,
    sync::{Effect, Report, RequestId, Scope, SyncClient, SyncOptions, Timer},
    tests::{plain, samples},
    values::{EncodedValue, encode_arguments},
};

/// A conversation as it was recorded, beside the one that is going on.
struct Replay {
    driver: Driver,
    ours: Vec<Value>,
    recorded: Vec<Value>,
    /// How a settled call is named in the recording.
    settled: fn(RequestId, &Result<EncodedValue, RequestError>) -> Value,
    server: std::vec::IntoIter<Value>,
}

impl Replay {
    fn new(name: &str, options: SyncOptions) -> Self {
        let traces = samples("client_traces");
        let trace = traces
            .as_array()
            .unwrap()
            .iter()
            .find(|trace| trace["name"] == name)
            .unwrap();
        let recorded: Vec<Value> = trace["steps"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(comparable)
            .collect();
        let server: Vec<_> = recorded
            .iter()
            .filter(|step| step["dir"] == "server")
            .cloned()
            .collect();
        let mut replay = Self {
            driver: Driver::new(options.with_reuse_initial_token(false)),
            ours: Vec::new(),
            recorded,
            settled: |_, _| Value::Null,
            server: server.into_iter(),
        };
        replay.collect();
        replay
    }

    fn collect(&mut self) {
        for effect in std::mem::take(&mut self.driver.effects) {
            let step = match effect {
                Effect::OpenSocket { .. } => json!({ "event": "open-socket" }),
                Effect::CloseSocket { .. } => json!({ "event": "client-close" }),
                Effect::Send { message, .. } => {
                    json!({ "dir": "client", "msg": plain(serde_json::from_str(&message.to_json()).unwrap()) })
                }
                Effect::FetchToken { force, .. } => {
                    json!({ "event": "fetchToken", "args": { "forceRefreshToken": force } })
                }
                Effect::QueriesChanged(tokens) => {
                    let tokens: Vec<_> = tokens
                        .iter()
                        .map(|token| token.as_str().to_owned())
                        .collect();
                    json!({ "event": "queries-changed", "tokens": tokens })
                }
                Effect::RequestSettled { id, result } => (self.settled)(id, &result),
                _ => continue,
            };
            if !step.is_null() {
                self.ours.push(step);
            }
        }
    }

    fn act<T>(&mut self, action: impl FnOnce(&mut Driver) -> T) -> T {
        let answer = action(&mut self.driver);
        self.collect();
        answer
    }

    fn open(&mut self) {
        self.ours.push(json!({ "event": "socket-open" }));
        self.act(Driver::socket_opens);
    }

    /// The next recorded message of the server.
    fn server(&mut self) {
        let step = self.server.next().expect("the server said no more");
        self.ours.push(step.clone());
        self.act(|driver| driver.receives_text(&step["msg"].to_string()));
    }

    fn finish(mut self) -> Driver {
        self.act(|driver| driver.act(|client, _| client.close()));
        for (index, (ours, recorded)) in self.ours.iter().zip(&self.recorded).enumerate() {
            assert_eq!(ours, recorded, "step {index}");
        }
        assert_eq!(self.ours.len(), self.recorded.len());
        self.driver
    }
}

/// A recorded step without what is no business of the wire: notes, what a fetch returned, callbacks that our client has in
/// another form.
fn comparable(step: &Value) -> Option<Value> {
    let mut step = plain(step.clone());
    let fields = step.as_object_mut()?;
    fields.remove("url");
    fields.remove("returns");
    let event = fields
        .get("event")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let nothing_changed = event == "queries-changed" && fields["tokens"] == json!([]);
    let left_out = ["note", "onChange", "onRefreshChange"].contains(&event) || nothing_changed;
    (!left_out).then_some(step)
}

#[test]
fn anonymous_subscribe_mutate_unsubscribe() {
    let mut replay = Replay::new(
        "anonymous-subscribe-mutate-unsubscribe",
        SyncOptions::default(),
    );
    replay.settled = |id, result| match (format!("{id:?}").as_str(), result) {
        ("RequestId(0)", Ok(value)) => json!({ "event": "mutation-resolved", "value": value }),
        ("RequestId(1)", Ok(value)) => json!({ "event": "action-resolved", "value": value }),
        (_, Err(RequestError::Function(error))) => json!({
            "event": "mutation-rejected", "name": "ConvexError", "message": error.to_string(), "data": error.data,
        }),
        other => panic!("{other:?}"),
    };
    let list = |client: &mut SyncClient, moment| {
        let arguments = encode_arguments(&json!({ "limit": 10 })).unwrap();
        client
            .subscribe(
                &"messages:list".into(),
                &arguments,
                Scope::Public,
                None,
                moment,
            )
            .0
    };
    let first = replay.act(|driver| driver.act(list));
    replay.open();
    replay.server();
    let second = replay.act(|driver| driver.act(list));
    let (third, _) = replay.act(|driver| driver.subscribe("users.js:default", Scope::Public));
    replay.server();
    let arguments = json!({
        "body": "hi", "n": { "$integer": "BQAAAAAAAAA=" }, "f": -0.0, "b": { "$bytes": "AQID" },
    });
    let arguments = encode_arguments(&arguments).unwrap();
    replay.act(|driver| {
        driver.act(|client, moment| {
            client.mutation(
                &"messages:send".into(),
                arguments,
                Scope::Public,
                None,
                moment,
            )
        })
    });
    replay.server();
    replay.server();
    replay.act(|driver| driver.action("tools:run", Scope::Public));
    replay.server();
    replay.act(|driver| {
        let arguments = json!({ "body": 1 });
        driver.act(|client, moment| {
            client.mutation(
                &"messages:send".into(),
                arguments,
                Scope::Public,
                None,
                moment,
            )
        })
    });
    replay.server();
    for subscription in [first, second, third] {
        replay.act(|driver| driver.unsubscribe(subscription));
    }
    let driver = replay.finish();
    let logs = |kind, path: &str, line: &str| Report::Logs {
        kind,
        path: path.into(),
        lines: vec![line.into()],
    };
    assert_eq!(
        driver.reports,
        [
            logs(FunctionKind::Query, "users:default", "[LOG] 'hi'"),
            logs(FunctionKind::Action, "tools:run", "[WARN] 'slow'"),
        ]
    );
}

#[test]
fn auth_cached_then_fresh() {
    let mut replay = Replay::new("auth-cached-then-fresh", SyncOptions::default());
    replay.open();
    replay.act(|driver| driver.set_auth("user_1"));
    replay.act(|driver| driver.subscribe("users:me", Scope::Public));
    replay.act(|driver| driver.token(Some("<jwt 1>")));
    replay.server();
    replay.server();
    replay.act(|driver| driver.token(Some("<jwt 2>")));
    replay.server();
    replay.act(Driver::clear_auth);
    replay.server();
    let driver = replay.finish();
    assert_eq!(
        driver.statuses,
        [
            AuthStatus::Loading,
            AuthStatus::Authenticated { refreshing: false },
            AuthStatus::SignedOut
        ]
    );
}

#[test]
fn auth_always_rejected() {
    let mut replay = Replay::new("auth-always-rejected", SyncOptions::default());
    replay.open();
    replay.act(|driver| driver.set_auth("user"));
    replay.act(|driver| driver.token(Some("<jwt 1>")));
    for token in ["<jwt 2>", "<jwt 3>", "<jwt 4>"] {
        replay.server();
        replay.act(|driver| driver.token(Some(token)));
        replay.open();
    }
    replay.server();
    let driver = replay.finish();
    assert_eq!(driver.statuses.len(), 2);
    assert!(
        matches!(&driver.statuses[1], AuthStatus::Refused(refusal) if refusal.message == "Could not verify token")
    );
}

#[test]
fn reconnect_resends() {
    let mut replay = Replay::new("reconnect-resends", SyncOptions::default());
    replay.settled = |id, result| match (format!("{id:?}").as_str(), result) {
        ("RequestId(0)", Ok(_)) => json!({ "event": "mutation-0-resolved" }),
        ("RequestId(1)", Ok(_)) => json!({ "event": "mutation-1-resolved" }),
        (_, Err(error)) => json!({ "event": "action-2-rejected", "message": error.to_string() }),
        other => panic!("{other:?}"),
    };
    replay.act(|driver| driver.subscribe("messages:list", Scope::Public));
    replay.open();
    replay.server();
    for body in ["a", "b"] {
        let arguments = json!({ "body": body });
        replay.act(|driver| {
            driver.act(|client, moment| {
                client.mutation(
                    &"messages:send".into(),
                    arguments,
                    Scope::Public,
                    None,
                    moment,
                )
            })
        });
    }
    replay.act(|driver| driver.action("tools:run", Scope::Public));
    replay.server();
    replay
        .ours
        .push(json!({ "event": "server-close", "code": 1011, "reason": "InternalServerError" }));
    replay.act(|driver| driver.socket_closes(1011, "InternalServerError"));
    assert_eq!(replay.driver.due(Timer::Reconnect), 1000);
    let now_ms = replay.driver.now_ms;
    replay.act(|driver| driver.timer(Timer::Reconnect));
    // The recording's clock stands still.
    replay.driver.now_ms = now_ms;
    replay.open();
    replay.server();
    replay.server();
    replay.server();
    replay.finish();
}

/// The official client forgets `Connect` here; ours does not.
#[test]
fn expect_auth_holds_requests() {
    let mut replay = Replay::new(
        "expect-auth-holds-requests",
        SyncOptions::default().with_expect_auth(true),
    );
    replay.act(|driver| driver.subscribe("users:me", Scope::Public));
    replay.open();
    assert_eq!(replay.driver.sent, []);
    replay.act(|driver| driver.set_auth("user_1"));
    replay.act(|driver| driver.token(Some("<jwt 1>")));
    replay.ours.retain(|step| step["event"] != "fetchToken");
    let connect = replay.ours.remove(2);
    assert_eq!(connect["msg"]["type"], "Connect");
    assert_eq!(connect["msg"]["connectionCount"], 0);
    assert_eq!(connect["msg"]["sessionId"], SESSION);
    replay.finish();
}

#[test]
fn paused_add_remove_cancel() {
    let mut replay = Replay::new("paused-add-remove-cancel", SyncOptions::default());
    replay.open();
    replay.act(|driver| driver.set_auth("user_1"));
    let (x, _) = replay.act(|driver| driver.subscribe("a:x", Scope::Public));
    replay.act(|driver| driver.subscribe("a:y", Scope::Public));
    replay.act(|driver| driver.unsubscribe(x));
    replay.act(|driver| driver.mutation("m:m", Scope::Public));
    replay.act(|driver| driver.token(Some("<jwt 1>")));
    replay.ours.retain(|step| step["event"] != "fetchToken");
    replay.finish();
}

#[test]
fn transition_chunks() {
    let mut replay = Replay::new("transition-chunks", SyncOptions::default());
    replay.act(|driver| driver.subscribe("a:x", Scope::Public));
    replay.open();
    replay.server();
    // A ping does not disturb.
    replay.act(|driver| driver.receives(&ServerMessage::Ping));
    replay.server();
    replay.server();
    replay.finish();
}

#[test]
fn auth_expired_mid_session() {
    let mut replay = Replay::new("auth-expired-mid-session", SyncOptions::default());
    replay.open();
    replay.act(|driver| driver.set_auth("u"));
    replay.act(|driver| driver.token(Some("<jwt 1>")));
    replay.server();
    replay.act(|driver| driver.token(Some("<jwt 2>")));
    replay.server();
    replay.server();
    assert_eq!(
        replay.driver.status(),
        AuthStatus::Authenticated { refreshing: true }
    );
    replay.act(|driver| driver.token(Some("<jwt 3>")));
    replay.open();
    replay.server();
    assert_eq!(
        replay.driver.status(),
        AuthStatus::Authenticated { refreshing: false }
    );
    replay.finish();
}
