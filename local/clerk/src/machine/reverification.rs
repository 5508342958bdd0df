//! Proving again, within a session, who one is.

use serde::{Deserialize, Serialize};

use super::verification::Verification;
use crate::clock::Millis;
use crate::error::Code;

/// What has to be proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    First,
    /// The second factor; who has none proves the first.
    Second,
    /// Both; who has no second proves the first.
    Both,
}

impl Level {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "first_factor" => Some(Self::First),
            "second_factor" => Some(Self::Second),
            "multi_factor" => Some(Self::Both),
            _ => None,
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::First => "first_factor",
            Self::Second => "second_factor",
            Self::Both => "multi_factor",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReverificationStatus {
    NeedsFirstFactor,
    NeedsSecondFactor,
    Complete,
}

impl ReverificationStatus {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::NeedsFirstFactor => "needs_first_factor",
            Self::NeedsSecondFactor => "needs_second_factor",
            Self::Complete => "complete",
        }
    }
}

/// The state of one reverification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reverification {
    pub(crate) level: Level,
    pub(crate) status: ReverificationStatus,
    pub(crate) first: Option<Verification>,
    pub(crate) second: Option<Verification>,
    /// Whether the account has a second factor.
    has_second: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Event<'a> {
    /// The person asks for a code to this address.
    SendCode {
        email_address_id: &'a str,
        code: &'a str,
    },
    /// The person gave a password, which was compared with the account's.
    CheckPassword { correct: bool },
    /// The person gave a code that was sent.
    CheckCode { code: &'a str },
    /// The person gave a code of an authenticator app or a backup code, which was checked.
    CheckSecondFactor { strategy: &'a str, correct: bool },
}

impl Reverification {
    pub(crate) fn new(level: Level, has_second: bool) -> Self {
        let status = if level == Level::Second && has_second {
            ReverificationStatus::NeedsSecondFactor
        } else {
            ReverificationStatus::NeedsFirstFactor
        };
        Self {
            level,
            status,
            first: None,
            second: None,
            has_second,
        }
    }

    /// What `event` makes of it. The state is to be kept also when the step is refused: tries are counted.
    pub(crate) fn step(mut self, event: Event<'_>, now: Millis) -> (Self, Result<(), Code>) {
        let expected = match event {
            Event::CheckSecondFactor { .. } => ReverificationStatus::NeedsSecondFactor,
            _ => ReverificationStatus::NeedsFirstFactor,
        };
        if self.status != expected {
            return (self, Err(Code::SessionReverificationMissing));
        }
        match event {
            Event::SendCode {
                email_address_id,
                code,
            } => {
                let sent = Verification::sent("email_code", Some(email_address_id), code, now);
                self.first = Some(sent);
                (self, Ok(()))
            }
            Event::CheckPassword { correct: false } => (self, Err(Code::FormPasswordIncorrect)),
            Event::CheckPassword { correct: true } => {
                self.first = Some(Verification::verified("password"));
                self.first_factor_done()
            }
            Event::CheckCode { code } => {
                let Some(first) = self.first.take() else {
                    return (self, Err(Code::VerificationNotSent));
                };
                let (first, result) = first.attempt(code, now);
                self.first = Some(first);
                match result {
                    Ok(()) => self.first_factor_done(),
                    Err(code) => (self, Err(code)),
                }
            }
            Event::CheckSecondFactor { correct: false, .. } => (self, Err(Code::FormCodeIncorrect)),
            Event::CheckSecondFactor {
                strategy,
                correct: true,
            } => {
                self.second = Some(Verification::verified(strategy));
                self.status = ReverificationStatus::Complete;
                (self, Ok(()))
            }
        }
    }

    fn first_factor_done(mut self) -> (Self, Result<(), Code>) {
        self.status = if self.level == Level::Both && self.has_second {
            ReverificationStatus::NeedsSecondFactor
        } else {
            ReverificationStatus::Complete
        };
        (self, Ok(()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_has_no_second_factor_proves_the_first() {
        for level in [Level::First, Level::Second, Level::Both] {
            let state = Reverification::new(level, false);
            assert_eq!(state.status, ReverificationStatus::NeedsFirstFactor);
            let (state, result) = state.step(Event::CheckPassword { correct: true }, 0);
            assert_eq!(result, Ok(()));
            assert_eq!(state.status, ReverificationStatus::Complete, "{level:?}");
        }
    }

    proptest! {
        #[test]
        fn it_completes_only_with_what_its_level_asks_for(
            moves in prop::collection::vec((0..4_u8, any::<bool>()), 0..12), level in 0..3_u8, has_second: bool
        ) {
            let level = [Level::First, Level::Second, Level::Both][usize::from(level)];
            let mut state = Reverification::new(level, has_second);
            let (mut first, mut second) = (false, false);
            for (kind, right) in moves {
                let code = if right { "123456" } else { "000000" };
                let event = match kind {
                    0 => Event::SendCode { email_address_id: "idn_1", code: "123456" },
                    1 => Event::CheckPassword { correct: right },
                    2 => Event::CheckCode { code },
                    _ => Event::CheckSecondFactor { strategy: "totp", correct: right },
                };
                let (next, result) = state.step(event, 1);
                state = next;
                if result.is_ok() && right {
                    first |= matches!(kind, 1 | 2);
                    second |= kind == 3;
                }
            }
            if state.status == ReverificationStatus::Complete {
                let needs_second = has_second && level != Level::First;
                let needs_first = !needs_second || level == Level::Both;
                prop_assert!(!needs_first || first);
                prop_assert!(!needs_second || second);
            }
        }
    }
}
