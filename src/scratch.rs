//! Room for one decoded message.

use alloc::{vec, vec::Vec};

use zeroize::{Zeroize, Zeroizing};

const STACK: usize = 512;

/// Bytes on the stack for what a token commonly holds, on the heap beyond. Zeroed on drop.
pub(crate) struct Scratch {
    stack: [u8; STACK],
    used: usize,
    heap: Zeroizing<Vec<u8>>,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { stack: [0; STACK], used: 0, heap: Zeroizing::new(Vec::new()) }
    }

    /// So many bytes, of any content.
    pub(crate) fn sized(&mut self, length: usize) -> &mut [u8] {
        if length > STACK {
            self.heap = Zeroizing::new(vec![0; length]);
            return &mut self.heap;
        }
        self.used = self.used.max(length);
        self.stack.split_at_mut(length).0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        self.stack.split_at_mut(self.used).0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_exactly_the_room_asked_for_on_the_stack_or_beyond() {
        let mut scratch = Scratch::new();
        for length in [0, 1, STACK, STACK + 1, 100_000, 3] {
            assert_eq!(scratch.sized(length).len(), length);
        }
    }

    #[test]
    fn the_most_that_was_used_is_what_is_zeroed() {
        let mut scratch = Scratch::new();
        scratch.sized(300).fill(1);
        scratch.sized(20).fill(2);
        assert_eq!(scratch.used, 300);
        assert!(scratch.stack.iter().skip(scratch.used).all(|&byte| byte == 0));
    }

    #[test]
    fn the_heap_is_left_alone_up_to_the_size_of_the_stack() {
        let mut scratch = Scratch::new();
        scratch.sized(STACK);
        assert_eq!(scratch.heap.capacity(), 0);
    }
}
