//! Time as the deployment sees it, so that tests can move it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// The longest sleep in one piece: a machine's clock may be set meanwhile.
const NAP: Duration = Duration::from_secs(60);

/// Where a deployment reads the time from.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Manual(Arc<watch::Sender<u64>>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until [`Clock::advance`] moves it; clones share the time.
    pub fn manual(start: SystemTime) -> Self {
        Self(Source::Manual(Arc::new(watch::Sender::new(since_epoch(
            start,
        )))))
    }

    /// Moves a manual clock forward. A system clock stays as it is.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(time) = &self.0 {
            time.send_modify(|time| *time += nanoseconds_of(by));
        }
    }

    /// Nanoseconds since the Unix epoch: what commit timestamps are made of.
    pub(crate) fn nanoseconds(&self) -> u64 {
        match &self.0 {
            Source::System => since_epoch(SystemTime::now()),
            Source::Manual(time) => *time.borrow(),
        }
    }

    /// Milliseconds since the Unix epoch with their fraction: the unit of `_creationTime`.
    pub(crate) fn milliseconds(&self) -> f64 {
        self.nanoseconds() as f64 / 1e6
    }

    /// Waits until this clock shows a time.
    pub(crate) async fn sleep_until(&self, milliseconds: f64) {
        match &self.0 {
            Source::System => loop {
                let left = (milliseconds - self.milliseconds()) / 1000.0;
                if left <= 0.0 {
                    return;
                }
                let left = Duration::try_from_secs_f64(left).unwrap_or(NAP);
                tokio::time::sleep(left.min(NAP)).await;
            },
            Source::Manual(time) => {
                let is_reached = |time: &u64| *time as f64 / 1e6 >= milliseconds;
                // The sender is `self`, so it is there.
                let _ = time.subscribe().wait_for(is_reached).await;
            }
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Clock::system",
            Source::Manual(_) => "Clock::manual",
        })
    }
}

fn since_epoch(time: SystemTime) -> u64 {
    nanoseconds_of(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

fn nanoseconds_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
