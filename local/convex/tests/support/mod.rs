//! A deployment of files that a test brings along, and clients of it.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::fs;
use std::path::{Path, PathBuf};

use futures_util::{SinkExt, StreamExt};
use local_convex::{Clock, Data, LocalConvex, Options};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A `convex/` folder.
pub struct Project(tempfile::TempDir);

impl Project {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let project = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.functions().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn functions(&self) -> PathBuf {
        self.0.path().join("convex")
    }

    /// Any free ports, data in memory, and no reloading.
    pub fn options(&self) -> Options {
        let package =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../end2end/node_modules/convex");
        let mut options = Options::new(Data::Memory, self.functions(), package);
        options.address.set_port(0);
        options.site_address.set_port(0);
        options.reload = false;
        options
    }

    pub async fn start(&self) -> LocalConvex {
        LocalConvex::start(self.options()).await.unwrap()
    }

    pub async fn start_at(&self, clock: &Clock) -> LocalConvex {
        let mut options = self.options();
        options.clock = clock.clone();
        LocalConvex::start(options).await.unwrap()
    }
}

/// Calls a function over HTTP, and answers the whole body.
pub async fn try_call(convex: &LocalConvex, kind: &str, path: &str, arguments: Value) -> Value {
    let body = json!({ "path": path, "args": [arguments], "format": "convex_encoded_json" });
    let response = reqwest::Client::new()
        .post(format!("{}/api/{kind}", convex.url()))
        .json(&body)
        .send()
        .await
        .unwrap();
    response.json().await.unwrap()
}

/// Calls a function that succeeds.
pub async fn call(convex: &LocalConvex, kind: &str, path: &str, arguments: Value) -> Value {
    let mut answer = try_call(convex, kind, path, arguments).await;
    assert_eq!(answer["status"], "success", "{path}: {answer}");
    answer["value"].take()
}

/// A subscription to one query.
pub struct Live(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Live {
    pub async fn subscribe(convex: &LocalConvex, path: &str, arguments: Value) -> Self {
        let address = convex.url().replacen("http", "ws", 1);
        let address = format!("{address}/api/1.48.0/sync");
        let (mut socket, _) = connect_async(address).await.unwrap();
        let add = json!({ "type": "Add", "queryId": 0, "udfPath": path, "args": [arguments] });
        for message in [
            json!({
                "type": "Connect", "sessionId": "00000000-0000-4000-8000-000000000000",
                "connectionCount": 0, "lastCloseReason": "InitialConnect", "clientTs": 0,
            }),
            json!({
                "type": "ModifyQuerySet", "baseVersion": 0, "newVersion": 1, "modifications": [add],
            }),
        ] {
            let message = Message::text(message.to_string());
            socket.send(message).await.unwrap();
        }
        Self(socket)
    }

    /// The next modification of the query.
    pub async fn modification(&mut self) -> Value {
        loop {
            let frame = self.0.next().await.expect("the socket is open").unwrap();
            let Message::Text(text) = frame else { continue };
            let mut message: Value = serde_json::from_str(&text).unwrap();
            let modifications = message["modifications"].as_array_mut();
            if let Some(modification) = modifications.and_then(Vec::pop) {
                return modification;
            }
        }
    }

    /// The query's value, as soon as it is one that the test waits for.
    pub async fn until(&mut self, is_right: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut modification = self.modification().await;
            assert_eq!(modification["type"], "QueryUpdated", "{modification}");
            if is_right(&modification["value"]) {
                return modification["value"].take();
            }
        }
    }

    pub async fn until_equals(&mut self, expected: Value) {
        self.until(|value| *value == expected).await;
    }
}
