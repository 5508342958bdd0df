//! The page for somebody who is signed in and may not: what the route itself shows them, instead of a few words of JSON.

use std::convert::Infallible;

use axum::{
    Router,
    body::Body,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use http::StatusCode;
use leptos_clerk_convex::server::RequestKind;
use tower::{Service, ServiceExt as _};

/// Renders what a refused request for a page asked for. Nothing leaks: the route's view checks once more, and shows its `refused`.
pub(crate) fn rendered<Renderer>(router: Router, renderer: Renderer) -> Router
where
    Renderer: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static,
{
    router.layer(from_fn(move |request: Request, next: Next| {
        let renderer = renderer.clone();
        async move {
            let (parts, body) = request.into_parts();
            let is_page = RequestKind::of(&parts.method, &parts.headers) == RequestKind::Page;
            let again = is_page.then(|| Request::from_parts(parts.clone(), Body::empty()));
            let response = next.run(Request::from_parts(parts, body)).await;
            match again {
                Some(again) if response.status() == StatusCode::FORBIDDEN => {
                    let Ok(mut page) = renderer.oneshot(again).await;
                    *page.status_mut() = StatusCode::FORBIDDEN;
                    page
                }
                _ => response,
            }
        }
    }))
}
