//! The browser's files.

use std::{convert::Infallible, path::Path};

use axum::{
    Router,
    body::Body,
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
    routing::{MethodRouter, any_service},
};
use http::{
    HeaderValue, StatusCode,
    header::{ACCEPT_ENCODING, CACHE_CONTROL, VARY},
};
use leptos::config::LeptosOptions;
use tower::{Service, ServiceExt};
use tower_http::services::{ServeDir, fs::ServeFileSystemResponseBody};

/// A name with a hash of the contents in it means the same bytes for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// A name without one: kept, and asked about each time that it is used.
const ASK_EACH_TIME: &str = "public, no-cache";
/// What stands beside the application under a name that people and crawlers know, such as its icon.
const FOR_MINUTES: &str = "public, max-age=300";

/// The compiled package. A name that is not there is a 404, and never the application's HTML.
pub(crate) fn package(options: &LeptosOptions) -> Router {
    let directory = Path::new(options.site_root.as_ref()).join(options.site_pkg_dir.as_ref());
    let hashed = options.hash_files;
    // The files beside them that end in .br and .gz are those of the production build.
    let files = ServeDir::new(directory)
        .precompressed_br()
        .precompressed_gzip();
    Router::new()
        .nest_service(&format!("/{}", options.site_pkg_dir), files)
        .layer(from_fn(move |request: Request, next: Next| async move {
            let cache = if hashed && has_hash(request.uri().path()) {
                FOR_EVER
            } else {
                ASK_EACH_TIME
            };
            cacheable(next.run(request).await, cache)
        }))
}

/// The files of `public/`, and `not_found` for everything else.
///
/// They are not taken from precompressed copies: their names stay when they change, and only a production build renews those.
pub(crate) fn public<NotFound>(options: &LeptosOptions, not_found: NotFound) -> MethodRouter
where
    NotFound: Service<Request, Response = Response, Error = Infallible, Future: Send + 'static>
        + Clone
        + Send
        + Sync
        + 'static,
{
    let files = ServeDir::new(options.site_root.as_ref())
        .append_index_html_on_directories(false)
        .call_fallback_on_method_not_allowed(true)
        .fallback(not_found);
    let kept = |file: http::Response<ServeFileSystemResponseBody>| {
        cacheable(file.map(Body::new), FOR_MINUTES)
    };
    any_service(ServiceExt::<Request>::map_response(files, kept))
}

/// Says how long a file may be kept; an error is none.
fn cacheable(mut response: Response, cache: &'static str) -> Response {
    let is_file = matches!(
        response.status(),
        StatusCode::OK | StatusCode::PARTIAL_CONTENT | StatusCode::NOT_MODIFIED
    );
    let headers = response.headers_mut();
    if is_file {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
        // Also where nothing was compressed this time: a cache must not hand one browser's answer to another.
        headers.append(VARY, ACCEPT_ENCODING.into());
    }
    response
}

/// Whether a file's name is `name.hash.extension`.
fn has_hash(path: &str) -> bool {
    const SHORTEST: usize = 16;
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut parts = name.rsplit('.').skip(1);
    parts.next().is_some_and(|hash| hash.len() >= SHORTEST) && parts.next().is_some()
}
