//! Room for one decoded message.

use alloc::vec::Vec;

use crate::{base64url, error::Invalid, wipe::wipe};

const SMALL: usize = 96;
const LARGE: usize = 512;

/// Bytes on the stack for what a token commonly holds, on the heap beyond. Zeroed on drop.
///
/// An id gets the small room: to zero the large one takes longer than all that is done with an id.
pub(crate) struct Scratch {
    small: [u8; SMALL],
    large: Option<[u8; LARGE]>,
    heap: Vec<u8>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { small: [0; SMALL], large: None, heap: Vec::new() }
    }

    /// The bytes of a text. After an error the room holds anything.
    pub(crate) fn decode(&mut self, text: &[u8]) -> Result<&mut [u8], Invalid> {
        let length = base64url::decoded_len(text.len()).ok_or(Invalid)?;
        let room = if length <= SMALL {
            self.small.split_at_mut(length).0
        } else if length <= LARGE {
            self.large.get_or_insert([0; LARGE]).split_at_mut(length).0
        } else {
            wipe(&mut self.heap);
            self.heap.clear();
            base64url::decode_append(text, &mut self.heap)?;
            return Ok(&mut self.heap);
        };
        base64url::decode_exact(text, room)?;
        Ok(room)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        wipe(&mut self.small);
        if let Some(large) = &mut self.large {
            wipe(large);
        }
        wipe(&mut self.heap);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "a test may panic")]

    use alloc::{format, string::String, vec};

    use super::*;

    fn text(bytes: &[u8]) -> String {
        let mut text = Vec::new();
        base64url::append(bytes, &mut text);
        base64url::text(text)
    }

    #[test]
    fn it_holds_exactly_the_bytes_of_a_text_on_the_stack_or_beyond() {
        let mut scratch = Scratch::new();
        for length in [0, 1, SMALL, SMALL + 1, LARGE, LARGE + 1, 100_000, LARGE + 2, 3] {
            let mut bytes = vec![7; length];
            let text = text(&bytes);
            assert_eq!(scratch.decode(text.as_bytes()), Ok(&mut *bytes));
            assert_eq!(scratch.decode(format!("{text}=").as_bytes()), Err(Invalid));
        }
    }

    #[test]
    fn the_heap_is_left_alone_up_to_the_size_of_the_stack() {
        let mut scratch = Scratch::new();
        assert!(scratch.decode(text(&[7; LARGE]).as_bytes()).is_ok());
        assert_eq!(scratch.heap.capacity(), 0);
    }
}
