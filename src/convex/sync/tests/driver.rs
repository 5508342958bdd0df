//! Drives a client as a browser would, and checks at every step what must always hold.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::convex::{
    auth::{AuthStatus, AuthToken},
    error::RequestError,
    function::QueryToken,
    protocol::{
        ClientMessage, ServerMessage, StateModification, StateVersion, Timestamp, Transition,
    },
    sync::{
        ConnectionId, Effect, Event, Moment, Report, RequestId, Scope, Subscription, SyncClient,
        SyncOptions, Timer,
    },
    values::EncodedValue,
};

pub(super) const SESSION: &str = "4f9c2d0e-6f1a-4b8e-9a53-0d6f3b1c7e21";
pub(super) const NOW: i64 = 1_760_000_000_123;

pub(super) struct Driver {
    pub(super) client: SyncClient,
    pub(super) now_ms: i64,
    pub(super) random: f64,
    /// Everything since it was last taken.
    pub(super) effects: Vec<Effect>,
    /// The socket that was asked for, and whether it is open.
    pub(super) socket: Option<(ConnectionId, bool)>,
    /// What was sent on this socket and not taken yet.
    pub(super) sent: Vec<ClientMessage>,
    pub(super) timers: BTreeMap<Timer, i64>,
    pub(super) fetch: Option<(u64, bool)>,
    pub(super) settled: BTreeMap<RequestId, Result<EncodedValue, RequestError>>,
    pub(super) changed: Vec<QueryToken>,
    pub(super) statuses: Vec<AuthStatus>,
    pub(super) reports: Vec<Report>,
    pub(super) terminated: bool,
    introduced: bool,
    versions: (u32, u32),
}

impl Driver {
    pub(super) fn new(options: SyncOptions) -> Self {
        let mut driver = Self {
            client: SyncClient::new(options, SESSION),
            now_ms: NOW,
            random: 0.5,
            effects: Vec::new(),
            socket: None,
            sent: Vec::new(),
            timers: BTreeMap::new(),
            fetch: None,
            settled: BTreeMap::new(),
            changed: Vec::new(),
            statuses: Vec::new(),
            reports: Vec::new(),
            terminated: false,
            introduced: false,
            versions: (0, 0),
        };
        driver.act(SyncClient::start);
        driver
    }

    /// A client whose socket is open.
    pub(super) fn open(options: SyncOptions) -> Self {
        let mut driver = Self::new(options);
        driver.socket_opens();
        driver
    }

    pub(super) fn moment(&self) -> Moment {
        Moment {
            now_ms: self.now_ms,
            random: self.random,
        }
    }

    pub(super) fn act<T>(&mut self, call: impl FnOnce(&mut SyncClient, Moment) -> T) -> T {
        let moment = self.moment();
        let answer = call(&mut self.client, moment);
        for effect in self.client.take_effects() {
            self.effect(&effect);
            self.effects.push(effect);
        }
        answer
    }

    pub(super) fn event(&mut self, event: Event) {
        self.act(|client, moment| client.handle(event, moment));
    }

    fn effect(&mut self, effect: &Effect) {
        match effect {
            Effect::OpenSocket { connection } => {
                assert!(self.socket.is_none(), "two sockets");
                self.socket = Some((*connection, false));
                self.introduced = false;
                self.versions = (0, 0);
                self.sent.clear();
            }
            Effect::CloseSocket { connection } => {
                assert_eq!(self.socket.take().map(|(id, _)| id), Some(*connection));
            }
            Effect::Send {
                connection,
                message,
            } => {
                assert_eq!(
                    self.socket,
                    Some((*connection, true)),
                    "sent on a socket that is not open"
                );
                self.check_order(message);
                self.sent.push(message.clone());
            }
            Effect::SetTimer { timer, after_ms } => {
                self.timers
                    .insert(*timer, self.now_ms + i64::from(*after_ms));
            }
            Effect::CancelTimer(timer) => {
                self.timers.remove(timer);
            }
            Effect::FetchToken { force, generation } => {
                assert!(self.fetch.is_none(), "two token fetches in flight");
                self.fetch = Some((*generation, *force));
            }
            Effect::RequestSettled { id, result } => {
                let before = self.settled.insert(*id, result.clone());
                assert_eq!(before, None, "{id:?} settled twice");
            }
            Effect::QueriesChanged(tokens) => {
                assert!(!tokens.is_empty());
                self.changed.extend(tokens.iter().cloned());
            }
            Effect::AuthChanged(status) => {
                assert_ne!(self.statuses.last(), Some(status), "the same status twice");
                self.statuses.push(status.clone());
            }
            Effect::Report(report) => self.reports.push(report.clone()),
            Effect::Terminated(_) => self.terminated = true,
            Effect::ConnectionChanged(_) => {}
        }
    }

    /// `Connect` comes first, and versions count up one by one.
    fn check_order(&mut self, message: &ClientMessage) {
        assert_eq!(
            matches!(message, ClientMessage::Connect { .. }),
            !self.introduced,
            "{message:?}"
        );
        self.introduced = true;
        match message {
            ClientMessage::ModifyQuerySet {
                base_version,
                new_version,
                ..
            } => {
                assert_eq!(
                    (*base_version, *new_version),
                    (self.versions.0, self.versions.0 + 1)
                );
                self.versions.0 = *new_version;
            }
            ClientMessage::Authenticate { base_version, .. } => {
                assert_eq!(*base_version, self.versions.1);
                self.versions.1 += 1;
            }
            _ => {}
        }
    }

    pub(super) fn connection(&self) -> ConnectionId {
        self.socket.expect("a socket").0
    }

    pub(super) fn socket_opens(&mut self) {
        let connection = self.connection();
        self.socket = Some((connection, true));
        self.event(Event::SocketOpened { connection });
    }

    pub(super) fn socket_closes(&mut self, code: u16, reason: &str) {
        let (connection, _) = self.socket.take().expect("a socket");
        self.sent.clear();
        self.event(Event::SocketClosed {
            connection,
            code,
            reason: reason.into(),
        });
    }

    pub(super) fn receives(&mut self, message: &ServerMessage) {
        let text = serde_json::to_string(message).unwrap();
        self.receives_text(&text);
    }

    pub(super) fn receives_text(&mut self, text: &str) {
        let connection = self.connection();
        self.event(Event::SocketMessage {
            connection,
            text: text.to_owned(),
        });
    }

    /// Runs a timer that is set.
    pub(super) fn timer(&mut self, timer: Timer) {
        let at_ms = self.timers.remove(&timer).expect("the timer is set");
        self.now_ms = self.now_ms.max(at_ms);
        self.event(Event::Timer(timer));
    }

    pub(super) fn due(&self, timer: Timer) -> i64 {
        self.timers[&timer] - self.now_ms
    }

    pub(super) fn token(&mut self, token: Option<&str>) {
        let (generation, _) = self.fetch.take().expect("a token is being fetched");
        self.event(Event::TokenFetched {
            generation,
            token: token.map(AuthToken::new),
        });
    }

    pub(super) fn subscribe(&mut self, path: &str, scope: Scope) -> (Subscription, QueryToken) {
        self.act(|client, moment| client.subscribe(&path.into(), &json!({}), scope, None, moment))
    }

    pub(super) fn unsubscribe(&mut self, subscription: Subscription) {
        self.act(|client, moment| client.unsubscribe(subscription, moment));
    }

    pub(super) fn mutation(&mut self, path: &str, scope: Scope) -> RequestId {
        self.act(|client, moment| client.mutation(&path.into(), json!({}), scope, None, moment))
    }

    pub(super) fn action(&mut self, path: &str, scope: Scope) -> RequestId {
        self.act(|client, moment| client.action(&path.into(), json!({}), scope, moment))
    }

    pub(super) fn set_auth(&mut self, identity: &str) {
        self.act(|client, moment| client.set_auth(identity, moment));
    }

    pub(super) fn clear_auth(&mut self) {
        self.act(SyncClient::clear_auth);
    }

    pub(super) fn status(&self) -> AuthStatus {
        self.client.auth_status()
    }

    pub(super) fn value(&self, token: &QueryToken) -> Option<Value> {
        self.client
            .result(token)
            .map(|result| result.outcome.as_ref().unwrap().decode().unwrap())
    }

    /// The types of what was sent since the last time, with what tells them apart.
    pub(super) fn take_sent(&mut self) -> Vec<String> {
        self.sent.drain(..).map(|message| brief(&message)).collect()
    }
}

fn brief(message: &ClientMessage) -> String {
    let json: Value = serde_json::from_str(&message.to_json()).unwrap();
    match message {
        ClientMessage::Authenticate { .. } if json["tokenType"] == "User" => {
            let value = json["value"].as_str().unwrap();
            let claims = value
                .split('.')
                .nth(1)
                .and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
            let name = claims
                .and_then(|claims| serde_json::from_slice::<Value>(&claims).ok())
                .map_or_else(
                    || value.to_owned(),
                    |claims| claims["jti"].as_str().unwrap().to_owned(),
                );
            format!("Authenticate {name}")
        }
        ClientMessage::Authenticate { .. } => "Authenticate None".to_owned(),
        ClientMessage::ModifyQuerySet { .. } => {
            let modifications =
                json["modifications"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|modification| {
                        let sign = if modification["type"] == "Add" {
                            '+'
                        } else {
                            '-'
                        };
                        let path = modification["udfPath"].as_str().unwrap_or_default();
                        format!(" {sign}{}{path}", modification["queryId"])
                    });
            format!("ModifyQuerySet{}", modifications.collect::<String>())
        }
        ClientMessage::Mutation(call) => format!("Mutation {}", call.request_id),
        ClientMessage::Action(call) => format!("Action {}", call.request_id),
        ClientMessage::Event { event_type, .. } => event_type.clone(),
        ClientMessage::Connect { .. } => "Connect".to_owned(),
    }
}

/// An unsigned JWT that says who it is for, when it was made and when it expires.
pub(super) fn jwt(name: &str, person: &str, issued_at: i64, expires_at: i64) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = json!({ "jti": name, "sub": person, "iss": "https://issuer.example", "aud": "convex", "iat": issued_at, "exp": expires_at });
    format!(
        "{}.{}.signature",
        part(json!({ "alg": "none" })),
        part(claims)
    )
}

/// A token of Clerk's kind: made now, for a minute.
pub(super) fn minute(name: &str, now_ms: i64) -> String {
    jwt(name, "a", now_ms / 1000, now_ms / 1000 + 60)
}

pub(super) fn version(query_set: u32, identity: u32, ts: u64) -> StateVersion {
    StateVersion {
        query_set,
        identity,
        ts: Timestamp(ts),
    }
}

pub(super) fn transition(
    start_version: StateVersion,
    end_version: StateVersion,
    modifications: Vec<StateModification>,
) -> ServerMessage {
    ServerMessage::Transition(Transition {
        start_version,
        end_version,
        modifications,
        client_clock_skew: None,
        server_ts: None,
    })
}

pub(super) fn updated(query_id: u32, value: Value) -> StateModification {
    StateModification::QueryUpdated {
        query_id,
        value: value.into(),
        log_lines: Vec::new(),
        journal: None,
    }
}

pub(super) fn auth_error(error: &str, base_version: u32, attempted: Option<bool>) -> ServerMessage {
    ServerMessage::AuthError {
        error: error.into(),
        base_version,
        auth_update_attempted: attempted,
    }
}
