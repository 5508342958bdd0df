//! Options from environment variables, for programs that open an instance.

use std::time::Duration;

use crate::clock::Clock;
use crate::options::{Data, Options};

const SESSION_TOKEN_SECONDS: &str = "LOCAL_CLERK_SESSION_TOKEN_SECONDS";
const CLOCK_OFFSET_SECONDS: &str = "LOCAL_CLERK_CLOCK_OFFSET_SECONDS";
const MULTI_SESSION: &str = "LOCAL_CLERK_MULTI_SESSION";
const FORCE_ORGANIZATION: &str = "LOCAL_CLERK_FORCE_ORGANIZATION";
const REQUIRE_SECOND_FACTOR: &str = "LOCAL_CLERK_REQUIRE_SECOND_FACTOR";
const REVERIFICATION: &str = "LOCAL_CLERK_REVERIFICATION";
const BILLING: &str = "LOCAL_CLERK_BILLING";

/// A year: more is a mistake, and would leave the range of times.
const LARGEST_OFFSET: i64 = 365 * 24 * 3600;
const LONGEST_TOKEN: u64 = 24 * 3600;

/// A variable that cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VariableError {
    /// The value has not the form that the variable needs.
    #[error("{name} is {text:?}, which is not {expected}")]
    Malformed {
        /// The variable.
        name: &'static str,
        /// What it holds.
        text: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// The variable makes data that must not be kept.
    #[error("{name} works with an instance in memory only")]
    NotInMemory {
        /// The variable.
        name: &'static str,
    },
}

impl VariableError {
    /// A stable name for the kind of error.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "variable-malformed",
            Self::NotInMemory { .. } => "variable-needs-memory",
        }
    }

    /// What the operator can do about it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "Correct the variable, or unset it for the default.",
            Self::NotInMemory { .. } => "Set LOCAL_EPHEMERAL=true as well, or unset the variable.",
        }
    }
}

impl Options {
    /// Follows the variables that `lookup` knows; what is not set stays as it is.
    ///
    /// | variable | value | |
    /// | --- | --- | --- |
    /// | `LOCAL_CLERK_SESSION_TOKEN_SECONDS` | 1 to 86400 | how long a session token is valid |
    /// | `LOCAL_CLERK_CLOCK_OFFSET_SECONDS` | whole number, may be negative | how wrong the instance's clock is; in memory only |
    /// | `LOCAL_CLERK_MULTI_SESSION` | `true`, `false` | several accounts at a time in one browser |
    /// | `LOCAL_CLERK_FORCE_ORGANIZATION` | `true`, `false` | a session is pending until an organization is chosen |
    /// | `LOCAL_CLERK_REQUIRE_SECOND_FACTOR` | `true`, `false` | a session is pending until there is a second factor |
    /// | `LOCAL_CLERK_REVERIFICATION` | `true`, `false` | sensitive changes need a factor proved within ten minutes |
    /// | `LOCAL_CLERK_BILLING` | `true`, `false` | plans, and what they grant |
    ///
    /// # Errors
    /// See [`VariableError`]. The options are then half changed and not to be used.
    ///
    /// ```
    /// use local_clerk::{Data, Options};
    ///
    /// let mut options = Options::new(Data::Memory, "http://127.0.0.1:3000");
    /// options.follow_variables(|name| (name == "LOCAL_CLERK_MULTI_SESSION").then(|| "true".to_owned()))?;
    /// assert!(!options.single_session_mode);
    /// # Ok::<(), local_clerk::VariableError>(())
    /// ```
    pub fn follow_variables(
        &mut self,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<(), VariableError> {
        let variables = Variables(&lookup);
        if let Some(seconds) = variables.number(
            SESSION_TOKEN_SECONDS,
            1..=LONGEST_TOKEN,
            "a number of seconds from 1 to 86400",
        )? {
            self.session_token_lifetime = Duration::from_secs(seconds);
        }
        let offset = variables.number(
            CLOCK_OFFSET_SECONDS,
            -LARGEST_OFFSET..=LARGEST_OFFSET,
            "a number of seconds of at most a year",
        )?;
        if let Some(seconds) = offset {
            // Records from the future would stay in the files after the clock is right again.
            if self.data != Data::Memory {
                return Err(VariableError::NotInMemory {
                    name: CLOCK_OFFSET_SECONDS,
                });
            }
            self.clock = Clock::shifted(seconds);
        }
        if let Some(several) = variables.flag(MULTI_SESSION)? {
            self.single_session_mode = !several;
        }
        for (name, option) in [
            (FORCE_ORGANIZATION, &mut self.force_organization_selection),
            (REQUIRE_SECOND_FACTOR, &mut self.require_second_factor),
            (REVERIFICATION, &mut self.reverification),
            (BILLING, &mut self.billing),
        ] {
            *option = variables.flag(name)?.unwrap_or(*option);
        }
        Ok(())
    }
}

struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn number<T: std::str::FromStr + PartialOrd>(
        &self,
        name: &'static str,
        range: std::ops::RangeInclusive<T>,
        expected: &'static str,
    ) -> Result<Option<T>, VariableError> {
        self.parse(name, expected, |text| {
            text.parse().ok().filter(|number| range.contains(number))
        })
    }

    fn flag(&self, name: &'static str) -> Result<Option<bool>, VariableError> {
        self.parse(name, "`true` or `false`", |text| match text {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        })
    }

    fn parse<T>(
        &self,
        name: &'static str,
        expected: &'static str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, VariableError> {
        // Set and empty counts as not set.
        let Some(text) = (self.0)(name).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        match parse(text.trim()) {
            Some(value) => Ok(Some(value)),
            None => Err(VariableError::Malformed {
                name,
                text,
                expected,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn follow(name: &str, value: &str) -> Result<Options, VariableError> {
        let mut options = Options::new(Data::Memory, "http://127.0.0.1:3000");
        options
            .follow_variables(|asked| (asked == name).then(|| value.to_owned()))
            .map(|()| options)
    }

    #[test]
    fn nonsense_is_named_and_never_ignored() {
        for (name, value) in [
            (SESSION_TOKEN_SECONDS, "0"),
            (SESSION_TOKEN_SECONDS, "one minute"),
            (SESSION_TOKEN_SECONDS, "-5"),
            (SESSION_TOKEN_SECONDS, "86401"),
            (CLOCK_OFFSET_SECONDS, "1.5"),
            (CLOCK_OFFSET_SECONDS, "99999999999999999999"),
            (MULTI_SESSION, "yes"),
            (FORCE_ORGANIZATION, "TRUE"),
        ] {
            let error = follow(name, value).unwrap_err();
            assert_eq!(error.reason(), "variable-malformed");
            let line = error.to_string();
            assert!(line.contains(name) && line.contains(value), "{line}");
            assert!(!line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn values_are_followed_and_empty_ones_are_not_set() {
        let options = follow(SESSION_TOKEN_SECONDS, " 20 ").unwrap();
        assert_eq!(options.session_token_lifetime, Duration::from_secs(20));
        assert!(!follow(MULTI_SESSION, "1").unwrap().single_session_mode);
        assert!(
            follow(FORCE_ORGANIZATION, "true")
                .unwrap()
                .force_organization_selection
        );
        let untouched = follow(SESSION_TOKEN_SECONDS, "").unwrap();
        assert_eq!(untouched.session_token_lifetime, Duration::from_secs(60));
    }

    #[test]
    fn a_wrong_clock_leaves_nothing_on_the_disk() {
        assert!(follow(CLOCK_OFFSET_SECONDS, "-30").is_ok());
        let mut options =
            Options::new(Data::Directory("somewhere".into()), "http://127.0.0.1:3000");
        let refused = options.follow_variables(|_| Some("30".to_owned()));
        assert_eq!(refused.unwrap_err().reason(), "variable-needs-memory");
    }
}
