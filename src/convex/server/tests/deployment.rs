//! A deployment on loopback that answers what it is told to, and keeps what it was asked.

use std::sync::{Arc, Mutex};

use ::http::{HeaderMap, StatusCode, Uri, header};
use axum::{Router, body::Bytes, extract::State, response::IntoResponse};
use serde_json::Value;

/// A request that arrived.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) route: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        Some(self.headers.get(name)?.to_str().unwrap())
    }
}

type Answers = dyn Fn(&Asked) -> (u16, String) + Send + Sync;

#[derive(Clone)]
pub(super) struct Deployment {
    pub(super) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

#[derive(Clone)]
struct Shared {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Answers>,
}

impl Deployment {
    pub(super) async fn answering(
        answers: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Shared {
            asked: Arc::clone(&asked),
            answers: Arc::new(answers),
        };
        let router = Router::new().fallback(answer).with_state(shared);
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
            .await
            .unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, asked }
    }

    /// The same answer to everything.
    pub(super) async fn always(status: u16, body: &str) -> Self {
        let body = body.to_owned();
        Self::answering(move |_| (status, body.clone())).await
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(
    State(shared): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> impl IntoResponse {
    let asked = Asked {
        route: uri.path().to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
    };
    let (status, text) = (shared.answers)(&asked);
    shared.asked.lock().unwrap().push(asked);
    let status = StatusCode::from_u16(status).unwrap();
    // Where a redirect would lead; nobody is to go there.
    ([(header::LOCATION, "/elsewhere")], (status, text)).into_response()
}
