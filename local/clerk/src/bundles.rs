//! ClerkJS and its UI, served as the npm packages contain them.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{collections::HashMap, io};

use axum::body::Body;
use axum::extract::{Path as UrlPath, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::http::App;

const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// An address that names only a major version points at another file after an update.
const REVALIDATE: &str = "public, no-cache";

/// The directory of the packages.
#[derive(Debug)]
pub(crate) struct Bundles {
    directory: PathBuf,
    versions: Mutex<HashMap<String, String>>,
}

impl Bundles {
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            versions: Mutex::default(),
        }
    }

    /// The installed version of a package, `None` when it is not installed.
    fn version(&self, package: &str) -> Option<String> {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(version) = versions.get(package) {
            return Some(version.clone());
        }
        let manifest = std::fs::read(
            self.directory
                .join("@clerk")
                .join(package)
                .join("package.json"),
        )
        .ok()?;
        let manifest: Value = serde_json::from_slice(&manifest).ok()?;
        let version = manifest.get("version")?.as_str()?.to_owned();
        versions.insert(package.to_owned(), version.clone());
        Some(version)
    }

    fn file(&self, package: &str, name: &str) -> PathBuf {
        self.directory
            .join("@clerk")
            .join(package)
            .join("dist")
            .join(name)
    }
}

/// `GET /npm/@clerk/{package}@{version}/dist/{file}`
pub(crate) async fn serve(
    State(app): State<App>,
    UrlPath((package_at_version, file)): UrlPath<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some((package, asked)) = package_at_version.split_once('@') else {
        return not_found("no version");
    };
    if !matches!(package, "clerk-js" | "ui") || !is_file_name(&file) {
        return not_found("no such bundle");
    }
    let Some(installed) = app.bundles.version(package) else {
        tracing::warn!(
            target: "local_clerk",
            directory = %app.bundles.directory.display(),
            "@clerk/{package} is not installed; run the project's set-up"
        );
        return not_found("the package is not installed");
    };
    let exact = asked == installed;
    if !exact && !installed.starts_with(&format!("{asked}.")) {
        return not_found("another version is installed");
    }
    let etag = format!("\"{package}-{installed}-{file}\"");
    let cache = if exact { IMMUTABLE } else { REVALIDATE };
    let mut response = if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|value| value.as_bytes() == etag.as_bytes())
    {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match read(app.bundles.file(package, &file)).await {
            Ok(bytes) => Response::new(Body::from(bytes)),
            Err(_) => return not_found("no such file in the bundle"),
        }
    };
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/javascript; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}

async fn read(file: PathBuf) -> io::Result<Vec<u8>> {
    tokio::task::spawn_blocking(move || std::fs::read(file))
        .await
        .map_err(io::Error::other)?
}

/// A plain script name: nothing that could leave the directory.
fn is_file_name(name: &str) -> bool {
    let plain = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '~'));
    plain
        && !name.starts_with('.')
        && Path::new(name)
            .extension()
            .is_some_and(|extension| extension == "js")
}

fn not_found(why: &'static str) -> Response {
    (
        StatusCode::NOT_FOUND,
        [(header::CACHE_CONTROL, "no-store")],
        why,
    )
        .into_response()
}
