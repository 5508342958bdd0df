//! The browser's files.

use axum::Router;
use http::{HeaderValue, header::CACHE_CONTROL};
use leptos::config::LeptosOptions;
use tower_http::{services::ServeDir, set_header::SetResponseHeader};

/// The compiled package. Its names contain a hash of the contents, so browsers may keep the files for ever; a name that is not
/// there is a 404 and never the application's HTML.
pub(crate) fn package(options: &LeptosOptions) -> Router {
    let directory =
        std::path::Path::new(options.site_root.as_ref()).join(options.site_pkg_dir.as_ref());
    let cache = if options.hash_files {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let files = ServeDir::new(directory)
        .precompressed_br()
        .precompressed_gzip();
    Router::new().nest_service(
        &format!("/{}", options.site_pkg_dir),
        SetResponseHeader::if_not_present(files, CACHE_CONTROL, HeaderValue::from_static(cache)),
    )
}
