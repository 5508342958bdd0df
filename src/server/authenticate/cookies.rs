//! Cookies: how the header is read, and which of the two forms of each cookie counts.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// The cookies of a request. Of cookies with one name, the first counts; an empty one is as good as none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cookies<'a> {
    pairs: Vec<(&'a str, &'a str)>,
}

impl<'a> Cookies<'a> {
    pub(crate) fn parse(header: &'a str) -> Self {
        let blank = |character: char| character == ' ' || character == '\t';
        let pairs = header
            .split(';')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.trim_matches(blank), value.trim_matches(blank)))
            .collect();
        Self { pairs }
    }

    /// The decoded value, `None` when it is absent or empty.
    pub(crate) fn get(&self, name: &str) -> Option<Cow<'a, str>> {
        self.first(name).filter(|value| !value.is_empty())
    }

    fn first(&self, name: &str) -> Option<Cow<'a, str>> {
        self.pairs
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| decode(value))
    }

    /// Every name once, with its first value, decoded.
    pub(crate) fn all(&self) -> std::collections::BTreeMap<&'a str, Cow<'a, str>> {
        let mut all = std::collections::BTreeMap::new();
        for (name, value) in &self.pairs {
            all.entry(*name).or_insert_with(|| decode(value));
        }
        all
    }
}

/// Percent-decodes a value; one that does not decode stays as it is.
fn decode(value: &str) -> Cow<'_, str> {
    if !value.contains('%') {
        return Cow::Borrowed(value);
    }
    if has_stray_percent(value.as_bytes()) {
        return Cow::Borrowed(value);
    }
    percent_decode_str(value)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(value))
}

fn has_stray_percent(bytes: &[u8]) -> bool {
    bytes.iter().enumerate().any(|(index, byte)| {
        *byte == b'%'
            && !bytes
                .get(index + 1..index + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// JavaScript's `parseInt`, with 0 for what is no number.
pub(crate) fn leading_integer(text: &str) -> i64 {
    let text = text.trim_start();
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = digits
        .bytes()
        .take_while(u8::is_ascii_digit)
        .fold(0_i64, |sum, digit| {
            sum.saturating_mul(10)
                .saturating_add(i64::from(digit - b'0'))
        });
    if negative { -magnitude } else { magnitude }
}

/// How often this browser has been redirected; 0 for what is no number.
pub(crate) fn redirect_count(text: &str) -> u32 {
    let number = text
        .trim()
        .parse::<f64>()
        .ok()
        .filter(|number| number.is_finite() && *number > 0.0);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates"
    )]
    number.map_or(0, |number| number as u32)
}
