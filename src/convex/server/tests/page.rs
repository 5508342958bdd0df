//! Pages whose queries are in their first HTML.

use ::http::{Request, StatusCode};
use axum::{Router, body::Body};
use leptos::{config::LeptosOptions, prelude::*};
use leptos_router::{
    components::{Route, Router as LeptosRouter, Routes},
    path,
};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::deployment::{Asked, Deployment};
use crate::{
    convex::{
        PreloadedQueries, Query, QueryToken,
        preload::{Preload, PreloadOptions, QueryBatch},
        values::encode_arguments,
    },
    server::{ClerkLayer, route_lists},
    testing::{TestIssuer, TestSession},
};

const ME: Query<(), Value> = Query::new("users:me");
const COUNT: Query<(), Value> = Query::new("messages:count");

/// What a query's first value is here.
#[component]
fn Shown(query: Query<(), Value>) -> impl IntoView {
    let values = use_context::<PreloadedQueries>();
    let token = QueryToken::new(&query.path(), &encode_arguments(&()).unwrap());
    let text = match &values {
        None => "no context".to_owned(),
        Some(values) => values
            .value_for(&token)
            .map_or_else(|| "no value".to_owned(), ToString::to_string),
    };
    let is_theirs = values.is_some_and(|values| values.is_for(Some("user_1")));
    let whom = if is_theirs { "user_1" } else { "nobody" };
    view! { <p>{format!("{}={text} for {whom}", query.path())}</p> }
}

fn both() -> QueryBatch {
    QueryBatch::new().query(ME, &()).query(COUNT, &())
}

#[component]
fn Blocking() -> impl IntoView {
    view! {
        <Preload queries=both() options=PreloadOptions::default().blocking() fallback=|| "blocking fallback">
            <Shown query=ME/>
            <Shown query=COUNT/>
        </Preload>
    }
}

#[component]
fn Streaming() -> impl IntoView {
    view! {
        <Suspense fallback=|| "outer fallback">
            <Preload queries=both() fallback=|| "inner fallback">
                <Shown query=ME/>
            </Preload>
        </Suspense>
        <Shown query=ME/>
    }
}

#[component]
fn Nested() -> impl IntoView {
    view! {
        <Preload queries=(ME, ())>
            <Preload queries=(COUNT, ())>
                <Shown query=ME/>
                <Shown query=COUNT/>
            </Preload>
        </Preload>
    }
}

#[component]
fn Open() -> impl IntoView {
    view! {
        <Preload queries=(COUNT, ()) options=PreloadOptions::default().visitors()>
            <Shown query=COUNT/>
        </Preload>
    }
}

#[component]
fn Application() -> impl IntoView {
    view! {
        <LeptosRouter>
            <Routes fallback=|| "not found">
                <Route path=path!("/blocking") view=Blocking/>
                <Route path=path!("/streaming") view=Streaming/>
                <Route path=path!("/nested") view=Nested/>
                <Route path=path!("/open") view=Open/>
            </Routes>
        </LeptosRouter>
    }
}

struct Site {
    issuer: TestIssuer,
    router: Router,
}

fn site(deployment: &Deployment) -> Site {
    let issuer = TestIssuer::production().unwrap();
    let mut configuration = issuer.configuration();
    configuration.public.convex_url = Some(deployment.url.clone());
    let options = LeptosOptions::builder().output_name("test").build();
    let router = route_lists(Application)
        .into_router(&options, || (), Application)
        .layer(ClerkLayer::new(configuration).unwrap())
        .with_state(options);
    Site { issuer, router }
}

impl Site {
    fn session(&self) -> TestSession {
        self.issuer.session("user_1").for_convex()
    }

    async fn page(&self, path: &str, session: Option<&TestSession>) -> String {
        let request = Request::get(path)
            .header("accept", "text/html")
            .body(Body::empty())
            .unwrap();
        let request = match session {
            Some(session) => session.sign_in(request),
            None => request,
        };
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await;
        String::from_utf8(body.unwrap().to_vec()).unwrap()
    }
}

/// The path of a query is its value; as nobody, nobody is there.
fn answers(asked: &Asked) -> (u16, String) {
    let body = match asked.route.as_str() {
        "/api/query_ts" => json!({ "ts": "6AMAAAAAAAA=" }),
        _ => {
            json!({ "status": "success", "value": format!("<{}>", asked.body["path"].as_str().unwrap()) })
        }
    };
    (200, body.to_string())
}

#[tokio::test]
async fn the_first_html_has_the_values_and_the_browser_gets_them_along() {
    let deployment = Deployment::answering(answers).await;
    let site = site(&deployment);
    let session = site.session();
    let page = site.page("/blocking", Some(&session)).await;
    for path in ["users:me", "messages:count"] {
        let shown = format!("{path}=\"&lt;{path}&gt;\" for user_1");
        assert!(page.contains(&shown), "{page}");
    }
    assert!(!page.contains("blocking fallback"), "{page}");
    // In the resource that the browser reads: escaped once as JSON, once as a JavaScript text, never as markup.
    assert!(page.contains("__RESOLVED_RESOURCES["), "{page}");
    assert!(
        page.contains(r"\\u003cusers:me>") || page.contains(r"\u003cusers:me>"),
        "{page}"
    );
    assert!(!page.contains(session.token().as_secret_str()));
    let bearer = format!("Bearer {}", session.token().as_secret_str());
    let asked = deployment.asked();
    assert_eq!(asked.len(), 3, "each query is asked once");
    for asked in &asked[1..] {
        assert_eq!(asked.header("authorization"), Some(bearer.as_str()));
    }
}

#[tokio::test]
async fn a_streamed_page_has_the_fallback_first_and_then_the_values() {
    let deployment = Deployment::answering(answers).await;
    let site = site(&deployment);
    let page = site.page("/streaming", Some(&site.session())).await;
    let shown = "users:me=\"&lt;users:me&gt;\" for user_1";
    let (fallback, value) = (page.find("inner fallback"), page.find(shown));
    assert!(fallback.is_some() && value > fallback, "{page}");
    assert!(page.contains("users:me=no context"), "{page}");
}

#[tokio::test]
async fn values_of_a_provider_further_out_stay() {
    let deployment = Deployment::answering(answers).await;
    let site = site(&deployment);
    let page = site.page("/nested", Some(&site.session())).await;
    for path in ["users:me", "messages:count"] {
        assert!(
            page.contains(&format!("{path}=\"&lt;{path}&gt;\"")),
            "{page}"
        );
    }
}

#[tokio::test]
async fn nobody_has_no_values_and_the_deployment_is_not_asked() {
    let deployment = Deployment::answering(answers).await;
    let site = site(&deployment);
    for path in ["/blocking", "/streaming", "/nested"] {
        let page = site.page(path, None).await;
        assert!(
            page.contains("users:me=no value for nobody"),
            "{path}: {page}"
        );
    }
    assert!(deployment.asked().is_empty());
    let page = site.page("/open", None).await;
    assert!(
        page.contains("messages:count=\"&lt;messages:count&gt;\" for nobody"),
        "{page}"
    );
    assert_eq!(deployment.asked()[0].header("authorization"), None);
    let page = site.page("/open", Some(&site.session())).await;
    assert!(
        page.contains("messages:count=\"&lt;messages:count&gt;\" for user_1"),
        "{page}"
    );
    assert!(deployment.asked()[1].header("authorization").is_some());
}

#[tokio::test]
async fn what_convex_refuses_or_does_not_answer_is_no_error_page() {
    let expired = json!({ "code": "TokenExpired", "message": "Token expired" }).to_string();
    for (status, body) in [(401, expired.as_str()), (500, "no"), (200, "<html>")] {
        let deployment = Deployment::always(status, body).await;
        let site = site(&deployment);
        for path in ["/blocking", "/streaming", "/nested", "/open"] {
            let page = site.page(path, Some(&site.session())).await;
            assert!(page.contains("=no value for nobody"), "{path}: {page}");
            assert!(!page.contains(" for user_1"), "{path}: {page}");
        }
    }
    let mut nowhere = Deployment::always(200, "").await;
    nowhere.url = "http://127.0.0.1:1".to_owned();
    let site = site(&nowhere);
    let page = site.page("/blocking", Some(&site.session())).await;
    assert!(page.contains("users:me=no value for nobody"), "{page}");
}
