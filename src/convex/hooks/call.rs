//! A call on its way.

use std::{
    fmt,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use futures_channel::oneshot;
use serde::de::DeserializeOwned;

use crate::convex::{RequestError, values::EncodedValue};

/// A mutation or an action that has been called. It runs whether or not anybody waits for it.
pub struct PendingCall<O> {
    state: State,
    output: PhantomData<fn() -> O>,
}

enum State {
    Waiting(oneshot::Receiver<Result<EncodedValue, RequestError>>),
    Failed(RequestError),
    Finished,
}

impl<O> PendingCall<O> {
    pub(super) fn new(
        call: Result<oneshot::Receiver<Result<EncodedValue, RequestError>>, RequestError>,
    ) -> Self {
        Self {
            state: call.map_or_else(State::Failed, State::Waiting),
            output: PhantomData,
        }
    }
}

impl<O> fmt::Debug for PendingCall<O> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PendingCall")
            .finish_non_exhaustive()
    }
}

impl<O: DeserializeOwned> Future for PendingCall<O> {
    type Output = Result<O, RequestError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match std::mem::replace(&mut self.state, State::Finished) {
            State::Failed(error) => Poll::Ready(Err(error)),
            State::Waiting(mut receiver) => match Pin::new(&mut receiver).poll(context) {
                Poll::Pending => {
                    self.state = State::Waiting(receiver);
                    Poll::Pending
                }
                Poll::Ready(Ok(result)) => {
                    Poll::Ready(result.and_then(|value| Ok(value.decode()?)))
                }
                Poll::Ready(Err(oneshot::Canceled)) => Poll::Ready(Err(closed())),
            },
            State::Finished => Poll::Ready(Err(closed())),
        }
    }
}

fn closed() -> RequestError {
    RequestError::Terminated("the client was closed".to_owned())
}
