//! Which requests a rule is about: path patterns in the language of Clerk's `createRouteMatcher`.
//!
//! Protection is best bound to the route itself, where it cannot drift from the router. A [`RouteMatcher`] is for rules that
//! cut across routes, and for people who bring their patterns from `clerkMiddleware`.
//!
//! ```
//! use leptos_clerk_convex::server::RouteMatcher;
//!
//! let protected = RouteMatcher::new(["/dashboard(.*)", "/teams/:team/settings"])?;
//! assert!(protected.matches("/dashboard/invoices")?);
//! assert!(protected.matches("//%64ashboard")?);
//! assert!(!protected.matches("/pricing")?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The language
//! That of path-to-regexp 6: case-insensitive, anchored at both ends, with one optional trailing `/`.
//!
//! | pattern | matches |
//! | --- | --- |
//! | `/a` | `/a`, `/A`, `/a/` |
//! | `/a/:name` | one segment |
//! | `/a/:name?` `/a/:name*` `/a/:name+` | an optional segment, any number of them, at least one |
//! | `/a/:id(\\d+)`, `/a(.*)` | a body of one's own, with or without a name |
//! | `/a{-:b}?` | a group with text of its own |
//!
//! `/a(.*)` also matches `/ab`; `/a/:rest*` does not.
//!
//! # Time
//! A request's path is hostile input. Patterns run on the `regex` crate, whose time is linear in the path. Only a look-around,
//! as in `/((?!_next).*)`, needs a backtracking engine (`fancy-regex`): there both the steps and the length of the path are
//! bounded, and a path that exceeds a bound is an **error**, answered with 400. It is not "no match", because
//! whether that would be the careful answer depends on what the caller's rule says.
//!
//! # Differences from JavaScript
//! `.` also matches line breaks: `/admin(.*)` must not let `/admin/%0A` through. Back-references are refused.

mod body;
mod normalize;
mod parse;
mod pattern;
#[cfg(test)]
mod tests;

pub use normalize::{MalformedPath, normalize_path};
pub use pattern::{InvalidPattern, PathParam, PathParams, PathPattern};

use http::StatusCode;

/// A list of patterns, of which any may match a normalised path.
///
/// An empty list matches nothing.
#[derive(Clone, Debug, Default)]
pub struct RouteMatcher {
    patterns: PathPatterns,
}

impl RouteMatcher {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// Names the first pattern that does not compile, and why.
    pub fn new<I>(patterns: I) -> Result<Self, InvalidPattern>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        PathPatterns::new(patterns).map(|patterns| Self { patterns })
    }

    /// Adds a regular expression that is searched for anywhere in the normalised path, as written: case counts, and nothing
    /// is anchored.
    ///
    /// # Errors
    /// When it does not compile.
    pub fn or_regex(mut self, regex: &str) -> Result<Self, InvalidPattern> {
        self.patterns.0.push(PathPattern::from_regex(regex)?);
        Ok(self)
    }

    /// Whether any pattern matches `path`, the path of a request as it came over the wire: without query, still
    /// percent-encoded.
    ///
    /// # Errors
    /// When the path cannot be decoded, or a pattern with a look-around cannot decide it within its bounds. Refuse the request.
    pub fn matches(&self, path: &str) -> Result<bool, PathError> {
        let path = normalize_path(path)?;
        self.patterns.any_matches(&path)
    }
}

/// An ordered list of patterns, matched against paths exactly as given, that yields the parameters of the first match.
#[derive(Clone, Debug, Default)]
pub struct PathPatterns(Vec<PathPattern>);

impl PathPatterns {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// Names the first pattern that does not compile, and why.
    pub fn new<I>(patterns: I) -> Result<Self, InvalidPattern>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        patterns
            .into_iter()
            .map(|pattern| PathPattern::new(pattern.as_ref()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// The parameters of the first pattern that matches, values still encoded as in `path`.
    ///
    /// # Errors
    /// When a pattern with a look-around cannot decide the path within its bounds.
    pub fn find(&self, path: &str) -> Result<Option<PathParams>, PathError> {
        for pattern in &self.0 {
            if let Some(params) = pattern.params(path)? {
                return Ok(Some(params));
            }
        }
        Ok(None)
    }

    /// Whether any pattern matches.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn any_matches(&self, path: &str) -> Result<bool, PathError> {
        for pattern in &self.0 {
            if pattern.matches(path)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether there is no pattern.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Why a path can be neither matched nor not matched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The path cannot be decoded.
    #[error(transparent)]
    Malformed(#[from] MalformedPath),
    /// A look-around exceeded its bounds on this path.
    #[error("the path is too long or too intricate for a pattern with a look-around")]
    TooIntricate,
}

impl PathError {
    /// A stable code for logs and headers.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed-url",
            Self::TooIntricate => "path-too-intricate",
        }
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "Nothing: the client sent a path that no browser would.",
            Self::TooIntricate => {
                "If real paths are this long, write the pattern without a look-around."
            }
        }
    }

    /// What to answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::BAD_REQUEST
    }
}
