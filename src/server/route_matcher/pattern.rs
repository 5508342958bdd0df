//! One path pattern: parsed as path-to-regexp 6 parses it, and compiled for an engine that hostile paths cannot slow down.

use std::fmt;

use super::PathError;
use super::body::escaped;
use super::parse::{Modifier, Token, parse};

/// The steps that a pattern with a look-around may take on one path, and the longest path, in bytes, that it looks at. Together
/// they keep the worst pattern to some milliseconds; paths of real applications stay far below both.
const BACKTRACK_LIMIT: usize = 50_000;
const LOOK_AROUND_PATH_LIMIT: usize = 4096;

/// A compiled path pattern. The language is described at [`super`].
#[derive(Clone)]
pub struct PathPattern {
    source: String,
    engine: Engine,
    keys: Vec<Key>,
}

#[derive(Clone)]
enum Engine {
    Linear(regex::Regex),
    Bounded(fancy_regex::Regex),
}

#[derive(Clone, Debug)]
struct Key {
    name: String,
    /// What stands between the values of a repeated parameter.
    separator: Option<String>,
}

/// The value of a parameter, still encoded as in the path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathParam {
    /// Of a parameter that occurs once.
    One(String),
    /// Of a parameter with `*` or `+`.
    Many(Vec<String>),
}

/// The parameters of a match. Unnamed ones are numbered from 0; those that did not take part are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathParams(Vec<(String, PathParam)>);

impl PathParams {
    /// The value of a parameter. Of several with one name, the last counts.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&PathParam> {
        self.0
            .iter()
            .rev()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }

    /// The value of a parameter that occurs once.
    #[must_use]
    pub fn one(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            PathParam::One(value) => Some(value),
            PathParam::Many(_) => None,
        }
    }

    /// All names and values, in the order of the pattern.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &PathParam)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// A pattern that does not compile.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the path pattern `{pattern}` does not compile: {problem}")]
pub struct InvalidPattern {
    pattern: String,
    problem: String,
}

impl InvalidPattern {
    fn new(pattern: &str, problem: impl fmt::Display) -> Self {
        Self {
            pattern: pattern.to_owned(),
            problem: problem.to_string(),
        }
    }

    /// The pattern as it was written.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// A stable code for logs.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        "invalid-pattern"
    }

    /// What an operator can do about it.
    #[must_use]
    pub fn action(&self) -> &'static str {
        "Correct the pattern; for everything below a path write `/path(.*)` or `/path/:rest*`."
    }
}

impl PathPattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn new(pattern: &str) -> Result<Self, InvalidPattern> {
        let compiled = parse(pattern).and_then(|tokens| compile(&tokens));
        let compiled = compiled.map_err(|problem| InvalidPattern::new(pattern, problem))?;
        let engine = Engine::new(&format!("(?is){}", compiled.regex), compiled.looks_around);
        let engine = engine.map_err(|problem| InvalidPattern::new(pattern, problem))?;
        Ok(Self {
            source: pattern.to_owned(),
            engine,
            keys: compiled.keys,
        })
    }

    pub(super) fn from_regex(regex: &str) -> Result<Self, InvalidPattern> {
        let linear = Engine::new(regex, false);
        let engine = linear.or_else(|_| Engine::new(regex, true));
        let engine = engine.map_err(|problem| InvalidPattern::new(regex, problem))?;
        Ok(Self {
            source: regex.to_owned(),
            engine,
            keys: Vec::new(),
        })
    }

    /// Whether the pattern matches `path`, taken as it is.
    ///
    /// # Errors
    /// When the pattern has a look-around and cannot decide this path within its bounds.
    pub fn matches(&self, path: &str) -> Result<bool, PathError> {
        match &self.engine {
            Engine::Linear(regex) => Ok(regex.is_match(path)),
            Engine::Bounded(_) if path.len() > LOOK_AROUND_PATH_LIMIT => {
                Err(PathError::TooIntricate)
            }
            Engine::Bounded(regex) => regex.is_match(path).map_err(|_| PathError::TooIntricate),
        }
    }

    /// The parameters, when the pattern matches `path`, taken as it is.
    ///
    /// # Errors
    /// As [`matches`](Self::matches).
    pub fn params(&self, path: &str) -> Result<Option<PathParams>, PathError> {
        let values: Vec<Option<&str>> = match &self.engine {
            Engine::Linear(regex) => {
                let Some(captures) = regex.captures(path) else {
                    return Ok(None);
                };
                captures
                    .iter()
                    .skip(1)
                    .map(|group| group.map(|group| group.as_str()))
                    .collect()
            }
            Engine::Bounded(_) if path.len() > LOOK_AROUND_PATH_LIMIT => {
                return Err(PathError::TooIntricate);
            }
            Engine::Bounded(regex) => {
                let captures = regex.captures(path).map_err(|_| PathError::TooIntricate)?;
                let Some(captures) = captures else {
                    return Ok(None);
                };
                captures
                    .iter()
                    .skip(1)
                    .map(|group| group.map(|group| group.as_str()))
                    .collect()
            }
        };
        let params = self.keys.iter().zip(values).filter_map(|(key, value)| {
            let value = match &key.separator {
                None => PathParam::One(value?.to_owned()),
                Some(separator) => PathParam::Many(
                    value?
                        .split(separator.as_str())
                        .map(str::to_owned)
                        .collect(),
                ),
            };
            Some((key.name.clone(), value))
        });
        Ok(Some(PathParams(params.collect())))
    }
}

impl fmt::Debug for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PathPattern").field(&self.source).finish()
    }
}

impl Engine {
    fn new(regex: &str, looks_around: bool) -> Result<Self, String> {
        if !looks_around {
            return regex::Regex::new(regex)
                .map(Self::Linear)
                .map_err(|error| error.to_string());
        }
        let bounded = fancy_regex::RegexBuilder::new(regex)
            .backtrack_limit(BACKTRACK_LIMIT)
            .build();
        bounded
            .map(Self::Bounded)
            .map_err(|error| error.to_string())
    }
}

struct Compiled {
    regex: String,
    looks_around: bool,
    keys: Vec<Key>,
}

fn compile(tokens: &[Token]) -> Result<Compiled, String> {
    let mut compiled = Compiled {
        regex: "^".to_owned(),
        looks_around: false,
        keys: Vec::new(),
    };
    for token in tokens {
        match token {
            Token::Text(text) => compiled.regex.push_str(&escaped(text)),
            Token::Parameter {
                name,
                prefix,
                body,
                suffix,
                modifier,
            } => {
                let (before, after) = (escaped(prefix), escaped(suffix));
                let Some(body) = body else {
                    compiled
                        .regex
                        .push_str(&format!("(?:{before}{after}){}", modifier.as_regex()));
                    continue;
                };
                let repeated = matches!(modifier, Modifier::Many | Modifier::AtLeastOne);
                if repeated && prefix.is_empty() && suffix.is_empty() {
                    return Err(format!(
                        "the parameter `{name}` repeats without text between"
                    ));
                }
                compiled.looks_around |= body.looks_around;
                compiled.keys.push(Key {
                    name: name.clone(),
                    separator: repeated.then(|| format!("{prefix}{suffix}")),
                });
                let body = &body.regex;
                compiled.regex.push_str(&if repeated {
                    let optional = if *modifier == Modifier::Many { "?" } else { "" };
                    format!(
                        "(?:{before}((?:{body})(?:{after}{before}(?:{body}))*){after}){optional}"
                    )
                } else {
                    format!("(?:{before}({body}){after}){}", modifier.as_regex())
                });
            }
        }
    }
    compiled.regex.push_str("[/\\#\\?]?$");
    Ok(compiled)
}
