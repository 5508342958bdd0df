//! A deployment as a process of its own, and a socket that speaks its protocol.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

pub type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

/// A running `local`.
pub struct Local {
    child: Child,
    pub url: String,
    pub port: u16,
    pub admin_key: String,
}

pub fn functions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/functions")
}

fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end/node_modules/convex")
}

impl Local {
    /// Starts one on this data, on a port (0 is any), and waits until it serves.
    pub fn start(data: &Path, port: u16) -> Self {
        Self::start_with(data, port, &functions(), &[])
    }

    pub fn start_with(data: &Path, port: u16, functions: &Path, more: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_local"))
            .args(["--no-clerk", "--json", "--no-reload", "--site-port", "0"])
            .args(["--convex-port", &port.to_string()])
            .arg("--convex-dir")
            .arg(functions)
            .arg("--convex-package")
            .arg(package())
            .arg("--data-dir")
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .env("RUST_LOG", "error")
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: Value = serde_json::from_str(&line).expect("the command says where it is");
        let url = said["convexUrl"].as_str().unwrap().to_owned();
        let port = url.rsplit(':').next().unwrap().parse().unwrap();
        let admin_key = said["adminKey"].as_str().unwrap().to_owned();
        Self {
            child,
            url,
            port,
            admin_key,
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// As `kill -9`.
    pub fn kill(mut self) -> u16 {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.port
    }

    pub async fn connect(&self) -> Socket {
        connect(self.port).await.unwrap()
    }

    /// Runs a query over HTTP.
    pub async fn query(&self, path: &str, arguments: Value) -> Value {
        call(&self.url, "query", path, arguments).await
    }

    pub async fn mutation(&self, path: &str, arguments: Value) -> Value {
        call(&self.url, "mutation", path, arguments).await
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub async fn call(url: &str, kind: &str, path: &str, arguments: Value) -> Value {
    let body = json!({ "path": path, "args": [arguments], "format": "convex_encoded_json" });
    let response = reqwest::Client::new()
        .post(format!("{url}/api/{kind}"))
        .json(&body)
        .send()
        .await
        .unwrap();
    response.json().await.unwrap()
}

pub async fn connect(port: u16) -> Result<Socket, tokio_tungstenite::tungstenite::Error> {
    let address = format!("ws://127.0.0.1:{port}/api/1.48.0/sync");
    let (socket, _) = tokio_tungstenite::connect_async(address).await?;
    Ok(socket)
}

pub async fn send(
    socket: &mut Socket,
    message: &Value,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    socket.send(Message::text(message.to_string())).await
}

/// The next message of the protocol; `None` when the connection is over.
pub async fn receive(socket: &mut Socket) -> Option<Value> {
    loop {
        match socket.next().await? {
            Ok(Message::Text(text)) => return serde_json::from_str(&text).ok(),
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

/// The messages that a client begins with.
pub async fn begin(socket: &mut Socket, session: &str, queries: &[(u32, &str, Value)]) {
    let connect = json!({
        "type": "Connect", "sessionId": session, "connectionCount": 0,
        "lastCloseReason": "InitialConnect", "clientTs": 0,
    });
    send(socket, &connect).await.unwrap();
    let add = |(id, path, arguments): &(u32, &str, Value)| json!({ "type": "Add", "queryId": id, "udfPath": path, "args": [arguments] });
    let modifications: Vec<_> = queries.iter().map(add).collect();
    let query_set = json!({
        "type": "ModifyQuerySet", "baseVersion": 0, "newVersion": 1, "modifications": modifications,
    });
    send(socket, &query_set).await.unwrap();
}

pub fn session(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}
