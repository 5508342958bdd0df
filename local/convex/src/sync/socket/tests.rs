#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::*;
use crate::sync::scripted::Scripted;

const SESSION: &str = "4f9c2d0e-6f1a-4b8e-9a53-0d6f3b1c7e21";

/// A deployment at a port of its own.
struct Server {
    backend: Arc<Scripted>,
    address: String,
}

impl Server {
    async fn start(settings: Settings) -> Self {
        let backend = Scripted::new();
        let app = router(Arc::clone(&backend), settings);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("ws://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { backend, address }
    }

    async fn connect(&self) -> Peer {
        self.connect_at("/api/1.48.0/sync").await
    }

    async fn connect_at(&self, path: &str) -> Peer {
        let (socket, _) = connect_async(format!("{}{path}", self.address))
            .await
            .unwrap();
        Peer { socket }
    }
}

/// A client by hand.
struct Peer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Peer {
    async fn send(&mut self, message: Json) {
        self.socket
            .send(Message::text(message.to_string()))
            .await
            .unwrap();
    }

    async fn open(&mut self) {
        self.send(json!({
            "type": "Connect", "sessionId": SESSION, "connectionCount": 0, "lastCloseReason": "InitialConnect",
            "clientTs": 1_760_000_000_123_i64
        }))
        .await;
    }

    async fn subscribe(&mut self, base: u32, query: u32, path: &str, arguments: Json) {
        self.send(json!({
            "type": "ModifyQuerySet", "baseVersion": base, "newVersion": base + 1,
            "modifications": [{ "type": "Add", "queryId": query, "udfPath": path, "args": [arguments] }]
        }))
        .await;
    }

    async fn call(&mut self, kind: &str, request: u32, path: &str, arguments: Json) {
        self.send(
            json!({ "type": kind, "requestId": request, "udfPath": path, "args": [arguments] }),
        )
        .await;
    }

    async fn frame(&mut self) -> Option<Result<Message, Error>> {
        timeout(Duration::from_secs(20), self.socket.next())
            .await
            .expect("a frame in time")
    }

    /// The next message of the protocol.
    async fn next(&mut self) -> Json {
        loop {
            match self.frame().await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) | Message::Pong(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    /// The code of the server's closing, `None` without one.
    async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.frame().await {
                Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code.into()),
                Some(Ok(_)) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

fn values(transition: &Json) -> Vec<&Json> {
    assert_eq!(transition["type"], "Transition");
    transition["modifications"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| &change["value"])
        .collect()
}

#[tokio::test]
async fn a_subscription_lives() {
    let server = Server::start(Settings::default()).await;
    let mut peer = server.connect().await;
    peer.open().await;
    peer.subscribe(0, 0, "messages:list", json!({})).await;
    let first = peer.next().await;
    assert_eq!(values(&first), [&json!([])]);
    assert_eq!(
        first["startVersion"],
        json!({ "querySet": 0, "identity": 0, "ts": "AAAAAAAAAAA=" })
    );
    assert_eq!(first["clientClockSkew"], 123);

    peer.call("Mutation", 0, "messages:send", json!({ "body": "hi" }))
        .await;
    let response = peer.next().await;
    assert_eq!(
        (&response["type"], &response["success"]),
        (&json!("MutationResponse"), &json!(true))
    );
    let second = peer.next().await;
    assert_eq!(values(&second), [&json!(["hi"])]);
    assert_eq!(second["startVersion"], first["endVersion"]);
    assert_eq!(second["endVersion"]["ts"], response["ts"]);

    server.backend.append("messages", json!("from elsewhere"));
    assert_eq!(
        values(&peer.next().await),
        [&json!(["hi", "from elsewhere"])]
    );

    peer.call("Action", 1, "tools:echo", json!({ "a": 1 }))
        .await;
    let response = peer.next().await;
    assert_eq!(
        (&response["type"], &response["result"]),
        (&json!("ActionResponse"), &json!({ "a": 1 }))
    );
    assert!(values(&peer.next().await).is_empty());
}

#[tokio::test]
async fn a_mutation_that_is_sent_again_runs_once() {
    let server = Server::start(Settings::default()).await;
    let mut timestamps = Vec::new();
    for _ in 0..2 {
        let mut peer = server.connect().await;
        peer.open().await;
        peer.call("Mutation", 0, "messages:send", json!({ "body": "once" }))
            .await;
        timestamps.push(peer.next().await["ts"].clone());
    }
    assert_eq!(timestamps[0], timestamps[1]);
}

#[tokio::test]
async fn actions_overtake_each_other_and_mutations_do_not() {
    let server = Server::start(Settings::default()).await;
    let mut peer = server.connect().await;
    peer.open().await;
    peer.call("Action", 0, "tools:slow", json!({})).await;
    peer.call("Action", 1, "tools:echo", json!({})).await;
    assert_eq!(peer.next().await["requestId"], 1);
    peer.next().await;
    server.backend.gate.add_permits(1);
    assert_eq!(peer.next().await["requestId"], 0);
    peer.next().await;

    peer.call("Mutation", 2, "messages:slow", json!({ "body": 1 }))
        .await;
    peer.call("Mutation", 3, "messages:send", json!({ "body": 2 }))
        .await;
    server.backend.gate.add_permits(1);
    let mut order = Vec::new();
    while order.len() < 2 {
        let message = peer.next().await;
        order.extend(message["requestId"].as_u64());
    }
    assert_eq!(order, [2, 3]);
}

#[tokio::test]
async fn identities_come_go_and_expire() {
    let server = Server::start(Settings::default()).await;
    let mut peer = server.connect().await;
    let token = |base: u32, token: &str| json!({ "type": "Authenticate", "baseVersion": base, "tokenType": "User", "value": token });
    // Without `Connect`, as one version of the npm client does it.
    peer.send(token(0, "ada@1760000060")).await;
    peer.subscribe(0, 0, "users:me", json!({})).await;
    let mut last = peer.next().await;
    if last["endVersion"]["querySet"] == 0 {
        last = peer.next().await;
    }
    assert_eq!(values(&last), [&json!("ada")]);
    assert_eq!(last["endVersion"]["identity"], 1);
    peer.send(json!({ "type": "Authenticate", "baseVersion": 1, "tokenType": "None" }))
        .await;
    assert_eq!(values(&peer.next().await), [&json!(null)]);
    peer.send(token(2, "ada@1760000060")).await;
    assert_eq!(values(&peer.next().await), [&json!("ada")]);

    server
        .backend
        .seconds
        .store(1_760_000_060, Ordering::Relaxed);
    peer.call("Mutation", 0, "messages:send", json!({})).await;
    let error = peer.next().await;
    assert_eq!(
        (
            &error["type"],
            &error["baseVersion"],
            &error["authUpdateAttempted"]
        ),
        (&json!("AuthError"), &json!(3), &json!(false))
    );
    assert_eq!(peer.closed().await, None);

    let mut peer = server.connect().await;
    peer.open().await;
    peer.send(token(0, "mallory")).await;
    let error = peer.next().await;
    assert_eq!(
        (
            &error["type"],
            &error["baseVersion"],
            &error["authUpdateAttempted"]
        ),
        (&json!("AuthError"), &json!(0), &json!(true))
    );
    assert_eq!(peer.closed().await, None);
}

#[tokio::test]
async fn bad_messages_end_the_connection() {
    let server = Server::start(Settings::default()).await;
    let mut peer = server.connect().await;
    peer.socket.send(Message::text("not json")).await.unwrap();
    assert_eq!(peer.closed().await, None);

    let mut peer = server.connect().await;
    peer.send(json!({ "type": "Dance" })).await;
    assert_eq!(peer.next().await["type"], "FatalError");
    assert_eq!(peer.closed().await, None);

    let mut peer = server.connect().await;
    peer.call("Mutation", 0, "fails:overloaded", json!({}))
        .await;
    assert_eq!(peer.closed().await, Some(1013));

    let mut peer = server.connect().await;
    peer.call("Mutation", 0, "fails:panics", json!({})).await;
    assert_eq!(peer.closed().await, Some(1011));

    let settings = Settings {
        maximum_message: 1000,
        ..Settings::default()
    };
    let server = Server::start(settings).await;
    let mut peer = server.connect().await;
    peer.call(
        "Mutation",
        0,
        "messages:send",
        json!({ "body": "x".repeat(2000) }),
    )
    .await;
    assert_eq!(peer.closed().await, Some(1009));
}

#[tokio::test]
async fn versions_that_are_none_are_refused() {
    let server = Server::start(Settings::default()).await;
    let refused = connect_async(format!("{}/api/latest/sync", server.address)).await;
    let Err(Error::Http(response)) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(response.status(), 400);
    server.connect_at("/api/sync").await;
}

#[tokio::test]
async fn large_transitions_are_cut_for_clients_that_can_join_them() {
    let settings = Settings {
        maximum_transition: 1000,
        ..Settings::default()
    };
    let server = Server::start(settings).await;
    let large = json!({ "size": 5000 });
    let mut peer = server.connect().await;
    peer.subscribe(0, 0, "values:large", large.clone()).await;
    let mut joined = String::new();
    loop {
        let chunk = peer.next().await;
        assert_eq!(chunk["type"], "TransitionChunk");
        joined.push_str(chunk["chunk"].as_str().unwrap());
        if chunk["partNumber"].as_u64().unwrap() + 1 == chunk["totalParts"].as_u64().unwrap() {
            break;
        }
    }
    assert_eq!(values(&serde_json::from_str(&joined).unwrap()).len(), 1);

    let mut peer = server.connect_at("/api/sync").await;
    peer.subscribe(0, 0, "values:large", large).await;
    assert_eq!(peer.next().await["type"], "Transition");
}

#[tokio::test]
async fn an_idle_client_is_pinged_and_a_silent_one_given_up() {
    let settings = Settings {
        message_every: Duration::from_millis(20),
        ping_every: Duration::from_millis(5),
        ..Settings::default()
    };
    let server = Server::start(settings).await;
    let mut peer = server.connect().await;
    let mut seen = (false, false);
    while seen != (true, true) {
        match peer.frame().await.unwrap().unwrap() {
            Message::Ping(_) => seen.0 = true,
            Message::Text(text) => {
                assert_eq!(text.as_str(), r#"{"type":"Ping"}"#);
                seen.1 = true;
            }
            other => panic!("{other:?}"),
        }
    }

    let settings = Settings {
        silence_limit: Duration::from_millis(20),
        ..Settings::default()
    };
    let server = Server::start(settings).await;
    let mut peer = server.connect().await;
    assert!(matches!(peer.frame().await, None | Some(Err(_))));
}

#[tokio::test]
async fn a_client_that_does_not_read_gets_the_newest_state_only() {
    let server = Server::start(Settings::default()).await;
    let mut peer = server.connect_at("/api/sync").await;
    peer.subscribe(0, 0, "messages:list", json!({})).await;
    peer.next().await;
    // More than the buffers between the two hold.
    let filling = "x".repeat(14 << 20);
    server.backend.append("messages", json!(filling));
    for number in 0..200 {
        server.backend.append("messages", json!(number));
        tokio::task::yield_now().await;
    }
    let mut transitions = 0;
    loop {
        let transition = peer.next().await;
        transitions += 1;
        if values(&transition)
            .last()
            .is_some_and(|list| list.as_array().unwrap().len() == 201)
        {
            break;
        }
    }
    assert!(transitions < 100, "{transitions}");
}

#[tokio::test]
async fn a_client_that_never_reads_is_given_up() {
    let settings = Settings {
        unread_limit: Duration::from_millis(50),
        ..Settings::default()
    };
    let server = Server::start(settings).await;
    let mut peer = server.connect().await;
    peer.subscribe(0, 0, "values:large", json!({ "size": 14 << 20 }))
        .await;
    let mut listening = false;
    timeout(Duration::from_secs(20), async {
        while !listening || server.backend.listeners() > 0 {
            listening |= server.backend.listeners() > 0;
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("the connection ends, and its listeners with it");
}

#[tokio::test]
async fn many_clients_share_one_run() {
    let server = Server::start(Settings::default()).await;
    let mut peers = Vec::new();
    for _ in 0..50 {
        let mut peer = server.connect().await;
        peer.subscribe(0, 0, "messages:list", json!({})).await;
        peer.next().await;
        peers.push(peer);
    }
    let before = server.backend.runs.load(Ordering::Relaxed);
    server.backend.append("messages", json!(1));
    for peer in &mut peers {
        assert_eq!(values(&peer.next().await), [&json!([1])]);
    }
    assert!(server.backend.runs.load(Ordering::Relaxed) - before < 5);
    assert_eq!(server.backend.listeners(), 50);
    drop(peers);
    timeout(Duration::from_secs(20), async {
        while server.backend.listeners() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("listeners go with their connections");
}
