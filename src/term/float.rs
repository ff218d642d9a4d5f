//! Floats: finite, always.

use alloc::{format, string::String};
use core::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

/// A finite IEEE 754 double; Erlang has no NaN and no infinities.
///
/// As in OTP 27 and later, `-0.0` and `0.0` are different values; `-0.0` is the smaller here.
///
/// # Example
/// ```
/// use phoenix_token::term::Float;
///
/// assert_eq!(Float::new(1.5).map(Float::get), Some(1.5));
/// assert_eq!(Float::new(f64::NAN), None);
/// ```
#[derive(Clone, Copy)]
pub struct Float(f64);

impl Float {
    /// `None` for NaN and infinities.
    pub const fn new(value: f64) -> Option<Self> {
        if value.is_finite() { Some(Self(value)) } else { None }
    }

    /// The value.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Float {}

impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Float {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Float {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Display for Float {
    /// The shortest digits that read back as the same float, as Elixir prints them: `1.0`,
    /// `1.5e-7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shortest = shortest(self.0.abs());
        let (significand, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
        let digits = significand.replace('.', "");
        let exponent: i32 = exponent.parse().unwrap_or(0);
        f.write_str(if self.0.is_sign_negative() { "-" } else { "" })?;

        // Where the point stands among the digits; before or behind them zeros fill the gap.
        let point = exponent.saturating_add(1);
        let length = i32::try_from(digits.len()).unwrap_or(i32::MAX);
        let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
        // A whole number has all its digits up to 1.0e16; a small one has leading zeros where that is
        // not longer than the exponent.
        let is_whole = point >= length && self.0.abs() < 1.0e16;
        let exponent_length = format!("{exponent}").len();
        let scientific = exponent_length.saturating_add(if length == 1 { 1 } else { 0 });

        if is_whole {
            write!(f, "{digits}{}.0", zeros(point.saturating_sub(length)))
        } else if 0 < point && point < length {
            let (whole, fraction) =
                digits.split_at(usize::try_from(point).unwrap_or(0).min(digits.len()));
            write!(f, "{whole}.{fraction}")
        } else if point <= 0 && zeros(point.saturating_neg()).len() <= scientific {
            write!(f, "0.{}{digits}", zeros(point.saturating_neg()))
        } else {
            let (first, rest) = digits.split_at(1.min(digits.len()));
            write!(f, "{first}.{}e{exponent}", if rest.is_empty() { "0" } else { rest })
        }
    }
}

/// The fewest digits that read back as `value`, and of these the nearest to it; in a tie the last one
/// is even, as OTP has it.
fn shortest(value: f64) -> String {
    let shortest = format!("{value:e}");
    let places = shortest.bytes().filter(u8::is_ascii_digit).count();
    let exponent = shortest.split_once('e').map_or(0, |(_, exponent)| exponent.len());
    let exponent_sign = usize::from(shortest.contains("e-"));
    let places = places.saturating_add(exponent_sign).saturating_sub(exponent).saturating_sub(1);
    let nearest = format!("{value:.places$e}");
    if nearest.parse() == Ok(value) { nearest } else { shortest }
}

impl fmt::Debug for Float {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<f64> for Float {
    type Error = NotFinite;

    fn try_from(value: f64) -> Result<Self, NotFinite> {
        Self::new(value).ok_or(NotFinite)
    }
}

/// NaN or an infinity, which no term can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotFinite;

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a term holds no NaN and no infinity")
    }
}

impl core::error::Error for NotFinite {}
