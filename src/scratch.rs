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
