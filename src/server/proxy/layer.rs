//! The proxy in front of a router.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::Response;
use tower::{Layer, Service};

use super::FrontendApiProxy;

/// Answers what is below the proxy's path, and lets everything else through. Put it around the layer that authenticates.
#[derive(Clone, Debug)]
pub struct FrontendApiProxyLayer {
    proxy: FrontendApiProxy,
}

impl FrontendApiProxyLayer {
    pub(super) fn new(proxy: FrontendApiProxy) -> Self {
        Self { proxy }
    }
}

impl<S> Layer<S> for FrontendApiProxyLayer {
    type Service = FrontendApiProxyService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        FrontendApiProxyService {
            inner,
            proxy: self.proxy.clone(),
        }
    }
}

/// The service of [`FrontendApiProxyLayer`].
#[derive(Clone, Debug)]
pub struct FrontendApiProxyService<S> {
    inner: S,
    proxy: FrontendApiProxy,
}

impl<S> Service<Request> for FrontendApiProxyService<S>
where
    S: Service<Request, Response = Response>,
    S::Future: Send + 'static,
    S::Error: 'static,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if self.proxy.matches(request.uri().path()) {
            let proxy = self.proxy.clone();
            return Box::pin(async move { Ok(proxy.forward(request).await) });
        }
        Box::pin(self.inner.call(request))
    }
}
