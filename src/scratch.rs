//! Room for one decoded message.

use alloc::{vec, vec::Vec};

use zeroize::optimization_barrier;

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

    /// So many bytes, of any content.
    pub(crate) fn sized(&mut self, length: usize) -> &mut [u8] {
        if length <= SMALL {
            return self.small.split_at_mut(length).0;
        }
        if length <= LARGE {
            return self.large.get_or_insert([0; LARGE]).split_at_mut(length).0;
        }
        wipe(&mut self.heap);
        self.heap = vec![0; length];
        &mut self.heap
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

/// As `Zeroize`, but by whole vectors instead of byte by byte: a tenth of the time.
fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    optimization_barrier(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_exactly_the_room_asked_for_on_the_stack_or_beyond() {
        let mut scratch = Scratch::new();
        for length in [0, 1, SMALL, SMALL + 1, LARGE, LARGE + 1, 100_000, 3] {
            assert_eq!(scratch.sized(length).len(), length);
        }
    }

    #[test]
    fn whatever_its_length_all_of_it_is_zero_after_a_wipe() {
        for length in [0, 1, SMALL, LARGE, 1047] {
            let mut bytes = vec![7; length];
            wipe(&mut bytes);
            assert_eq!(bytes, vec![0; length]);
        }
    }

    #[test]
    fn the_heap_is_left_alone_up_to_the_size_of_the_stack() {
        let mut scratch = Scratch::new();
        scratch.sized(LARGE);
        assert_eq!(scratch.heap.capacity(), 0);
    }
}
