//! Which token goes with a call that is made for a request.

use ::http::{Request, StatusCode};
use axum::{
    Json, Router,
    body::Body,
    extract::State,
    routing::{get, post},
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::deployment::Deployment;
use crate::{
    convex::{
        Query,
        server::{FetchError, FetchOptions, fetch_query},
    },
    server::{Auth, ClerkLayer},
    testing::{TestIssuer, TestSession},
};

const ME: Query<(), Value> = Query::new("users:me");

struct Site {
    issuer: TestIssuer,
    deployment: Deployment,
    router: Router,
}

async fn me(auth: Auth, State(template): State<Option<String>>) -> Result<Json<Value>, FetchError> {
    let mut options = FetchOptions::request(&auth);
    options.template = template;
    fetch_query(ME, &(), options).await.map(Json)
}

/// An application whose template tokens are `template token`.
async fn site(template: Option<&str>) -> Site {
    let deployment = Deployment::always(200, r#"{"status":"success","value":1}"#).await;
    let clerk = Router::new().route(
        "/v1/sessions/{session}/tokens/convex",
        post(|| async { Json(json!({ "jwt": "template token" })) }),
    );
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0))
        .await
        .unwrap();
    let issuer = TestIssuer::production().unwrap();
    let mut configuration = issuer.configuration();
    configuration.public.convex_url = Some(deployment.url.clone());
    configuration.api_url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, clerk).await });
    let router = Router::new()
        .route("/me", get(me))
        .with_state(template.map(str::to_owned))
        .layer(ClerkLayer::new(configuration).unwrap());
    Site {
        issuer,
        deployment,
        router,
    }
}

impl Site {
    /// The status, and the authorization that the deployment saw.
    async fn ask(&self, session: Option<&TestSession>) -> (StatusCode, Option<String>) {
        let request = Request::get("/me").body(Body::empty()).unwrap();
        let request = match session {
            Some(session) => session.sign_in(request),
            None => request,
        };
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        let asked = self.deployment.asked();
        let header = asked.last().and_then(|asked| asked.header("authorization"));
        (response.status(), header.map(str::to_owned))
    }
}

#[tokio::test]
async fn the_session_token_is_used_where_it_is_one_for_convex() {
    for template in [None, Some("convex")] {
        let site = site(template).await;
        let session = site.issuer.session("user_1");
        for audience in [json!("convex"), json!(["other", "convex"])] {
            let session = session.clone().claim("aud", audience);
            let bearer = format!("Bearer {}", session.token().as_secret_str());
            assert_eq!(
                site.ask(Some(&session)).await,
                (StatusCode::OK, Some(bearer))
            );
        }
    }
}

#[tokio::test]
async fn a_template_is_used_only_when_it_is_named() {
    let unnamed = site(None).await;
    let session = unnamed.issuer.session("user_1");
    let bearer = format!("Bearer {}", session.token().as_secret_str());
    assert_eq!(
        unnamed.ask(Some(&session)).await,
        (StatusCode::OK, Some(bearer))
    );

    let named = site(Some("convex")).await;
    let session = named.issuer.session("user_1");
    let bearer = Some("Bearer template token".to_owned());
    assert_eq!(named.ask(Some(&session)).await, (StatusCode::OK, bearer));

    let unknown = site(Some("unknown")).await;
    let session = unknown.issuer.session("user_1");
    assert_eq!(
        unknown.ask(Some(&session)).await,
        (StatusCode::BAD_GATEWAY, None)
    );
}

#[tokio::test]
async fn nobody_asks_as_nobody() {
    let site = site(Some("convex")).await;
    assert_eq!(site.ask(None).await, (StatusCode::OK, None));
    let pending = site.issuer.session("user_1").claim("sts", json!("pending"));
    assert_eq!(site.ask(Some(&pending)).await, (StatusCode::OK, None));
}
