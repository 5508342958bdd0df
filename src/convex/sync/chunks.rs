//! Large transitions come in parts, which are put together here.

use crate::convex::{error::ProtocolError, protocol::TransitionChunk};

/// The parts received so far of at most one transition.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    buffer: Option<Buffer>,
}

#[derive(Debug)]
struct Buffer {
    transition: String,
    total: u32,
    received: u32,
    text: String,
}

impl Chunks {
    /// Takes a part; the whole text after the last one.
    pub(super) fn add(&mut self, part: &TransitionChunk) -> Result<Option<String>, ProtocolError> {
        // Taken out, so that nothing of a transition with a bad part is left.
        let buffer = self.buffer.take();
        if part.part_number >= part.total_parts {
            return Err(ProtocolError::Chunks("a part's number is out of range"));
        }
        let mut buffer = buffer.unwrap_or_else(|| Buffer {
            transition: part.transition_id.clone(),
            total: part.total_parts,
            received: 0,
            text: String::new(),
        });
        if buffer.transition != part.transition_id || buffer.total != part.total_parts {
            return Err(ProtocolError::Chunks("parts of two transitions are mixed"));
        }
        if buffer.received != part.part_number {
            return Err(ProtocolError::Chunks("a part is missing or out of order"));
        }
        buffer.text.push_str(&part.chunk);
        buffer.received += 1;
        if buffer.received == buffer.total {
            return Ok(Some(buffer.text));
        }
        self.buffer = Some(buffer);
        Ok(None)
    }

    /// Another message than a part or a `Ping` has come: a transition whose parts are incomplete is lost.
    pub(super) fn interrupt(&mut self) -> Result<(), ProtocolError> {
        match self.buffer.take() {
            Some(_) => Err(ProtocolError::Chunks("another message came in between")),
            None => Ok(()),
        }
    }

    /// Forgets everything, for a new connection.
    pub(super) fn clear(&mut self) {
        self.buffer = None;
    }
}
