//! A stack that allocates nothing as long as it is low.

use alloc::vec::Vec;

/// Its first `N` elements lie in place; with more of them all lie on the heap.
pub(super) struct Stack<T, const N: usize> {
    inline: [T; N],
    length: usize,
    heap: Vec<T>,
}

impl<T: Copy, const N: usize> Stack<T, N> {
    /// An empty one; `unused` fills the room.
    pub(super) fn new(unused: T) -> Self {
        Self { inline: [unused; N], length: 0, heap: Vec::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.length
    }

    #[inline]
    pub(super) fn push(&mut self, element: T) {
        if let (Some(place), true) = (self.inline.get_mut(self.length), self.heap.is_empty()) {
            *place = element;
        } else {
            if self.heap.is_empty() {
                self.heap.extend_from_slice(&self.inline);
            }
            self.heap.push(element);
        }
        self.length = self.length.saturating_add(1);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<T> {
        let last = self.tail_mut(self.length.checked_sub(1)?).first().copied();
        self.truncate(self.length.saturating_sub(1));
        last
    }

    /// The elements from that position on.
    #[inline]
    pub(super) fn tail_mut(&mut self, start: usize) -> &mut [T] {
        let elements = if self.heap.is_empty() {
            self.inline.get_mut(start..self.length)
        } else {
            self.heap.get_mut(start..)
        };
        elements.unwrap_or_default()
    }

    #[inline]
    pub(super) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
        self.heap.truncate(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_stack_in_place_and_beyond() {
        let mut stack = Stack::<_, 4>::new(0);
        let mut model = Vec::new();
        for step in 0..200_usize {
            if step % 7 < 4 {
                stack.push(step);
                model.push(step);
            } else if step % 50 > 40 {
                stack.truncate(step % 4);
                model.truncate(step % 4);
            } else {
                assert_eq!(stack.pop(), model.pop());
            }
            assert_eq!(stack.len(), model.len());
            for start in 0..=model.len() {
                assert_eq!(Some(&*stack.tail_mut(start)), model.get(start..));
            }
        }
        stack.truncate(0);
        assert_eq!(stack.pop(), None);
    }
}
