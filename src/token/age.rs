//! The age rule: whether a token is still, or already, valid.
//!
//! `Plug.Crypto.verify/4` decides, in this order, with the verifier's age if given, else the
//! token's: `:infinity` is valid; `max_age <= 0` is expired; `signed_at > now` is invalid (here:
//! beyond a tolerance); `signed_at + trunc(max_age * 1000) < now` is expired. Equality is valid.
//! Both fields come from the wire and may be integers of any size, floats, or no numbers at all,
//! with which Elixir's arithmetic raises: that is invalid here.

use core::cmp::Ordering;

use super::options::Tolerance;
use crate::{
    error::VerifyError,
    events,
    time::{Age, MaxAge, Timestamp},
};

/// What stands in a token where a time or an age belongs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Field {
    Number(Number),
    Infinity,
    /// Any other term.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    /// Integers beyond `i128` are kept as the nearest `i128`: 5 × 10²⁷ years.
    Integer(i128),
    /// Finite.
    Float(f64),
}

/// Refuses what is expired or invalid at `now`.
#[inline(always)]
pub(crate) fn check(
    signed_at: Field,
    max_age: Field,
    now: Timestamp,
    tolerance: Tolerance,
) -> Result<(), VerifyError> {
    let max_age = match max_age {
        Field::Infinity => return Ok(()),
        Field::Number(max_age) => max_age,
        Field::Other => return Err(VerifyError::Invalid),
    };
    let now = i128::from(now.as_millis());
    if max_age.compare(0) != Ordering::Greater {
        return Err(VerifyError::Expired { since: since(signed_at, max_age) });
    }
    let Field::Number(signed_at) = signed_at else {
        return Err(VerifyError::Invalid);
    };
    if signed_at.is_ahead(now, tolerance) {
        return Err(VerifyError::Invalid);
    }
    let expiry = signed_at.after(max_age).ok_or(VerifyError::Invalid)?;
    if expiry.compare(now) == Ordering::Less {
        return Err(VerifyError::Expired { since: Some(expiry.to_timestamp()) });
    }
    Ok(())
}

/// Tells whoever keeps the clocks of a token that is refused because it was signed ahead.
#[cold]
pub(crate) fn tell_if_ahead(signed_at: Field, now: Timestamp, tolerance: Tolerance) {
    let now = i128::from(now.as_millis());
    if let Field::Number(signed_at) = signed_at
        && signed_at.is_ahead(now, tolerance)
    {
        events::signed_ahead(signed_at.to_timestamp(), now);
    }
}

/// When a token signed at `signed_at` ends; `None` for [`MaxAge::INFINITY`].
pub(crate) fn expiry(signed_at: Timestamp, max_age: MaxAge) -> Option<Timestamp> {
    let signed_at = Number::Integer(i128::from(signed_at.as_millis()));
    match Field::from(max_age) {
        Field::Number(max_age) => signed_at.after(max_age).map(Number::to_timestamp),
        Field::Infinity | Field::Other => None,
    }
}

fn since(signed_at: Field, max_age: Number) -> Option<Timestamp> {
    match signed_at {
        Field::Number(signed_at) => signed_at.after(max_age).map(Number::to_timestamp),
        Field::Infinity | Field::Other => None,
    }
}

impl From<i64> for Field {
    #[inline]
    fn from(integer: i64) -> Self {
        Self::Number(Number::Integer(i128::from(integer)))
    }
}

impl From<MaxAge> for Field {
    #[inline]
    fn from(max_age: MaxAge) -> Self {
        match max_age.0 {
            Age::Seconds(seconds) => Self::Number(Number::Integer(seconds)),
            Age::Fraction(seconds) => Self::Number(Number::Float(seconds)),
            Age::Infinity => Self::Infinity,
        }
    }
}

impl Field {
    /// The age it states, if it states one.
    #[inline]
    pub(crate) fn to_max_age(self) -> Option<MaxAge> {
        match self {
            Self::Number(Number::Integer(seconds)) => Some(MaxAge(Age::Seconds(seconds))),
            Self::Number(Number::Float(seconds)) => Some(MaxAge(Age::Fraction(seconds))),
            Self::Infinity => Some(MaxAge::INFINITY),
            Self::Other => None,
        }
    }

    /// The moment it states, if it states one.
    #[inline]
    pub(crate) fn to_timestamp(self) -> Option<Timestamp> {
        match self {
            Self::Number(millis) => Some(millis.to_timestamp()),
            Self::Infinity | Self::Other => None,
        }
    }
}

impl Number {
    /// `self + trunc(max_age * 1000)`; `None` where that overflows a float, which raises in Elixir.
    #[inline(always)]
    fn after(self, max_age: Self) -> Option<Self> {
        let millis = match max_age {
            Self::Integer(seconds) => Self::Integer(seconds.saturating_mul(1000)),
            Self::Float(seconds) => Self::truncated(finite(seconds * 1000.0)?),
        };
        match (self, millis) {
            (Self::Float(signed_at), Self::Integer(millis)) => {
                finite(signed_at + to_float(millis)).map(Self::Float)
            }
            (Self::Float(signed_at), Self::Float(millis)) => {
                finite(signed_at + millis).map(Self::Float)
            }
            (Self::Integer(signed_at), Self::Integer(millis)) => {
                Some(Self::Integer(signed_at.saturating_add(millis)))
            }
            (Self::Integer(signed_at), Self::Float(millis)) => {
                Some(Self::Integer(signed_at.saturating_add(trunc(millis))))
            }
        }
    }

    /// Without its fraction. A float beyond `i128` has none, and stays what it is.
    fn truncated(float: f64) -> Self {
        match trunc(float) {
            i128::MIN | i128::MAX => Self::Float(float),
            integer => Self::Integer(integer),
        }
    }

    /// By value, exactly: floats are not rounded to integers, nor integers to floats.
    #[inline(always)]
    fn compare(self, integer: i128) -> Ordering {
        match self {
            Self::Integer(own) => own.cmp(&integer),
            Self::Float(own) => trunc(own).cmp(&integer).then_with(|| {
                let fraction = own % 1.0;
                fraction.partial_cmp(&0.0).unwrap_or(Ordering::Equal)
            }),
        }
    }

    #[inline(always)]
    fn is_ahead(self, now: i128, tolerance: Tolerance) -> bool {
        let Tolerance::Millis(tolerance) = tolerance else { return false };
        let latest = now.saturating_add(i128::try_from(tolerance).unwrap_or(i128::MAX));
        self.compare(latest) == Ordering::Greater
    }

    #[inline]
    fn to_timestamp(self) -> Timestamp {
        Timestamp::saturating_from_millis(match self {
            Self::Integer(millis) => millis,
            Self::Float(millis) => trunc(millis),
        })
    }
}

fn finite(float: f64) -> Option<f64> {
    float.is_finite().then_some(float)
}

#[expect(clippy::cast_possible_truncation, reason = "truncation is the rule; it saturates")]
fn trunc(float: f64) -> i128 {
    float as i128
}

#[expect(clippy::cast_precision_loss, reason = "Erlang's addition rounds to a float as well")]
fn to_float(integer: i128) -> f64 {
    integer as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::arithmetic_side_effects, reason = "a test may panic")]
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_767_323_045_500);
    const DAY: Field = integer(86_400);
    const EXACT: Tolerance = Tolerance::Millis(0);

    const fn integer(value: i128) -> Field {
        Field::Number(Number::Integer(value))
    }

    const fn float(value: f64) -> Field {
        Field::Number(Number::Float(value))
    }

    fn at(millis_before: i128) -> Field {
        integer(i128::from(NOW.as_millis()) - millis_before)
    }

    fn expired_since(millis_before: i64) -> Result<(), VerifyError> {
        let since = Some(Timestamp::from_millis(NOW.as_millis() - millis_before));
        Err(VerifyError::Expired { since })
    }

    #[test]
    fn the_last_millisecond_is_valid_and_the_next_is_not() {
        assert_eq!(check(at(86_400_000), DAY, NOW, EXACT), Ok(()));
        assert_eq!(check(at(86_400_001), DAY, NOW, EXACT), expired_since(1));
    }

    #[test]
    fn a_fraction_of_an_age_is_cut_to_the_millisecond() {
        assert_eq!(check(at(1001), float(1.0015), NOW, EXACT), Ok(()));
        assert_eq!(check(at(1002), float(1.0015), NOW, EXACT), expired_since(1));
        assert_eq!(check(at(0), float(0.0001), NOW, EXACT), Ok(()));
        assert_eq!(check(at(1), float(0.0001), NOW, EXACT), expired_since(1));
    }

    #[test]
    fn no_age_or_less_is_expired_from_the_start_even_before_the_future_is_looked_at() {
        for age in
            [integer(0), integer(-1), integer(i128::MIN), float(0.0), float(-0.0), float(-0.5)]
        {
            for signed_at in [at(0), at(-1_000_000), Field::Other, Field::Infinity] {
                let verdict = check(signed_at, age, NOW, EXACT);
                assert!(
                    matches!(verdict, Err(VerifyError::Expired { .. })),
                    "{age:?} {signed_at:?}"
                );
            }
        }
        assert_eq!(check(at(0), integer(-5), NOW, EXACT), expired_since(5000));
        let nowhere = Err(VerifyError::Expired { since: None });
        assert_eq!(check(Field::Other, integer(0), NOW, EXACT), nowhere);
    }

    #[test]
    fn infinity_asks_for_nothing_else() {
        for signed_at in [at(i128::from(i64::MAX)), at(-1_000_000), Field::Other, float(1e300)] {
            assert_eq!(check(signed_at, Field::Infinity, NOW, EXACT), Ok(()));
        }
    }

    #[test]
    fn what_makes_elixir_raise_is_invalid() {
        let invalid = Err(VerifyError::Invalid);
        assert_eq!(check(at(0), Field::Other, NOW, EXACT), invalid);
        assert_eq!(check(Field::Other, DAY, NOW, EXACT), invalid);
        assert_eq!(check(Field::Infinity, DAY, NOW, EXACT), invalid);
        assert_eq!(check(at(0), float(f64::MAX), NOW, EXACT), invalid);
        assert_eq!(check(float(f64::MAX), float(1.7e305), NOW, Tolerance::Unlimited), invalid);
    }

    #[test]
    fn the_future_is_invalid_beyond_the_tolerance() {
        let minute = Tolerance::Millis(60_000);
        assert_eq!(check(at(-60_000), DAY, NOW, minute), Ok(()));
        assert_eq!(check(at(-60_001), DAY, NOW, minute), Err(VerifyError::Invalid));
        assert_eq!(check(at(0), DAY, NOW, EXACT), Ok(()));
        assert_eq!(check(at(-1), DAY, NOW, EXACT), Err(VerifyError::Invalid));
        assert_eq!(check(integer(i128::MAX), DAY, NOW, Tolerance::Unlimited), Ok(()));
        assert_eq!(check(integer(i128::MAX), DAY, NOW, Tolerance::Millis(u128::MAX)), Ok(()));
        assert_eq!(check(float(1_767_323_045_500.5), DAY, NOW, EXACT), Err(VerifyError::Invalid));
    }

    #[test]
    fn the_tolerance_never_lengthens_a_life() {
        let day = Tolerance::Millis(86_400_000);
        assert_eq!(check(at(86_400_001), DAY, NOW, day), expired_since(1));
        assert_eq!(check(at(60_001), integer(60), NOW, Tolerance::Unlimited), expired_since(1));
    }

    #[test]
    fn a_float_is_compared_with_the_clock_by_value() {
        let now = 1_767_323_045_500.0;
        assert_eq!(check(float(now - 1000.0), integer(1), NOW, EXACT), Ok(()));
        let half_late = check(float(now - 1000.5), integer(1), NOW, EXACT);
        assert!(matches!(half_late, Err(VerifyError::Expired { .. })));
        let negative = check(float(-0.5), integer(1), Timestamp::from_millis(1000), EXACT);
        assert!(matches!(negative, Err(VerifyError::Expired { .. })));
    }

    #[test]
    fn the_end_is_told_as_a_moment() {
        let signed_at = Timestamp::from_secs(100);
        assert_eq!(expiry(signed_at, MaxAge::seconds(60)), Some(Timestamp::from_secs(160)));
        assert_eq!(expiry(signed_at, MaxAge::INFINITY), None);
    }

    #[test]
    fn an_age_of_a_duration_has_all_its_milliseconds() {
        for millis in (0..20_000).chain([u64::from(u32::MAX) * 1000 + 1, 86_400_123_001]) {
            let age = MaxAge::from(core::time::Duration::from_millis(millis));
            let signed_at = Timestamp::from_secs(0);
            let end = i64::try_from(millis).ok().map(Timestamp::from_millis);
            assert_eq!(expiry(signed_at, age), end, "{millis}");
        }
    }
}
