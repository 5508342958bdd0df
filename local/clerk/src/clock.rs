//! Time as the instance sees it, so that tests can move it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since the Unix epoch: the unit of every time in Clerk's JSON except token claims.
pub(crate) type Millis = i64;

pub(crate) const MINUTE: Millis = 60_000;
pub(crate) const HOUR: Millis = 60 * MINUTE;
pub(crate) const DAY: Millis = 24 * HOUR;

/// Where an instance reads the time from.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    System,
    Shifted(Millis),
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// The machine's clock, as one that goes wrong by `seconds` shows it: ahead when positive, behind when negative.
    ///
    /// ```
    /// use local_clerk::Clock;
    /// use std::time::{Duration, SystemTime};
    ///
    /// assert!(Clock::shifted(3600).now() > SystemTime::now() + Duration::from_secs(3500));
    /// ```
    pub fn shifted(seconds: i64) -> Self {
        Self(Source::Shifted(seconds.saturating_mul(1000)))
    }

    /// A clock that stands still until [`Clock::advance`] moves it; clones share the time.
    ///
    /// ```
    /// use local_clerk::Clock;
    /// use std::time::{Duration, UNIX_EPOCH};
    ///
    /// let clock = Clock::manual(UNIX_EPOCH);
    /// clock.clone().advance(Duration::from_secs(61));
    /// assert_eq!(clock.now(), UNIX_EPOCH + Duration::from_secs(61));
    /// ```
    pub fn manual(start: SystemTime) -> Self {
        let elapsed = start.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(Source::Manual(Arc::new(AtomicI64::new(millis_of(elapsed)))))
    }

    /// Moves a manual clock forward. The others stay as they are.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(time) = &self.0 {
            time.fetch_add(millis_of(by), Ordering::SeqCst);
        }
    }

    /// The current time.
    pub fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(u64::try_from(self.millis()).unwrap_or_default())
    }

    pub(crate) fn millis(&self) -> Millis {
        match &self.0 {
            Source::System => system_millis(),
            Source::Shifted(by) => system_millis().saturating_add(*by),
            Source::Manual(time) => time.load(Ordering::SeqCst),
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
            Source::Shifted(_) => "Clock::shifted",
            Source::Manual(_) => "Clock::manual",
        })
    }
}

fn system_millis() -> Millis {
    millis_of(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default(),
    )
}

fn millis_of(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}
