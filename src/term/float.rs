//! Floats: finite, always.

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
#[derive(Clone, Copy, Debug)]
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
