//! Integers and floats of the wire as Rust's.

use ::serde::de::{Expected, Visitor};

use super::{Refused, mismatch};
use crate::term::reader::Head;

/// As `u64` or `i64` where it fits, beyond as `i128` or `u128`.
pub(super) fn visit_integer<'de, V: Visitor<'de>>(
    head: &Head<'de>,
    visitor: V,
) -> Result<V::Value, Refused> {
    let Head::Big(big) = head else { return visit_64_bits(head, visitor) };
    match (big.to_u128(), big.to_i128()) {
        (Some(value), _) if u64::try_from(value).is_ok() => visit_64_bits(head, visitor),
        (_, Some(value)) => visitor.visit_i128(value),
        (Some(value), None) => visitor.visit_u128(value),
        (None, None) => Err(Refused::expected(&visitor, "an integer of more than 128 bits")),
    }
}

/// As `u64` or `i64`, for a target that takes no more.
pub(super) fn visit_64_bits<'de, V: Visitor<'de>>(
    head: &Head<'de>,
    visitor: V,
) -> Result<V::Value, Refused> {
    match head {
        Head::Small(value) => visit_i64(*value, visitor),
        Head::Big(big) => match big.to_u128().map(u64::try_from) {
            Some(Ok(value)) => visitor.visit_u64(value),
            _ => Err(Refused::expected(&visitor, "an integer that does not fit")),
        },
        head => Err(mismatch(head, &visitor)),
    }
}

pub(super) fn visit_i64<'de, V: Visitor<'de>>(value: i64, visitor: V) -> Result<V::Value, Refused> {
    match u64::try_from(value) {
        Ok(value) => visitor.visit_u64(value),
        Err(_) => visitor.visit_i64(value),
    }
}

/// A float, or an integer that is the same number: where Elixir computes with integers it writes
/// 1 and not 1.0. One that would have to be rounded does not fit.
pub(super) fn f64(head: &Head<'_>) -> Option<f64> {
    float(head, f64::MANTISSA_DIGITS)
}

/// As [`f64`], for a target that rounds to `f32`: a float beyond its range does not fit.
pub(super) fn f32(head: &Head<'_>) -> Option<f64> {
    float(head, f32::MANTISSA_DIGITS).filter(|value| value.abs() <= f64::from(f32::MAX))
}

pub(super) fn no_float(head: &Head<'_>, expected: &dyn Expected) -> Refused {
    match head {
        Head::Small(_) | Head::Big(_) => {
            Refused::expected(expected, "an integer that would be rounded")
        }
        Head::Float(_) => Refused::expected(expected, "a float out of range"),
        head => mismatch(head, expected),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "only integers of no more significant bits than the float holds come so far"
)]
fn float(head: &Head<'_>, digits: u32) -> Option<f64> {
    let (magnitude, negative) = match head {
        Head::Float(value) => return Some(*value),
        Head::Small(value) => (u128::from(value.unsigned_abs()), *value < 0),
        Head::Big(big) => (big.magnitude()?, big.negative),
        _ => return None,
    };
    let unused = magnitude.leading_zeros().saturating_add(magnitude.trailing_zeros());
    if u128::BITS.saturating_sub(unused) > digits {
        return None;
    }
    let value = magnitude as f64;
    Some(if negative { -value } else { value })
}
