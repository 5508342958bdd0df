//! The way to what providers publish.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use url::Url;

/// A person waits behind this.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Key sets have a few kilobytes.
const MAXIMUM_BYTES: usize = 1 << 20;

/// A future on the heap, as a trait's method returns it.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Document {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum NoAnswer {
    #[error("no answer within 5 seconds")]
    TimedOut,
    #[error("the answer is larger than a megabyte")]
    TooLarge,
    #[error("{0}")]
    Unreachable(String),
}

/// Gets public documents.
pub(crate) trait Documents: Send + Sync + 'static {
    fn get(&self, url: Url) -> BoxFuture<'_, Result<Document, NoAnswer>>;
}

impl Documents for reqwest::Client {
    fn get(&self, url: Url) -> BoxFuture<'_, Result<Document, NoAnswer>> {
        Box::pin(async move {
            let request = reqwest::Client::get(self, url).timeout(TIMEOUT);
            let answer = request.header("accept", "application/json").send();
            read(answer.await.map_err(reason)?).await
        })
    }
}

async fn read(mut answer: reqwest::Response) -> Result<Document, NoAnswer> {
    let mut document = Document {
        status: answer.status().as_u16(),
        content_type: answer
            .headers()
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        body: Vec::new(),
    };
    while let Some(chunk) = answer.chunk().await.map_err(reason)? {
        if document.body.len() + chunk.len() > MAXIMUM_BYTES {
            return Err(NoAnswer::TooLarge);
        }
        document.body.extend_from_slice(&chunk);
    }
    Ok(document)
}

fn reason(error: reqwest::Error) -> NoAnswer {
    if error.is_timeout() {
        return NoAnswer::TimedOut;
    }
    // The last link says what happened ("connection refused"), the first only that something did.
    let mut innermost: &dyn std::error::Error = &error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    NoAnswer::Unreachable(innermost.to_string())
}
