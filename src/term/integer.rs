//! Integers of any size.

mod decimal;

use alloc::{boxed::Box, vec::Vec};
use core::{cmp::Ordering, fmt};

use super::{Float, reader::Big, writer};
use crate::error::EncodeError;

/// An integer of any size that OTP can hold: up to 65 535 words of 64 bits.
///
/// # Example
/// ```
/// use phoenix_token::term::Integer;
///
/// let big: Integer = "340282366920938463463374607431768211456".parse()?;
/// assert_eq!(u128::try_from(&big), Err(phoenix_token::term::IntegerError::Range));
/// assert!(big > Integer::from(u128::MAX));
/// # Ok::<(), phoenix_token::term::IntegerError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Integer(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Small(i64),
    /// Beyond `i64`; little-endian without leading zeros.
    Big {
        negative: bool,
        magnitude: Box<[u8]>,
    },
}

impl Integer {
    /// The value, where it fits.
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Small(value) => Some(value),
            Repr::Big { .. } => None,
        }
    }

    /// The value, where it fits.
    pub fn to_i128(&self) -> Option<i128> {
        match &self.0 {
            Repr::Small(value) => Some(i128::from(*value)),
            Repr::Big { negative, magnitude } => Big { negative: *negative, magnitude }.to_i128(),
        }
    }

    /// The value, where it fits.
    pub fn to_u128(&self) -> Option<u128> {
        match &self.0 {
            Repr::Small(value) => u128::try_from(*value).ok(),
            Repr::Big { negative, magnitude } => Big { negative: *negative, magnitude }.to_u128(),
        }
    }

    /// The nearest float, ties to even; `None` beyond the largest float.
    pub fn to_f64(&self) -> Option<f64> {
        let (top, length, rest) = self.top();
        if length == 0 {
            return Some(0.0);
        }
        // 53 bits stay; the 11 below them and the rest decide how they are rounded.
        let (kept, cut) = (top >> 11, top & 0x7ff);
        let up = cut > 0x400 || (cut == 0x400 && (rest || kept & 1 == 1));
        let rounded = kept.saturating_add(u64::from(up));
        // An exponent of 1 023 for 1.0; the leading bit of the significand adds the one that is missing
        // here, and another one where it was rounded up to the next power of two.
        let exponent = u64::try_from(length).ok()?.checked_add(1021)?;
        let bits = exponent.checked_shl(52).filter(|_| exponent < 2046)?.checked_add(rounded)?;
        let value = f64::from_bits(bits);
        value.is_finite().then_some(if self.is_negative() { -value } else { value })
    }

    /// Whether it is less than zero.
    pub fn is_negative(&self) -> bool {
        match self.0 {
            Repr::Small(value) => value < 0,
            Repr::Big { negative, .. } => negative,
        }
    }

    /// The reader gives only such as are beyond `i64`.
    pub(super) fn from_reader(big: Big<'_>) -> Self {
        Self(Repr::Big { negative: big.negative, magnitude: big.magnitude.into() })
    }

    /// The magnitude is little-endian and may have leading zeros.
    fn from_magnitude(negative: bool, padded: &[u8]) -> Self {
        let big = Big::new(negative, padded);
        big.to_i64().map_or_else(|| Self::from_reader(big), |value| Self(Repr::Small(value)))
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        match &self.0 {
            Repr::Small(value) => writer::integer(out, *value),
            Repr::Big { negative, magnitude } => writer::big(out, *negative, magnitude)?,
        }
        Ok(())
    }

    /// By value, exactly.
    pub(super) fn cmp_float(&self, float: Float) -> Ordering {
        let value = float.get();
        let (top, length) = top_of(value.abs());
        let by_magnitude = || {
            let (own_top, own_length, rest) = self.top();
            own_length.cmp(&length).then(own_top.cmp(&top)).then(rest.cmp(&false))
        };
        match (self.is_negative(), value < 0.0) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => by_magnitude(),
            (true, true) => by_magnitude().reverse(),
        }
    }

    /// The 64 bits from the highest one that is set, the number of bits from there on, and whether
    /// any bit below the 64 is set. All zero for zero.
    fn top(&self) -> (u64, usize, bool) {
        let small;
        let magnitude: &[u8] = match &self.0 {
            Repr::Small(value) => {
                small = value.unsigned_abs().to_le_bytes();
                &small
            }
            Repr::Big { magnitude, .. } => magnitude,
        };
        let below = magnitude.len().saturating_sub(16);
        let (below, highest) = magnitude.split_at_checked(below).unwrap_or_default();
        let highest =
            highest.iter().rev().fold(0, |sum: u128, &byte| (sum << 8) | u128::from(byte));
        let zeros = highest.leading_zeros();
        let shifted = highest.checked_shl(zeros).unwrap_or(0);
        let [top, low] = [shifted >> 64, shifted & u128::from(u64::MAX)]
            .map(|half| u64::try_from(half).unwrap_or(u64::MAX));
        let bits = usize::try_from(128_u32.saturating_sub(zeros)).unwrap_or(0);
        let length = below.len().saturating_mul(8).saturating_add(bits);
        (top, length, low != 0 || below.iter().any(|&byte| byte != 0))
    }
}

/// Of a float that is not negative what [`Integer::top`] gives: all zero for zero, a length of zero
/// and a top of one for what lies between zero and one.
fn top_of(value: f64) -> (u64, usize) {
    let bits = value.to_bits();
    let length = usize::try_from((bits >> 52).saturating_sub(1022)).unwrap_or(0);
    match length {
        0 => (u64::from(bits != 0), 0),
        _ => ((1 << 63) | (bits << 12 >> 1), length),
    }
}

impl PartialOrd for Integer {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Integer {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Small(one), Repr::Small(other)) => one.cmp(other),
            (Repr::Small(_), Repr::Big { negative: true, .. })
            | (Repr::Big { negative: false, .. }, Repr::Small(_)) => Ordering::Greater,
            (Repr::Small(_), Repr::Big { .. }) | (Repr::Big { .. }, Repr::Small(_)) => {
                Ordering::Less
            }
            (
                Repr::Big { negative, magnitude },
                Repr::Big { negative: other_negative, magnitude: other },
            ) => {
                let by_magnitude = || {
                    let by_length = magnitude.len().cmp(&other.len());
                    by_length.then_with(|| magnitude.iter().rev().cmp(other.iter().rev()))
                };
                match (negative, other_negative) {
                    (false, false) => by_magnitude(),
                    (true, true) => by_magnitude().reverse(),
                    (false, true) => Ordering::Greater,
                    (true, false) => Ordering::Less,
                }
            }
        }
    }
}

impl From<i128> for Integer {
    fn from(value: i128) -> Self {
        Self::from_magnitude(value < 0, &value.unsigned_abs().to_le_bytes())
    }
}

impl From<u128> for Integer {
    fn from(value: u128) -> Self {
        Self::from_magnitude(false, &value.to_le_bytes())
    }
}

impl TryFrom<&Integer> for i128 {
    type Error = IntegerError;

    fn try_from(integer: &Integer) -> Result<Self, IntegerError> {
        integer.to_i128().ok_or(IntegerError::Range)
    }
}

impl TryFrom<&Integer> for u128 {
    type Error = IntegerError;

    fn try_from(integer: &Integer) -> Result<Self, IntegerError> {
        integer.to_u128().ok_or(IntegerError::Range)
    }
}

/// The conversions of every integer type that fits `i128`.
macro_rules! convert {
    ($($type:ty)*) => {$(
        impl From<$type> for Integer {
            fn from(value: $type) -> Self {
                i64::try_from(value).map_or_else(
                    |_| Self::from_magnitude(false, &value.to_le_bytes()),
                    |value| Self(Repr::Small(value)),
                )
            }
        }

        impl TryFrom<&Integer> for $type {
            type Error = IntegerError;

            fn try_from(integer: &Integer) -> Result<Self, IntegerError> {
                let value = integer.to_i128().ok_or(IntegerError::Range)?;
                value.try_into().map_err(|_| IntegerError::Range)
            }
        }
    )*};
}

convert!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);

/// Why text, or an integer of any size, is not the integer asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IntegerError {
    /// Not an optional sign and digits.
    Syntax,
    /// Beyond the type asked for.
    Range,
}

impl fmt::Display for IntegerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Syntax => "not an integer",
            Self::Range => "the integer is out of range",
        })
    }
}

impl core::error::Error for IntegerError {}
