//! When a person last proved each factor.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fields::Fields;

/// The resolution of the `fva` claim.
const MINUTE_MS: i64 = 60_000;

/// When the first and the second factor were last verified.
///
/// Clerk's `fva` claim gives *ages in minutes at the moment of issue*, which differ from token to token. What stays the same
/// is the moment of the verification, so that is what is kept, reconstructed from the issue time.
///
/// The claim is cut to whole minutes, so the moment is known to within one minute; two values that lie less than a minute
/// apart are **equal** (which makes equality deliberately not transitive, hence no `Eq`). A renewed token thus never
/// looks like a change, and a new verification does, unless the last one is itself just seconds old.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct FactorVerificationAge {
    /// Unix milliseconds; `None` when the factor is not enrolled.
    #[serde(rename = "first")]
    first_factor: Option<i64>,
    #[serde(rename = "second")]
    second_factor: Option<i64>,
}

impl FactorVerificationAge {
    /// Reads what serde has written.
    pub(super) fn read(fields: Fields<'_>) -> Self {
        Self {
            first_factor: fields.integer("first"),
            second_factor: fields.integer("second"),
        }
    }

    /// Reads the claim `[minutes since the first factor, minutes since the second]`, where −1 means not enrolled, of a
    /// token issued at `issued_at_ms`. `None` when the claim has another shape: then nothing is known.
    #[must_use]
    pub fn from_claim(claim: &Value, issued_at_ms: i64) -> Option<Self> {
        let [first, second] = claim.as_array()?.as_slice() else {
            return None;
        };
        Some(Self {
            first_factor: verified_at(first, issued_at_ms)?,
            second_factor: verified_at(second, issued_at_ms)?,
        })
    }

    /// Minutes since the first factor was verified, at `now_ms` in unix milliseconds; `None` when it is not enrolled.
    #[must_use]
    pub fn first_factor_minutes(&self, now_ms: i64) -> Option<f64> {
        self.first_factor.map(|at| minutes_between(at, now_ms))
    }

    /// Minutes since the second factor was verified, at `now_ms` in unix milliseconds; `None` when it is not enrolled.
    #[must_use]
    pub fn second_factor_minutes(&self, now_ms: i64) -> Option<f64> {
        self.second_factor.map(|at| minutes_between(at, now_ms))
    }
}

impl PartialEq for FactorVerificationAge {
    fn eq(&self, other: &Self) -> bool {
        let same = |a: Option<i64>, b: Option<i64>| match (a, b) {
            (Some(a), Some(b)) => a.abs_diff(b) < MINUTE_MS.unsigned_abs(),
            (None, None) => true,
            _ => false,
        };
        same(self.first_factor, other.first_factor) && same(self.second_factor, other.second_factor)
    }
}

/// The outer option says whether the age is well formed, the inner one whether the factor is enrolled.
#[allow(
    clippy::cast_possible_truncation,
    reason = "saturating is right for ages beyond the range"
)]
#[allow(clippy::option_option, reason = "two different absences")]
fn verified_at(age: &Value, issued_at_ms: i64) -> Option<Option<i64>> {
    let minutes = age.as_f64()?;
    if minutes == -1.0 {
        return Some(None);
    }
    // A fraction of a minute never rounds towards younger.
    (minutes >= 0.0).then(|| Some(issued_at_ms.saturating_sub((minutes * 60_000.0).ceil() as i64)))
}

#[allow(
    clippy::cast_precision_loss,
    reason = "milliseconds of a lifetime are exact in an f64"
)]
fn minutes_between(at: i64, now_ms: i64) -> f64 {
    now_ms.saturating_sub(at).max(0) as f64 / 60_000.0
}
