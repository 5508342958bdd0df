//! The grammar of path-to-regexp 6.

use std::iter::Peekable;
use std::str::Chars;
use std::vec::IntoIter;

use super::body::{self, Body, escaped};

/// One character of a segment.
const SEGMENT: &str = "[^/\\#\\?]";

/// How often a parameter or group occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Modifier {
    Once,
    Optional,
    Many,
    AtLeastOne,
}

impl Modifier {
    pub(super) fn as_regex(self) -> &'static str {
        match self {
            Self::Once => "",
            Self::Optional => "?",
            Self::Many => "*",
            Self::AtLeastOne => "+",
        }
    }
}

/// A piece of a pattern.
pub(super) enum Token {
    Text(String),
    Parameter {
        name: String,
        prefix: String,
        body: Option<Body>,
        suffix: String,
        modifier: Modifier,
    },
}

enum Lexeme {
    Text { character: char, escaped: bool },
    Name(String),
    Body(String),
    Open,
    Close,
    Modifier(Modifier),
}

fn lex(pattern: &str) -> Result<Vec<Lexeme>, String> {
    let mut lexemes = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        lexemes.push(match character {
            '*' => Lexeme::Modifier(Modifier::Many),
            '+' => Lexeme::Modifier(Modifier::AtLeastOne),
            '?' => Lexeme::Modifier(Modifier::Optional),
            '\\' => {
                let character = rest.next().ok_or("a backslash at the end")?;
                Lexeme::Text {
                    character,
                    escaped: true,
                }
            }
            '{' => Lexeme::Open,
            '}' => Lexeme::Close,
            ':' => {
                let mut name = String::new();
                while let Some(next) =
                    rest.next_if(|next| next.is_ascii_alphanumeric() || *next == '_')
                {
                    name.push(next);
                }
                if name.is_empty() {
                    return Err("a colon without a parameter name".to_owned());
                }
                Lexeme::Name(name)
            }
            '(' => Lexeme::Body(lex_body(&mut rest)?),
            other => Lexeme::Text {
                character: other,
                escaped: false,
            },
        });
    }
    Ok(lexemes)
}

/// The text of a body up to its closing parenthesis.
fn lex_body(rest: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    if rest.peek() == Some(&'?') {
        return Err("a body that starts with `?`".to_owned());
    }
    let mut body = String::new();
    let mut depth = 1;
    while let Some(character) = rest.next() {
        match character {
            '\\' => {
                body.push(character);
                body.push(rest.next().ok_or("a parenthesis is not closed")?);
                continue;
            }
            ')' => depth -= 1,
            '(' => {
                depth += 1;
                if rest.peek() != Some(&'?') {
                    return Err("a capturing group inside a body".to_owned());
                }
            }
            _ => {}
        }
        if depth == 0 {
            return if body.is_empty() {
                Err("an empty body".to_owned())
            } else {
                Ok(body)
            };
        }
        body.push(character);
    }
    Err("a parenthesis is not closed".to_owned())
}

/// Collects tokens; `text` is literal text not yet put into one.
#[derive(Default)]
struct Parser {
    tokens: Vec<Token>,
    text: String,
    /// Whether the last character of `text` belongs to a parameter that follows at once.
    may_lend_prefix: bool,
    unnamed: usize,
}

/// Reads a pattern; the sentence says what is wrong with it.
pub(super) fn parse(pattern: &str) -> Result<Vec<Token>, String> {
    let mut lexemes = lex(pattern)?.into_iter().peekable();
    let mut parser = Parser::default();
    while let Some(lexeme) = lexemes.next() {
        match lexeme {
            Lexeme::Text { character, escaped } => {
                parser.text.push(character);
                parser.may_lend_prefix = !escaped && matches!(character, '.' | '/');
            }
            Lexeme::Name(_) | Lexeme::Body(_) => {
                let (name, body) = match lexeme {
                    Lexeme::Body(body) => (None, Some(body)),
                    Lexeme::Name(name) => (Some(name), take_body(&mut lexemes)),
                    _ => (None, None),
                };
                // A single dot or slash right before a parameter comes and goes with it.
                let prefix = if parser.may_lend_prefix {
                    parser.text.pop()
                } else {
                    None
                };
                parser.flush_text();
                let prefix = prefix.map(String::from).unwrap_or_default();
                parser.push_parameter(
                    name,
                    body,
                    prefix,
                    String::new(),
                    take_modifier(&mut lexemes),
                )?;
            }
            Lexeme::Open => {
                parser.flush_text();
                let prefix = take_text(&mut lexemes);
                let name = match lexemes.next_if(|next| matches!(next, Lexeme::Name(_))) {
                    Some(Lexeme::Name(name)) => Some(name),
                    _ => None,
                };
                let body = take_body(&mut lexemes);
                let suffix = take_text(&mut lexemes);
                if !matches!(lexemes.next(), Some(Lexeme::Close)) {
                    return Err("a brace is not closed".to_owned());
                }
                parser.push_parameter(name, body, prefix, suffix, take_modifier(&mut lexemes))?;
            }
            Lexeme::Close => return Err("a closing brace without an opening one".to_owned()),
            Lexeme::Modifier(_) => {
                return Err("`?`, `*` or `+` after something that is no parameter".to_owned());
            }
        }
    }
    parser.flush_text();
    Ok(parser.tokens)
}

type Lexemes = Peekable<IntoIter<Lexeme>>;

fn take_body(lexemes: &mut Lexemes) -> Option<String> {
    match lexemes.next_if(|next| matches!(next, Lexeme::Body(_))) {
        Some(Lexeme::Body(body)) => Some(body),
        _ => None,
    }
}

fn take_modifier(lexemes: &mut Lexemes) -> Modifier {
    match lexemes.next_if(|next| matches!(next, Lexeme::Modifier(_))) {
        Some(Lexeme::Modifier(modifier)) => modifier,
        _ => Modifier::Once,
    }
}

fn take_text(lexemes: &mut Lexemes) -> String {
    let mut text = String::new();
    while let Some(Lexeme::Text { character, .. }) =
        lexemes.next_if(|next| matches!(next, Lexeme::Text { .. }))
    {
        text.push(character);
    }
    text
}

impl Parser {
    fn flush_text(&mut self) {
        self.may_lend_prefix = false;
        if !self.text.is_empty() {
            self.tokens
                .push(Token::Text(std::mem::take(&mut self.text)));
        }
    }

    fn push_parameter(
        &mut self,
        name: Option<String>,
        body: Option<String>,
        prefix: String,
        suffix: String,
        modifier: Modifier,
    ) -> Result<(), String> {
        let body = match (&name, body) {
            (_, Some(body)) => Some(body::translate(&body)?),
            (Some(_), None) => Some(self.default_body(&prefix)?),
            (None, None) => None,
        };
        let name = name.unwrap_or_else(|| {
            let number = self.unnamed;
            self.unnamed += usize::from(body.is_some());
            number.to_string()
        });
        self.tokens.push(Token::Parameter {
            name,
            prefix,
            body,
            suffix,
            modifier,
        });
        Ok(())
    }

    /// The body of a parameter that has none of its own: the rest of a segment, as short as possible. Where the text before it
    /// does not end a segment, that text must not occur in it, or `:a-:b` could be read in many ways.
    fn default_body(&self, prefix: &str) -> Result<Body, String> {
        let before = match (prefix, self.tokens.last()) {
            ("", Some(Token::Text(text))) => text.as_str(),
            ("", Some(Token::Parameter { name, .. })) => {
                return Err(format!("no text after the parameter `{name}`"));
            }
            (prefix, _) => prefix,
        };
        let mut characters = before.chars();
        let (regex, looks_around) = match (characters.next(), characters.next()) {
            _ if before.is_empty() || before.contains(['/', '#', '?']) => {
                (format!("{SEGMENT}+?"), false)
            }
            // One character needs no look-ahead, and so stays on the linear engine.
            (Some(only), None) => (
                format!("[^/\\#\\?{}]+?", escaped(only.encode_utf8(&mut [0; 4]))),
                false,
            ),
            _ => (format!("(?:(?!{}){SEGMENT})+?", escaped(before)), true),
        };
        Ok(Body {
            regex,
            looks_around,
        })
    }
}
