//! Numbers without rounding: every integer of `i128`, every finite float, and what a sum or a
//! thousandfold of them is.

use std::cmp::Ordering;

/// Two's complement, in units of 2⁻¹⁰⁷⁴, the smallest float; the lowest word first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exact([u64; WORDS]);

/// 2¹⁰²⁴ thousandfold needs 2108 bits.
const WORDS: usize = 34;
const FRACTION_BITS: usize = 1074;

impl Exact {
    pub fn from_i128(integer: i128) -> Self {
        Self::small(integer).shifted_left(FRACTION_BITS)
    }

    /// Of a finite float.
    pub fn from_f64(float: f64) -> Self {
        let bits = float.abs().to_bits();
        let (exponent, fraction) = (bits >> 52, bits & ((1 << 52) - 1));
        let (mantissa, shift) = match exponent {
            0 => (fraction, 0),
            _ => (fraction | 1 << 52, exponent as usize - 1),
        };
        let magnitude = Self::small(i128::from(mantissa)).shifted_left(shift);
        if float.is_sign_negative() { magnitude.negated() } else { magnitude }
    }

    pub fn plus(&self, other: &Self) -> Self {
        let mut carry = false;
        let mut sum = [0; WORDS];
        for (at, word) in sum.iter_mut().enumerate() {
            let (partial, one) = self.0[at].overflowing_add(other.0[at]);
            let (whole, two) = partial.overflowing_add(u64::from(carry));
            (*word, carry) = (whole, one || two);
        }
        Self(sum)
    }

    pub fn thousandfold(&self) -> Self {
        // 1000 = 1024 - 16 - 8
        let minus = self.shifted_left(4).plus(&self.shifted_left(3)).negated();
        self.shifted_left(10).plus(&minus)
    }

    /// Without its fraction, towards zero.
    pub fn truncated(&self) -> Self {
        if self.is_negative() {
            return self.negated().truncated().negated();
        }
        let mut whole = self.clone();
        for bit in 0..FRACTION_BITS {
            whole.0[bit / 64] &= !(1 << (bit % 64));
        }
        whole
    }

    /// The nearest float, infinite where there is none.
    pub fn to_f64(&self) -> f64 {
        if self.is_negative() {
            return -self.negated().to_f64();
        }
        let Some(highest) = (0..WORDS * 64).rev().find(|&bit| self.bit(bit)) else { return 0.0 };
        // 64 bits from the highest one on; the last tells whether any below it is set.
        let mut mantissa = 0_u64;
        for back in 0..64 {
            let bit = highest.checked_sub(back).is_some_and(|bit| self.bit(bit));
            mantissa = mantissa << 1 | u64::from(bit);
        }
        let below = highest.saturating_sub(63);
        mantissa |= u64::from((0..below).any(|bit| self.bit(bit)));
        let exponent = highest as i32 - 63 - FRACTION_BITS as i32;
        // In two steps, as 2^-1137 is no float.
        mantissa as f64 * 2_f64.powi(exponent / 2) * 2_f64.powi(exponent - exponent / 2)
    }

    /// Of a whole number within `i64`.
    pub fn to_i64(&self) -> i64 {
        let mut word = 0;
        for bit in (0..64).rev() {
            word = word << 1 | u64::from(self.bit(FRACTION_BITS + bit));
        }
        word as i64
    }

    fn small(integer: i128) -> Self {
        let mut words = [if integer < 0 { u64::MAX } else { 0 }; WORDS];
        words[0] = integer as u64;
        words[1] = (integer >> 64) as u64;
        Self(words)
    }

    fn shifted_left(&self, bits: usize) -> Self {
        let (words, bits) = (bits / 64, bits % 64);
        let mut shifted = [0; WORDS];
        for (at, word) in shifted.iter_mut().enumerate().skip(words) {
            let low = self.0[at - words] << bits;
            let high = match (bits, at.checked_sub(words + 1)) {
                (0, _) | (_, None) => 0,
                (bits, Some(below)) => self.0[below] >> (64 - bits),
            };
            *word = low | high;
        }
        Self(shifted)
    }

    fn negated(&self) -> Self {
        let mut one = [0; WORDS];
        one[0] = 1;
        Self(self.0.map(|word| !word)).plus(&Self(one))
    }

    fn is_negative(&self) -> bool {
        self.0[WORDS - 1] >> 63 == 1
    }

    fn bit(&self, bit: usize) -> bool {
        self.0[bit / 64] >> (bit % 64) & 1 == 1
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Self) -> Ordering {
        let magnitudes = || self.0.iter().rev().cmp(other.0.iter().rev());
        other.is_negative().cmp(&self.is_negative()).then_with(magnitudes)
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
