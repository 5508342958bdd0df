//! Threads that run queries and mutations, each with a JavaScript engine of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};
use tokio::sync::oneshot;

use super::{CallError, Code};
use crate::runtime::{Engine, Limits};

/// How many calls may wait for a thread.
const WAITING: usize = 20_000;

type Job = Box<dyn FnOnce(&mut Worker) + Send>;

pub(super) struct Workers {
    jobs: Sender<Job>,
}

/// What a job finds on its thread.
pub(super) struct Worker {
    engine: Option<(u64, Engine)>,
    limits: Limits,
}

impl Workers {
    /// Starts the threads; they end when `Workers` is dropped.
    pub(super) fn start(limits: &Limits) -> Self {
        let (jobs, waiting) = bounded::<Job>(WAITING);
        // A function that loops for its whole second must not keep the others from running.
        let count = thread::available_parallelism().map_or(4, |cores| (cores.get() * 2).max(4));
        for number in 0..count {
            let waiting = waiting.clone();
            let limits_of_thread = *limits;
            let started = thread::Builder::new()
                .name(format!("convex-function-{number}"))
                .stack_size(super::thread_stack(limits))
                // An engine belongs to its thread.
                .spawn(move || {
                    let worker = Worker {
                        engine: None,
                        limits: limits_of_thread,
                    };
                    worker.work(&waiting);
                });
            if let Err(error) = started {
                tracing::error!(%error, "a thread for functions could not be started");
            }
        }
        Self { jobs }
    }

    /// Runs `work` on one of the threads.
    pub(super) async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Worker) -> R + Send + 'static,
    ) -> Result<R, CallError> {
        let (done, result) = oneshot::channel();
        let job: Job = Box::new(move |worker| {
            // Nobody waits any more when the receiver is gone.
            let _ = done.send(work(worker));
        });
        self.jobs.try_send(job).map_err(|error| match error {
            crossbeam_channel::TrySendError::Full(_) => CallError::Overloaded,
            crossbeam_channel::TrySendError::Disconnected(_) => CallError::Stopping,
        })?;
        result
            .await
            .map_err(|_| CallError::Internal("the thread of the call ended".to_owned()))
    }
}

impl Worker {
    fn work(mut self, waiting: &Receiver<Job>) {
        while let Ok(job) = waiting.recv() {
            if catch_unwind(AssertUnwindSafe(|| job(&mut self))).is_err() {
                tracing::error!(
                    "a call brought its thread's engine down; the thread goes on with another"
                );
                self.engine = None;
            }
        }
    }

    /// The engine for this code.
    pub(super) fn engine(&mut self, code: &Arc<Code>) -> &Engine {
        // The old engine's memory goes before the new one's comes.
        self.engine.take_if(|(version, _)| *version != code.version);
        let (_, engine) = self.engine.get_or_insert_with(|| {
            let engine = Engine::new(Arc::clone(&code.bundle), self.limits);
            (code.version, engine)
        });
        engine
    }
}
