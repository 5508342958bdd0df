#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use http::{Request, StatusCode};
use tower::ServiceExt as _;

use super::*;
use crate::identity::{Requirement, SessionStatus};
use crate::server::{ClerkLayer, KeySet, RequireAuth};

fn application(issuer: &TestIssuer) -> Router {
    let handler = |auth: RequireAuth| async move { auth.identity().user_id.clone() };
    Router::new()
        .route("/me", get(handler))
        .layer(ClerkLayer::new(issuer.configuration()).unwrap())
}

async fn status(application: Router, request: Request<Body>) -> StatusCode {
    application.oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn the_real_layer_takes_its_sessions_and_nobody_elses() {
    let request = || {
        Request::get("/me")
            .header("host", "app.example.com")
            .body(Body::empty())
            .unwrap()
    };
    for issuer in [
        TestIssuer::development().unwrap(),
        TestIssuer::production().unwrap(),
    ] {
        let application = application(&issuer);
        let session = issuer.session("user_1");
        assert_eq!(
            status(application.clone(), session.sign_in(request())).await,
            200
        );
        assert_eq!(
            status(application.clone(), session.authorize(request())).await,
            200
        );
        let stranger =
            TestIssuer::for_frontend_api(issuer.publishable_key().frontend_api()).unwrap();
        for refused in [
            request(),
            stranger.session("user_1").sign_in(request()),
            session
                .clone()
                .expired_since(Duration::from_secs(60))
                .sign_in(request()),
            session
                .clone()
                .claim("sub", serde_json::Value::Null)
                .sign_in(request()),
            session.pending().sign_in(request()),
        ] {
            assert_eq!(status(application.clone(), refused).await, 401);
        }
    }
}

#[test]
fn both_versions_of_the_claims_say_the_same() {
    let issuer = TestIssuer::production().unwrap();
    let session = issuer
        .session("user_1")
        .organization("org_1", "acme", "org:admin")
        .permission("invoices", "create")
        .permission("invoices", "read")
        .permission("reports", "read")
        .feature("org:invoices")
        .feature("org:reports")
        .plan("org:business")
        .plan("user:pro")
        .verified_minutes_ago(Some(3), None)
        .impersonated_by("user_9")
        .profile("Ada", "ada@example.com")
        .issued_at(1_700_000_000);
    let identity = session.identity().unwrap();
    let organization = identity.organization.as_ref().unwrap();
    assert_eq!(
        organization.permissions,
        [
            "org:invoices:create",
            "org:invoices:read",
            "org:reports:read"
        ]
    );
    assert_eq!(identity, session.clone().version_1().identity().unwrap());
    assert_eq!(
        session.pending().identity().unwrap().session_status,
        SessionStatus::Pending
    );
    let wanted = Requirement::all([
        Requirement::role("admin"),
        Requirement::permission("org:reports:read"),
        Requirement::feature("org:invoices"),
        Requirement::plan("user:pro"),
    ]);
    assert!(identity.has(&wanted, 1_700_000_000_000));
}

#[test]
fn the_published_keys_are_keys() {
    let issuer = TestIssuer::production().unwrap();
    assert!(KeySet::from_json(&issuer.jwks()).is_ok());
    assert!(issuer.configuration().jwt_key.is_some());
    assert!(!format!("{issuer:?} {:?}", issuer.session("user_1").token()).contains("eyJ"));
}
