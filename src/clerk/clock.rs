//! The server's time, on a device whose clock may be wrong.

/// By how much this device's clock is ahead of the server's, as far as that can be told.
///
/// What is measured includes the time that something was on its way, so the estimate errs towards tokens that live a little
/// longer; whoever uses one after its end is told so by the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ServerClock {
    /// Negative when it is behind.
    pub(super) ahead_ms: i64,
    measured: bool,
    newest_token_ms: i64,
}

impl ServerClock {
    /// The page says when the server rendered it.
    pub(super) fn page_rendered(&mut self, rendered_at_ms: i64, now_ms: i64) {
        self.ahead_ms = now_ms.saturating_sub(rendered_at_ms);
        self.measured = true;
    }

    /// A token arrived. The first may have been kept for a while; one that is newer than all before was issued just now, and
    /// corrects a clock that has been set meanwhile.
    pub(super) fn token_issued(&mut self, issued_at_ms: i64, now_ms: i64) {
        if issued_at_ms <= self.newest_token_ms {
            return;
        }
        let ahead_ms = now_ms.saturating_sub(issued_at_ms);
        let is_first = self.newest_token_ms == 0;
        if !is_first || !self.measured || ahead_ms < self.ahead_ms {
            self.ahead_ms = ahead_ms;
            self.measured = true;
        }
        self.newest_token_ms = issued_at_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::ServerClock;

    const SERVER: i64 = 1_700_000_000_000;
    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_wrong_clock_is_seen_through_by_the_page_and_by_each_new_token() {
        let mut clock = ServerClock::default();
        clock.page_rendered(SERVER, SERVER + HOUR + 200);
        assert_eq!(clock.ahead_ms, HOUR + 200);
        // The token of the cookie is older than the page, and says nothing new.
        clock.token_issued(SERVER - 40_000, SERVER + HOUR + 900);
        assert_eq!(clock.ahead_ms, HOUR + 200);
        // The clock was put right.
        clock.token_issued(SERVER + 10_000, SERVER + 10_300);
        assert_eq!(clock.ahead_ms, 300);
        // The same token again, later.
        clock.token_issued(SERVER + 10_000, SERVER + 40_000);
        assert_eq!(clock.ahead_ms, 300);
    }

    #[test]
    fn a_clock_that_is_behind_is_seen_through_too() {
        let mut clock = ServerClock::default();
        clock.token_issued(SERVER, SERVER - HOUR);
        assert_eq!(clock.ahead_ms, -HOUR);
    }
}
