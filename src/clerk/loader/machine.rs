//! The transition function of the loader.

use std::time::Duration;

use crate::clerk::{ClerkFailure, ClerkStatus};

/// How often the script is asked for before the loader gives up.
const ATTEMPTS: u32 = 5;
/// The pause before the second attempt; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// How long one attempt may take before it counts as failed: a host that hangs must not hang the page.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);

/// Something that happened while ClerkJS was being loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoaderEvent {
    /// ClerkJS is needed: the page is idle and somebody is signed in, or a control that needs it was used.
    Requested,
    /// The script element fired `load`.
    ScriptRan {
        /// Whether `window.Clerk` exists now. A refused key leaves it undefined although the script ran.
        clerk_exists: bool,
    },
    /// There is no key to load it with.
    NotConfigured,
    /// The script element of this attempt fired `error`.
    ScriptFailed {
        /// The attempt it belonged to, from 1.
        attempt: u32,
    },
    /// The time that [`LoaderEffect::TimeOutAfter`] set for this attempt is over.
    TimedOut {
        /// The attempt it belonged to, from 1.
        attempt: u32,
    },
    /// The pause that [`LoaderEffect::RetryAfter`] asked for is over.
    PauseOver,
    /// `Clerk.load()` resolved, or `Clerk.status` changed later.
    StatusChanged {
        /// Whether `Clerk.loaded` is true.
        loaded: bool,
        /// Whether `Clerk.status` is `degraded`.
        degraded: bool,
    },
    /// `Clerk.load()` was rejected.
    LoadRejected {
        /// The code or message of the error.
        detail: String,
    },
}

/// What the adapter has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoaderEffect {
    /// Put the script element for this attempt (from 1) into the document, removing the one of an earlier attempt.
    InjectScript {
        /// The attempt, from 1.
        attempt: u32,
    },
    /// Send [`LoaderEvent::TimedOut`] for this attempt after this time.
    TimeOutAfter {
        /// The attempt, from 1.
        attempt: u32,
        /// How long it may take.
        after: Duration,
    },
    /// Send [`LoaderEvent::PauseOver`] after this time.
    RetryAfter(Duration),
    /// Call `Clerk.load()`.
    CallLoad,
}

/// The loader's state.
#[derive(Clone, Debug, Default)]
pub struct Loader {
    phase: Phase,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Idle,
    Fetching {
        attempt: u32,
    },
    Pausing {
        attempt: u32,
    },
    Starting,
    Running {
        degraded: bool,
    },
    Failed(ClerkFailure),
}

impl Loader {
    /// The status as the rest of the library shows it.
    #[must_use]
    pub fn status(&self) -> ClerkStatus {
        match &self.phase {
            Phase::Idle => ClerkStatus::Idle,
            Phase::Fetching { .. } | Phase::Pausing { .. } | Phase::Starting => {
                ClerkStatus::Loading
            }
            Phase::Running { degraded: false } => ClerkStatus::Ready,
            Phase::Running { degraded: true } => ClerkStatus::Degraded,
            Phase::Failed(failure) => ClerkStatus::Failed(failure.clone()),
        }
    }

    /// Takes one event and says what is to be done.
    pub fn handle(&mut self, event: LoaderEvent) -> Vec<LoaderEffect> {
        match (&self.phase, event) {
            // Asking again after a failure is the retry that the person or the `online` event starts.
            (Phase::Idle | Phase::Failed(_), LoaderEvent::Requested) => self.fetch(1),
            (Phase::Pausing { attempt }, LoaderEvent::PauseOver) => {
                let attempt = *attempt;
                self.fetch(attempt)
            }
            (Phase::Fetching { .. }, LoaderEvent::ScriptRan { clerk_exists: true }) => {
                self.phase = Phase::Starting;
                vec![LoaderEffect::CallLoad]
            }
            (
                Phase::Fetching { .. },
                LoaderEvent::ScriptRan {
                    clerk_exists: false,
                },
            ) => self.fail(ClerkFailure::PublishableKeyRefused),
            (
                Phase::Fetching { attempt },
                LoaderEvent::ScriptFailed { attempt: failed }
                | LoaderEvent::TimedOut { attempt: failed },
            ) if failed == *attempt => {
                let attempt = *attempt;
                self.pause_after(attempt)
            }
            (Phase::Fetching { .. }, LoaderEvent::NotConfigured) => {
                self.fail(ClerkFailure::NotConfigured)
            }
            (
                Phase::Starting | Phase::Running { .. },
                LoaderEvent::StatusChanged {
                    loaded: true,
                    degraded,
                },
            ) => {
                self.phase = Phase::Running { degraded };
                vec![]
            }
            // Under automation `load()` can resolve without having loaded anything: that is a failure, not a success.
            (Phase::Starting, LoaderEvent::StatusChanged { loaded: false, .. }) => {
                self.fail(ClerkFailure::LoadRejected {
                    detail: "load() resolved without a client".to_owned(),
                })
            }
            (Phase::Starting, LoaderEvent::LoadRejected { detail }) => {
                self.fail(ClerkFailure::LoadRejected { detail })
            }
            _ => vec![],
        }
    }

    fn fetch(&mut self, attempt: u32) -> Vec<LoaderEffect> {
        self.phase = Phase::Fetching { attempt };
        vec![
            LoaderEffect::InjectScript { attempt },
            LoaderEffect::TimeOutAfter {
                attempt,
                after: ATTEMPT_TIMEOUT,
            },
        ]
    }

    fn pause_after(&mut self, attempt: u32) -> Vec<LoaderEffect> {
        if attempt >= ATTEMPTS {
            return self.fail(ClerkFailure::FailedToLoadClerkJs);
        }
        self.phase = Phase::Pausing {
            attempt: attempt + 1,
        };
        vec![LoaderEffect::RetryAfter(
            FIRST_PAUSE * 2_u32.pow(attempt - 1),
        )]
    }

    fn fail(&mut self, failure: ClerkFailure) -> Vec<LoaderEffect> {
        self.phase = Phase::Failed(failure);
        vec![]
    }
}
