//! Files over the deployment's own HTTP surface: from an upload address to a deleted file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

mod support;

use local_convex::LocalConvex;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use support::{Project, call, try_call};

const FILES: &str = r#"
import { action, mutation, query } from "./_generated/server";
export const address = mutation(async (ctx) => await ctx.storage.generateUploadUrl());
export const url = query(async (ctx, { id }) => await ctx.storage.getUrl(id));
export const metadata = query(async (ctx, { id }) => await ctx.db.system.get(id));
export const remove = mutation(async (ctx, { id }) => await ctx.storage.delete(id));
export const removeAndFail = mutation(async (ctx, { id }) => {
  await ctx.storage.delete(id);
  throw new Error("on purpose");
});
export const copy = action(async (ctx, { id }) => {
  const blob = await ctx.storage.get(id);
  const text = await blob.text();
  const copied = await ctx.storage.store(new Blob([text.toUpperCase()], { type: "text/x-loud" }));
  return [text, blob.type, copied];
});
"#;

fn project() -> Project {
    Project::new(&[("files.js", FILES)])
}

async fn upload(convex: &LocalConvex, bytes: &'static str) -> Value {
    let address = call(convex, "mutation", "files:address", json!({})).await;
    let response = Client::new()
        .post(address.as_str().unwrap())
        .header("content-type", "text/plain")
        .body(bytes)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let mut answer: Value = response.json().await.unwrap();
    answer["storageId"].take()
}

async fn url(convex: &LocalConvex, id: &Value) -> Value {
    call(convex, "query", "files:url", json!({ "id": id })).await
}

async fn stored_files_are_served(convex: &LocalConvex) {
    let id = upload(convex, "hello, file").await;
    let url = url(convex, &id).await;
    let url = url.as_str().unwrap();
    assert!(url.starts_with(convex.url()), "{url}");
    assert!(!url.contains(id.as_str().unwrap()), "{url}");

    let response = reqwest::get(url).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/plain");
    assert_eq!(response.headers()["content-length"], "11");
    assert_eq!(response.text().await.unwrap(), "hello, file");

    let part = Client::new().get(url).header("range", "bytes=7-");
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()["content-range"], "bytes 7-10/11");
    assert_eq!(part.text().await.unwrap(), "file");

    let metadata = call(convex, "query", "files:metadata", json!({ "id": id })).await;
    assert_eq!(metadata["size"], 11.0);
    assert_eq!(metadata["contentType"], "text/plain");
    assert_eq!(
        metadata["sha256"],
        "RETQdRgnqfR4PrqPy8RPICJdBoBQtIMQhQtwK0z7690="
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_uploaded_and_served_from_memory() {
    stored_files_are_served(&project().start().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_file_is_gone_unless_its_mutation_failed() {
    let convex = project().start().await;
    let id = upload(&convex, "for a while").await;
    let url = url(&convex, &id).await;
    let url = url.as_str().unwrap();
    let arguments = json!({ "id": id });

    let failed = try_call(
        &convex,
        "mutation",
        "files:removeAndFail",
        arguments.clone(),
    )
    .await;
    assert_eq!(failed["status"], "error");
    assert_eq!(reqwest::get(url).await.unwrap().status(), StatusCode::OK);

    call(&convex, "mutation", "files:remove", arguments.clone()).await;
    let gone = reqwest::get(url).await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    for path in ["files:url", "files:metadata"] {
        let value = call(&convex, "query", path, arguments.clone()).await;
        assert_eq!(value, Value::Null, "{path}");
    }
    let again = try_call(&convex, "mutation", "files:remove", arguments).await;
    assert_eq!(again["status"], "error");
}

#[tokio::test(flavor = "multi_thread")]
async fn actions_read_and_store_blobs() {
    let convex = project().start().await;
    let id = upload(&convex, "quiet").await;
    let copied = call(&convex, "action", "files:copy", json!({ "id": id })).await;
    assert_eq!(
        (&copied[0], &copied[1]),
        (&json!("quiet"), &json!("text/plain"))
    );
    let url = url(&convex, &copied[2]).await;
    let response = reqwest::get(url.as_str().unwrap()).await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/x-loud");
    assert_eq!(response.text().await.unwrap(), "QUIET");
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_need_a_token_and_the_right_digest() {
    let convex = project().start().await;
    let address = call(&convex, "mutation", "files:address", json!({})).await;
    let address = address.as_str().unwrap();
    let post = |address: String, digest: Option<&'static str>| async move {
        let request = Client::new().post(address).body("hello, file");
        let request = digest.into_iter().fold(request, |request, digest| {
            request.header("digest", format!("sha-256={digest}"))
        });
        request.send().await.unwrap().status()
    };
    assert_eq!(
        post(format!("{address}x"), None).await,
        StatusCode::UNAUTHORIZED
    );
    let other = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    assert_eq!(
        post(address.to_owned(), Some(other)).await,
        StatusCode::BAD_REQUEST
    );
    let right = "RETQdRgnqfR4PrqPy8RPICJdBoBQtIMQhQtwK0z7690=";
    assert_eq!(post(address.to_owned(), Some(right)).await, StatusCode::OK);
    let nobody = format!(
        "{}/api/storage/00000000-0000-4000-8000-000000000000",
        convex.url()
    );
    let status = reqwest::get(nobody).await.unwrap().status();
    assert_eq!(status, StatusCode::NOT_FOUND);
}
