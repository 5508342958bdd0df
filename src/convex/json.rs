//! JSON text, passed over without reading what nobody asks for.
//!
//! A scanner finds where values begin and end. Whether what stands inside of a value is JSON shows when somebody reads the
//! value as a type of theirs: each byte is looked at once here, and once there.

use std::borrow::Cow;

/// A value in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Raw<'text> {
    pub(super) text: &'text str,
    /// Whether a number in it may be written as `1.0`.
    pub(super) has_fractions_of_zero: bool,
}

/// What is wrong with a text.
type Error = &'static str;

/// A place in a text.
#[derive(Debug)]
pub(super) struct Scanner<'text> {
    text: &'text str,
    place: usize,
    /// At the beginning of a list or an object, where no comma is due.
    is_first: bool,
}

impl<'text> Scanner<'text> {
    pub(super) fn new(text: &'text str) -> Self {
        Self {
            text,
            place: 0,
            is_first: false,
        }
    }

    /// Goes into the object that begins here.
    pub(super) fn enter_object(&mut self) -> Result<(), Error> {
        self.enter(b'{', "an object is expected")
    }

    /// Goes into the list that begins here.
    pub(super) fn enter_list(&mut self) -> Result<(), Error> {
        self.enter(b'[', "a list is expected")
    }

    /// The next key of an object, whose value is to be taken before the next one; `None` behind its end.
    pub(super) fn key(&mut self) -> Result<Option<Cow<'text, str>>, Error> {
        if !self.next(b'}')? {
            return Ok(None);
        }
        self.expect(b'"', "a key is expected")?;
        let start = self.place;
        let end = after_string(self.text.as_bytes(), start)?;
        self.place = end.place;
        self.expect(b':', "a colon is expected")?;
        if end.is_escaped {
            let quoted = self.text.get(start - 1..end.place).and_then(string);
            return Ok(Some(quoted.ok_or("a key is not a text")?));
        }
        let plain = self.text.get(start..end.place - 1);
        Ok(Some(Cow::Borrowed(plain.ok_or(ENDS_EARLY)?)))
    }

    /// Whether another item of a list is to be taken; `false` behind its end.
    pub(super) fn item(&mut self) -> Result<bool, Error> {
        self.next(b']')
    }

    /// Takes the value that begins here.
    pub(super) fn value(&mut self) -> Result<Raw<'text>, Error> {
        let bytes = self.text.as_bytes();
        let first = self.peek().ok_or(ENDS_EARLY)?;
        let start = self.place;
        let mut has_fractions_of_zero = false;
        let end = match first {
            b'"' => after_string(bytes, start + 1)?.place,
            b'{' | b'[' => after_nested(bytes, start + 1, &mut has_fractions_of_zero)?,
            _ => {
                let end = after_word(bytes, start)?;
                has_fractions_of_zero = bytes
                    .get(start..end)
                    .is_some_and(|word| word.contains(&b'.'));
                end
            }
        };
        self.place = end;
        let text = self.text.get(start..end).ok_or(ENDS_EARLY)?;
        Ok(Raw {
            text,
            has_fractions_of_zero,
        })
    }

    /// Nothing else may come.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err("there is something behind the end"),
        }
    }

    fn enter(&mut self, bracket: u8, error: Error) -> Result<(), Error> {
        self.expect(bracket, error)?;
        self.is_first = true;
        Ok(())
    }

    /// Leaves at the bracket, else goes on to what comes next.
    fn next(&mut self, bracket: u8) -> Result<bool, Error> {
        let is_first = std::mem::take(&mut self.is_first);
        if self.peek() == Some(bracket) {
            self.place += 1;
            return Ok(false);
        }
        if !is_first {
            self.expect(b',', "a comma is expected")?;
        }
        Ok(true)
    }

    fn expect(&mut self, byte: u8, error: Error) -> Result<(), Error> {
        if self.peek() != Some(byte) {
            return Err(error);
        }
        self.place += 1;
        Ok(())
    }

    /// What comes next, behind white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.place)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.place += 1,
                byte => return Some(*byte),
            }
        }
    }
}

/// Reads a JSON string, without a copy where nothing in it is escaped.
pub(super) fn string(text: &str) -> Option<Cow<'_, str>> {
    let plain = text.strip_prefix('"')?.strip_suffix('"')?;
    if plain.contains('\\') {
        serde_json::from_str(text).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(plain))
    }
}

const ENDS_EARLY: Error = "it ends early";

/// Where a string ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct StringEnd {
    /// Behind the closing quotation mark.
    pub(super) place: usize,
    /// Whether something in it is escaped.
    is_escaped: bool,
}

/// The end of the string whose first byte is at `place`.
pub(super) fn after_string(bytes: &[u8], mut place: usize) -> Result<StringEnd, Error> {
    let mut is_escaped = false;
    loop {
        // Eight bytes at once, as long as there are eight.
        while let Some(word) = bytes.get(place..).and_then(<[u8]>::first_chunk) {
            match plain_bytes(*word) {
                8 => place += 8,
                plain => {
                    place += plain;
                    break;
                }
            }
        }
        match bytes.get(place).ok_or(ENDS_EARLY)? {
            b'"' => {
                return Ok(StringEnd {
                    place: place + 1,
                    is_escaped,
                });
            }
            b'\\' => {
                is_escaped = true;
                place += 2;
            }
            _ => place += 1,
        }
    }
}

/// How many of eight bytes come before the first quotation mark or backslash.
fn plain_bytes(word: [u8; 8]) -> usize {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    /// Marks the first byte that is zero, and none before it.
    const fn zero(word: u64) -> u64 {
        word.wrapping_sub(EACH) & !word & (EACH << 7)
    }
    let word = u64::from_le_bytes(word);
    let found = zero(word ^ (EACH * b'"' as u64)) | zero(word ^ (EACH * b'\\' as u64));
    found.trailing_zeros() as usize / 8
}

/// Behind the list or object whose first byte is at `place`.
fn after_nested(bytes: &[u8], mut place: usize, fractions: &mut bool) -> Result<usize, Error> {
    let mut depth = 1_usize;
    loop {
        let byte = *bytes.get(place).ok_or(ENDS_EARLY)?;
        place += 1;
        match byte {
            b'"' => place = after_string(bytes, place)?.place,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'.' => *fractions |= bytes.get(place) == Some(&b'0'),
            _ => {}
        }
        if depth == 0 {
            return Ok(place);
        }
    }
}

/// Behind the number or the word that begins at `place`.
fn after_word(bytes: &[u8], place: usize) -> Result<usize, Error> {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    let length = bytes.iter().skip(place).take_while(|byte| is_part(byte));
    match length.count() {
        0 => Err("a value is expected"),
        length => Ok(place + length),
    }
}
