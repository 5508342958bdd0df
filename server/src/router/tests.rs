#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::{fs, path::Path};

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode, header};
use leptos::config::LeptosOptions;
use leptos_clerk_convex::server::ClerkLayer;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::router;
use crate::instance::Instance;

const HASHED: &str = "/pkg/app.mLf0PYRs8bQZ3yJjzV1cRA";
const WASM: &[u8] = b"\0asm and what else is in a module, and what else is in a module";

/// The application with a local Clerk instance and a package on disk, as the production build leaves it.
struct Site {
    router: Router,
    _directory: TempDir,
}

impl Site {
    fn open(hash_files: bool) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let package = directory.path().join("pkg");
        fs::create_dir(&package).unwrap();
        let write = |path: &Path, bytes: &[u8]| fs::write(path, bytes).unwrap();
        let hashed = |end: &str| {
            directory
                .path()
                .join(format!("{}{end}", HASHED.trim_start_matches('/')))
        };
        write(&hashed(".wasm"), WASM);
        write(&hashed(".wasm.br"), b"brotli");
        write(&hashed(".wasm.gz"), b"gzip");
        write(
            &hashed(".js"),
            b"export {}; // and enough of it to be worth compressing",
        );
        write(&package.join("app.js"), b"export {};");
        write(&directory.path().join("icon.svg"), b"<svg/>");
        write(&directory.path().join("icon.svg.br"), b"an older icon");
        let options = LeptosOptions::builder()
            .output_name("app")
            .site_root(directory.path().to_str().unwrap())
            .hash_files(hash_files)
            .build();
        let mut instance = Instance::throwaway(options.site_addr).unwrap();
        instance.configuration.public.convex_url = Some("http://127.0.0.1:3210".to_owned());
        let clerk = ClerkLayer::new(instance.configuration.clone()).unwrap();
        Self {
            router: router(options, &instance, clerk).unwrap(),
            _directory: directory,
        }
    }

    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let request = Request::get(path)
            .header("host", "127.0.0.1:3000")
            .header("sec-fetch-dest", "empty");
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let response = self
            .router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
        (parts.status, parts.headers, body.to_vec())
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn every_page_has_a_nonce_of_its_own() {
    let site = Site::open(false);
    let mut seen = Vec::new();
    for path in ["/", "/sign-in", "/nowhere"] {
        let (_, headers, body) = site.ask(path, &[]).await;
        let html = String::from_utf8(body).unwrap();
        let policy = text(&headers, "content-security-policy");
        let nonce = text(&headers, "x-nonce").to_owned();
        assert!(policy.contains("'strict-dynamic'"), "{path}: {policy}");
        assert!(
            policy.contains(&format!("'nonce-{nonce}'")),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("http://127.0.0.1:3210 ws://127.0.0.1:3210"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert!(
            policy.contains("data: http://127.0.0.1:3000"),
            "{path}: {policy}"
        );
        let scripts = html.matches("<script").count();
        assert!(scripts > 0, "{path}: {html}");
        assert_eq!(
            html.matches(&format!("nonce=\"{nonce}\"")).count(),
            scripts,
            "{path}: {html}"
        );
        assert_eq!(text(&headers, "cache-control"), "no-store", "{path}");
        seen.push(nonce);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3);
}

#[tokio::test]
async fn every_answer_says_what_not_to_do_with_it() {
    let site = Site::open(false);
    for path in [
        "/",
        "/nowhere",
        "/api/example",
        "/pkg/app.js",
        "/icon.svg",
        "/__clerk/v1/environment",
    ] {
        let (_, headers, _) = site.ask(path, &[]).await;
        assert_eq!(
            text(&headers, "x-content-type-options"),
            "nosniff",
            "{path}"
        );
        assert_eq!(
            text(&headers, "referrer-policy"),
            "strict-origin-when-cross-origin",
            "{path}"
        );
        assert_eq!(text(&headers, "strict-transport-security"), "", "{path}");
        let over_https = [("x-forwarded-proto", "https, http")];
        let (_, headers, _) = site.ask(path, &over_https).await;
        assert_eq!(
            text(&headers, "strict-transport-security"),
            "max-age=31536000",
            "{path}"
        );
    }
}

#[tokio::test]
async fn hashed_files_are_kept_for_ever_and_sent_as_they_were_compressed() {
    let site = Site::open(true);
    let path = format!("{HASHED}.wasm");
    for (accepted, encoding, bytes) in [
        ("gzip, deflate, br, zstd", "br", &b"brotli"[..]),
        ("gzip", "gzip", &b"gzip"[..]),
    ] {
        let (status, headers, body) = site.ask(&path, &[("accept-encoding", accepted)]).await;
        assert_eq!(status, StatusCode::OK);
        assert_eq!(body, bytes);
        assert_eq!(text(&headers, "content-encoding"), encoding);
        assert_eq!(text(&headers, "content-type"), "application/wasm");
        assert_eq!(
            text(&headers, "cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(text(&headers, "vary"), "accept-encoding");
        assert_eq!(text(&headers, "content-length"), bytes.len().to_string());
    }
    let (_, headers, body) = site.ask(&path, &[]).await;
    assert_eq!(body, WASM);
    assert_eq!(text(&headers, "content-encoding"), "");
    assert_eq!(text(&headers, "vary"), "accept-encoding");
    // Where no copy lies beside a file, it is compressed on the way, and still said once.
    let script = format!("{HASHED}.js");
    let (_, headers, _) = site.ask(&script, &[("accept-encoding", "br")]).await;
    assert_eq!(text(&headers, "content-encoding"), "br");
    assert_eq!(headers.get_all(header::VARY).iter().count(), 1);
}

#[tokio::test]
async fn a_file_that_is_known_is_not_sent_again_and_a_part_is_a_part() {
    let site = Site::open(true);
    let path = format!("{HASHED}.wasm");
    let (_, headers, _) = site.ask(&path, &[]).await;
    let modified = text(&headers, "last-modified").to_owned();
    let (status, headers, body) = site.ask(&path, &[("if-modified-since", &modified)]).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_MODIFIED, 0));
    assert_eq!(
        text(&headers, "cache-control"),
        "public, max-age=31536000, immutable"
    );
    assert_eq!(text(&headers, "vary"), "accept-encoding");

    let (status, headers, body) = site.ask(&path, &[("range", "bytes=1-3")]).await;
    assert_eq!(status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(body, b"asm");
    assert_eq!(
        text(&headers, "content-range"),
        format!("bytes 1-3/{}", WASM.len())
    );
    let script = format!("{HASHED}.js");
    let part = [("range", "bytes=0-5"), ("accept-encoding", "gzip, br")];
    let (status, headers, body) = site.ask(&script, &part).await;
    assert_eq!(
        (status, &body[..]),
        (StatusCode::PARTIAL_CONTENT, &b"export"[..])
    );
    assert_eq!(text(&headers, "content-encoding"), "");
}

#[tokio::test]
async fn what_is_not_there_is_not_kept() {
    let site = Site::open(true);
    let (status, headers, body) = site.ask("/pkg/app.AAAAAAAAAAAAAAAAAAAAAA.js", &[]).await;
    assert_eq!((status, body.len()), (StatusCode::NOT_FOUND, 0));
    assert_eq!(text(&headers, "cache-control"), "");
    for path in [
        "/pkg/../../Cargo.toml",
        "/pkg/%2e%2e/%2e%2e/Cargo.toml",
        "/pkg/",
    ] {
        let (status, ..) = site.ask(path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn names_that_stay_are_asked_about_again() {
    let site = Site::open(true);
    let (_, headers, _) = site.ask("/pkg/app.js", &[]).await;
    assert_eq!(text(&headers, "cache-control"), "public, no-cache");
    let (_, headers, body) = site.ask("/icon.svg", &[("accept-encoding", "br")]).await;
    assert_eq!(body, b"<svg/>");
    assert_eq!(text(&headers, "cache-control"), "public, max-age=300");
    assert_eq!(text(&headers, "content-type"), "image/svg+xml");
}
