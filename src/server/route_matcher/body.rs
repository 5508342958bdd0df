//! JavaScript's regular expression syntax, rewritten for the `regex` family.
//!
//! Both are close enough to look the same and differ in what bites: Unicode-aware classes, set operations inside brackets,
//! escapes of letters.

use std::iter::Peekable;
use std::str::Chars;

/// A rewritten body.
pub(super) struct Body {
    pub(super) regex: String,
    /// Whether it needs an engine that backtracks.
    pub(super) looks_around: bool,
}

/// Rewrites the body of a parameter; the sentence says why it cannot be.
pub(super) fn translate(body: &str) -> Result<Body, &'static str> {
    let mut translated = Body {
        regex: String::with_capacity(body.len()),
        looks_around: false,
    };
    let mut rest = body.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => escape(&mut rest, &mut translated.regex)?,
            '[' => class(&mut rest, &mut translated.regex)?,
            '(' => {
                translated.looks_around |= opens_look_around(&rest)?;
                translated.regex.push('(');
            }
            // A brace that opens no repetition is text.
            '{' if !opens_repetition(rest.clone()) => translated.regex.push_str("\\{"),
            other => translated.regex.push(other),
        }
    }
    Ok(translated)
}

/// Judges a group by what follows its parenthesis. The lexer has already refused plain capturing groups.
fn opens_look_around(rest: &Peekable<Chars<'_>>) -> Result<bool, &'static str> {
    let mut ahead = rest.clone();
    match (ahead.next(), ahead.next(), ahead.next()) {
        (Some('?'), Some(':'), _) => Ok(false),
        (Some('?'), Some('=' | '!'), _) | (Some('?'), Some('<'), Some('=' | '!')) => Ok(true),
        _ => Err("a group inside a body must be `(?:…)` or a look-around"),
    }
}

fn opens_repetition(rest: Peekable<Chars<'_>>) -> bool {
    let text: String = rest.take_while(|character| *character != '}').collect();
    let (low, high) = text.split_once(',').unwrap_or((&text, ""));
    !low.is_empty()
        && low
            .chars()
            .chain(high.chars())
            .all(|character| character.is_ascii_digit())
}

/// After a backslash. The classes are JavaScript's, which know ASCII alone; brackets inside brackets are a union.
fn escape(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), &'static str> {
    match rest.next().ok_or("a backslash at the end")? {
        'd' => out.push_str("[0-9]"),
        'D' => out.push_str("[^0-9]"),
        'w' => out.push_str("[0-9A-Za-z_]"),
        'W' => out.push_str("[^0-9A-Za-z_]"),
        same @ ('s' | 'S' | 'b' | 'B' | 'n' | 'r' | 't' | 'v' | 'f' | 'x' | 'u') => {
            out.extend(['\\', same])
        }
        '0'..='9' | 'k' => return Err("a back-reference"),
        'c' => return Err("a control escape"),
        // Any other escaped letter stands for itself in JavaScript.
        letter if letter.is_ascii_alphanumeric() => out.push(letter),
        other => literal(other, out),
    }
    Ok(())
}

/// After an opening bracket.
fn class(rest: &mut Peekable<Chars<'_>>, out: &mut String) -> Result<(), &'static str> {
    let negated = rest.next_if_eq(&'^').is_some();
    if rest.next_if_eq(&']').is_some() {
        // JavaScript reads `[]` as nothing and `[^]` as anything.
        out.push_str(if negated { "[\\s\\S]" } else { "[^\\s\\S]" });
        return Ok(());
    }
    out.push_str(if negated { "[^" } else { "[" });
    loop {
        match rest.next().ok_or("a bracket is not closed")? {
            ']' => break,
            '\\' if rest.next_if_eq(&'b').is_some() => out.push_str("\\x08"),
            '\\' => escape(rest, out)?,
            // Set operations and nested classes are syntax of the target alone.
            other @ ('[' | '&' | '~') => out.extend(['\\', other]),
            other => out.push(other),
        }
    }
    out.push(']');
    Ok(())
}

/// `text` as a regular expression that matches it, inside brackets as well as outside.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    text.chars()
        .for_each(|character| literal(character, &mut escaped));
    escaped
}

/// Escapes what has a meaning and nothing else: an escaped `<`, for one, would gain one.
fn literal(character: char, out: &mut String) {
    if "\\.+*?()|[]{}^$#&-~".contains(character) {
        out.push('\\');
    }
    out.push(character);
}
