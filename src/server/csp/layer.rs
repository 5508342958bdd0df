//! The policy on its way through a router.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use tower::{Layer, Service};

use super::ContentSecurityPolicy;

/// The nonce of one request: 16 random bytes, in base64. It is in the request's extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CspNonce(Arc<str>);

impl CspNonce {
    /// A new nonce; `None` when the system gives no randomness, and then a script must not run.
    #[must_use]
    pub fn random() -> Option<Self> {
        let mut bytes = [0; 16];
        aws_lc_rs::rand::fill(&mut bytes).ok()?;
        Some(Self(STANDARD.encode(bytes).into()))
    }

    /// The text, for a script's `nonce` attribute.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Puts the request's nonce into Leptos' context, so that its scripts carry it. Nothing happens without the layer.
///
/// Call it where routes are rendered, in the context function of `leptos_routes_with_context` or
/// `render_app_to_stream_with_context`.
pub fn provide_csp_nonce() {
    let nonce = leptos::prelude::use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<CspNonce>().cloned());
    if let Some(nonce) = nonce {
        leptos::prelude::provide_context(leptos::nonce::Nonce::from_value(nonce.0));
    }
}

/// Adds a [`ContentSecurityPolicy`] to every response.
#[derive(Clone, Debug)]
pub struct ContentSecurityPolicyLayer {
    policy: ContentSecurityPolicy,
}

impl ContentSecurityPolicyLayer {
    pub(super) fn new(policy: ContentSecurityPolicy) -> Self {
        Self { policy }
    }
}

impl<S> Layer<S> for ContentSecurityPolicyLayer {
    type Service = CspService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        CspService {
            inner,
            policy: self.policy.clone(),
        }
    }
}

/// The service of [`ContentSecurityPolicyLayer`].
#[derive(Clone, Debug)]
pub struct CspService<S> {
    inner: S,
    policy: ContentSecurityPolicy,
}

impl<S> Service<Request> for CspService<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        // Without randomness the nonce is one that no script carries.
        let nonce = CspNonce::random().unwrap_or_else(|| CspNonce("unavailable".into()));
        // Nobody outside chooses the nonce.
        request.headers_mut().remove("x-nonce");
        request.extensions_mut().insert(nonce.clone());
        let policy = self.policy.clone();
        // The service that was polled ready is the one to call; its clone waits for its own turn.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let mut response = inner.call(request).await?;
            for (name, value) in policy.headers(&nonce) {
                response.headers_mut().insert(name, value);
            }
            Ok(response)
        })
    }
}
