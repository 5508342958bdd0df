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

    /// The next key of an object as it is written, whose value is to be taken before the next one; `None` behind its end.
    pub(super) fn key(&mut self) -> Result<Option<&'text str>, Error> {
        if !self.next(b'}')? {
            return Ok(None);
        }
        self.expect(b'"', "a key is expected")?;
        let start = self.place;
        let end = after_string(self.text.as_bytes(), start)?;
        self.place = end;
        self.expect(b':', "a colon is expected")?;
        self.text.get(start..end - 1).ok_or(ENDS_EARLY).map(Some)
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
            b'"' => after_string(bytes, start + 1)?,
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
        match self.peek() {
            Some(byte) if byte == bracket => {
                self.place += 1;
                return Ok(false);
            }
            Some(b',') if !is_first => self.place += 1,
            _ if !is_first => return Err("a comma is expected"),
            _ => {}
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
            let byte = *self.text.as_bytes().get(self.place)?;
            // Messages have none; whatever else is up here is wrong in any place.
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.place += 1;
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

/// Behind the string whose first byte is at `start`.
#[inline]
pub(super) fn after_string(bytes: &[u8], start: usize) -> Result<usize, Error> {
    let mut place = start;
    loop {
        let rest = bytes.get(place..).unwrap_or_default();
        place += before_quotation_mark(rest).ok_or(ENDS_EARLY)? + 1;
        if !is_escaped(bytes, start, place - 1) {
            return Ok(place);
        }
    }
}

/// How many bytes come before the first quotation mark.
#[inline]
fn before_quotation_mark(bytes: &[u8]) -> Option<usize> {
    // Eight bytes at once, as long as there are eight.
    let (words, rest) = bytes.as_chunks();
    let mut before = 0;
    for word in words {
        match quotation_marks(u64::from_le_bytes(*word)) {
            0 => before += 8,
            found => return Some(before + found.trailing_zeros() as usize / 8),
        }
    }
    let place = rest.iter().position(|byte| *byte == b'"')?;
    Some(before + place)
}

/// Marks the quotation marks in a word of eight bytes. The first mark is right; what follows it may not be.
const fn quotation_marks(word: u64) -> u64 {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    let zero = word ^ (EACH * b'"' as u64);
    // A byte that is zero borrows from its highest bit.
    zero.wrapping_sub(EACH) & !zero & (EACH << 7)
}

/// Whether an odd number of backslashes, back to `start`, is before `place`.
#[inline]
fn is_escaped(bytes: &[u8], start: usize, place: usize) -> bool {
    let before = bytes.get(start..place).unwrap_or_default();
    before.last() == Some(&b'\\') && {
        let backslashes = before.iter().rev().take_while(|byte| **byte == b'\\');
        backslashes.count() % 2 == 1
    }
}

/// What a byte outside of strings means for where a list or an object ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Nothing,
    Text,
    Begin,
    End,
    Point,
}

/// By byte. Nearly all of them mean nothing, which a table says quicker than a list of comparisons.
static MEANINGS: [Meaning; 256] = {
    let mut meanings = [Meaning::Nothing; 256];
    meanings[b'"' as usize] = Meaning::Text;
    meanings[b'{' as usize] = Meaning::Begin;
    meanings[b'[' as usize] = Meaning::Begin;
    meanings[b'}' as usize] = Meaning::End;
    meanings[b']' as usize] = Meaning::End;
    meanings[b'.' as usize] = Meaning::Point;
    meanings
};

/// Behind the list or object whose first byte is at `place`.
fn after_nested(bytes: &[u8], mut place: usize, fractions: &mut bool) -> Result<usize, Error> {
    let mut depth = 1_usize;
    while let Some(byte) = bytes.get(place) {
        place += 1;
        let meaning = MEANINGS[usize::from(*byte)];
        // Asked first and alone: it is nearly always so.
        if meaning == Meaning::Nothing {
            continue;
        }
        match meaning {
            Meaning::Nothing => {}
            Meaning::Text => place = after_string(bytes, place)?,
            Meaning::Begin => depth += 1,
            Meaning::End if depth == 1 => return Ok(place),
            Meaning::End => depth -= 1,
            Meaning::Point => *fractions |= bytes.get(place) == Some(&b'0'),
        }
    }
    Err(ENDS_EARLY)
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
