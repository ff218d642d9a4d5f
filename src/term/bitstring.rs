//! Bit strings whose length is no multiple of 8.

use alloc::{boxed::Box, vec::Vec};

use super::reader::Bits;

/// A bit string that is no binary: its last byte holds 1 to 7 bits, from the most significant down.
/// The bits below them are zero.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bitstring {
    // The order of the fields is Erlang's term order, since unused bits are zero.
    bytes: Box<[u8]>,
    last_bits: u8,
}

impl Bitstring {
    /// The first bits of `bytes`, `last_bits` of them in the last byte; unused bits are cleared.
    /// `None` unless there is a last byte and `last_bits` is 1 to 7.
    ///
    /// # Example
    /// ```
    /// use phoenix_token::term::Bitstring;
    ///
    /// let bits = Bitstring::new([1, 2, 0xff], 3).ok_or("no bit string")?;
    /// assert_eq!(bits.bytes(), [1, 2, 0b1110_0000]);
    /// assert_eq!(bits.bit_len(), 19);
    /// # Ok::<(), &str>(())
    /// ```
    pub fn new(bytes: impl Into<Vec<u8>>, last_bits: u8) -> Option<Self> {
        if !(1..=7).contains(&last_bits) {
            return None;
        }
        let mut bytes = bytes.into();
        let last = bytes.last_mut()?;
        *last &= u8::MAX << 8_u8.saturating_sub(last_bits);
        Some(Self { bytes: bytes.into(), last_bits })
    }

    /// The bytes, the unused bits of the last one zero.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bits of the last byte count: 1 to 7.
    pub fn last_bits(&self) -> u8 {
        self.last_bits
    }

    /// The length in bits.
    pub fn bit_len(&self) -> usize {
        let unused = usize::from(8_u8.saturating_sub(self.last_bits));
        self.bytes.len().saturating_mul(8).saturating_sub(unused)
    }

    pub(super) fn from_reader(bits: Bits<'_>) -> Option<Self> {
        Self::new(bits.bytes, bits.last_bits)
    }
}
