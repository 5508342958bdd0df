//! Actions and HTTP actions, with a host that answers from other threads.

use std::{
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::{Value as Json, json};

use super::{bundle, engine, invocation, message, samples, value};
use crate::runtime::{
    ActionHost, Engine, Execution, FunctionKind, HostError, HttpRequest, Limits, call::Done,
};

#[derive(Default)]
struct Recorder(Mutex<Vec<(String, Json)>>);

impl ActionHost for Recorder {
    fn syscall(&self, operation: &str, _arguments: Json) -> Result<Json, HostError> {
        Err(HostError::new(format!("Unknown operation {operation}")))
    }

    fn start(&self, operation: String, arguments: Json, done: Done) {
        self.0.lock().unwrap().push((operation, arguments));
        thread::spawn(move || done(Ok(Json::Null)));
    }
}

fn tokio() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

fn act(path: &str, arguments: &Json, host: &Arc<Recorder>) -> Execution {
    let tokio = tokio();
    let invocation = invocation(FunctionKind::Action, path, arguments);
    engine().act(&invocation, Arc::clone(host) as _, tokio.handle().clone())
}

/// A server that answers one request with what it got, or never.
fn server(answers: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"{\"a\":1}") {
            let mut byte = [0];
            if stream.read(&mut byte).unwrap_or(0) == 0 {
                return;
            }
            request.push(byte[0]);
        }
        let text = String::from_utf8(request).unwrap();
        let body = json!({"post": text.starts_with("POST /path?q=1 "), "header": text.contains("x-test: yes")}).to_string();
        if answers {
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body.as_bytes()).unwrap();
        }
    });
    format!("http://{address}/path?q=1")
}

#[test]
fn actions_make_their_syscalls() {
    let host = Arc::default();
    assert_eq!(
        value(&act("traces:actionCalls", &json!({}), &host)),
        Json::Null
    );
    let samples = samples();
    let traces = samples["syscalls"].as_array().unwrap();
    let recorded = traces
        .iter()
        .find(|trace| trace["name"] == "action")
        .unwrap();
    let recorded = recorded["syscalls"].as_array().unwrap()[..3].iter();
    let recorded: Vec<_> = recorded
        .map(|call| {
            (
                call["op"].as_str().unwrap().to_owned(),
                call["args"].clone(),
            )
        })
        .collect();
    assert_eq!(*host.0.lock().unwrap(), recorded);
}

#[test]
fn time_passes_in_actions() {
    assert_eq!(
        value(&act("messages:nap", &json!({}), &Arc::default())),
        true
    );
    assert_eq!(
        value(&act(
            "determinism:dynamicInAction",
            &json!({}),
            &Arc::default()
        )),
        1
    );
}

#[test]
fn an_action_that_only_computes_is_stopped() {
    let limits = Limits {
        action: Duration::from_millis(200),
        ..Limits::default()
    };
    let engine = Engine::new(bundle(), limits);
    let tokio = tokio();
    let act = |path| {
        let invocation = invocation(FunctionKind::Action, path, &json!({}));
        engine.act(
            &invocation,
            Arc::<Recorder>::default(),
            tokio.handle().clone(),
        )
    };
    assert!(message(&act("limits:spinInAction")).contains("timed out"));
    assert_eq!(value(&act("messages:nap")), true);
}

#[test]
fn actions_fetch() {
    let answer = act(
        "messages:fetchText",
        &json!({"url": server(true)}),
        &Arc::default(),
    );
    assert_eq!(
        value(&answer),
        json!([200, "application/json", {"post": true, "header": true}])
    );
    let refused = act(
        "messages:fetchText",
        &json!({"url": "http://127.0.0.1:1/"}),
        &Arc::default(),
    );
    assert!(
        message(&refused).starts_with("Uncaught TypeError: fetch failed"),
        "{}",
        message(&refused)
    );
    let aborted = act(
        "messages:fetchAborted",
        &json!({"url": server(false)}),
        &Arc::default(),
    );
    assert_eq!(value(&aborted), "AbortError");
}

fn respond(request: &HttpRequest, host: &Arc<Recorder>) -> crate::runtime::HttpResponse {
    let tokio = tokio();
    let invocation = invocation(FunctionKind::HttpAction, "http", &json!({}));
    let execution = engine().respond(
        request,
        &invocation,
        Arc::clone(host) as _,
        tokio.handle().clone(),
    );
    execution.result.unwrap()
}

#[test]
fn requests_reach_their_http_action() {
    let host = Arc::<Recorder>::default();
    let request = |method: &str, path: &str, body: &str| HttpRequest {
        method: method.to_owned(),
        url: format!("http://127.0.0.1:3211{path}"),
        headers: vec![
            ("user-agent".to_owned(), "test".to_owned()),
            (
                "signature".to_owned(),
                "cC3i9QzWBFEsk3VMrnrlv6nSVCEuTjKrZbKQUoF0YEs=".to_owned(),
            ),
        ],
        body: body.as_bytes().to_vec(),
    };
    let response = respond(&request("GET", "/a?name=x%20y", ""), &host);
    assert_eq!(response.status, 200);
    let body: Json = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(body, json!({"found": null, "name": "x y", "agent": "test"}));
    assert_eq!(host.0.lock().unwrap()[0].0, "1.0/actions/query");

    let response = respond(&request("POST", "/p/hook", "grüße"), &host);
    assert_eq!(response.status, 201);
    assert_eq!(String::from_utf8(response.body).unwrap(), "GRÜSSE");
    let cookies = response
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie");
    assert_eq!(
        cookies.map(|(_, value)| value.as_str()).collect::<Vec<_>>(),
        ["a=1", "b=2"]
    );
    assert!(
        response
            .headers
            .contains(&("x-valid".to_owned(), "true".to_owned()))
    );

    let head = respond(&request("HEAD", "/a", ""), &host);
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(respond(&request("GET", "/nowhere", ""), &host).status, 404);
}
