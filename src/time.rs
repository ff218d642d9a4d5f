//! Moments and ages as tokens keep them: milliseconds since 1970, and seconds or `:infinity`.

use core::{fmt, time::Duration};

/// A moment: milliseconds since 1970-01-01T00:00:00Z, as `System.os_time(:millisecond)` in Elixir.
///
/// # Example
/// ```
/// use phoenix_token::Timestamp;
///
/// let signed_at = Timestamp::from_secs(1_700_000_000);
/// assert_eq!(signed_at.as_millis(), 1_700_000_000_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment `millis` milliseconds after 1970 began, before it where negative.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The moment `secs` seconds after 1970 began; saturates at the ends of `i64` milliseconds.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since 1970 began.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The clock of the operating system.
    #[cfg(feature = "std")]
    pub fn now() -> Self {
        std::time::SystemTime::now().into()
    }

    #[inline]
    pub(crate) fn saturating_from_millis(millis: i128) -> Self {
        let bounds = i128::from(i64::MIN)..=i128::from(i64::MAX);
        let clamped = millis.clamp(*bounds.start(), *bounds.end());
        Self(i64::try_from(clamped).unwrap_or(i64::MAX))
    }
}

#[cfg(feature = "std")]
impl From<std::time::SystemTime> for Timestamp {
    /// Rounds down to the millisecond; saturates at the ends of `i64` milliseconds.
    fn from(time: std::time::SystemTime) -> Self {
        let millis = match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => {
                let seconds = i64::try_from(after.as_secs()).unwrap_or(i64::MAX);
                seconds.saturating_mul(1000).saturating_add(after.subsec_millis().into())
            }
            Err(before) => {
                let nanos = i128::try_from(before.duration().as_nanos()).unwrap_or(i128::MAX);
                let millis = nanos.saturating_neg().div_euclid(1_000_000);
                i64::try_from(millis).unwrap_or(i64::MIN)
            }
        };
        Self(millis)
    }
}

/// How long a token is valid, from the moment it was signed: whole seconds, a fraction, or for ever.
///
/// Kept on the wire as it was given: an integer, a float, or the atom `:infinity`. Zero and less
/// mean that the token is expired from the start. There is no way but [`MaxAge::INFINITY`] to say
/// "never expires".
///
/// # Example
/// ```
/// use phoenix_token::MaxAge;
/// use std::time::Duration;
///
/// assert_eq!(MaxAge::days(14), MaxAge::seconds(1_209_600));
/// assert_eq!(MaxAge::from(Duration::from_millis(500)).to_string(), "0.5 s");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MaxAge(pub(crate) Age);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Age {
    /// Seconds; what a token holds beyond `i128` is kept as the nearest `i128`.
    Seconds(i128),
    /// Seconds, finite.
    Fraction(f64),
    Infinity,
}

impl MaxAge {
    /// No expiry: `:infinity`.
    pub const INFINITY: Self = Self(Age::Infinity);

    /// What Plug.Crypto takes when nothing is said: 86 400 seconds.
    pub const DEFAULT: Self = Self::days(1);

    /// So many seconds.
    pub const fn seconds(seconds: i64) -> Self {
        Self(Age::Seconds(seconds as i128))
    }

    /// So many minutes of 60 seconds.
    pub const fn minutes(minutes: u32) -> Self {
        Self(Age::Seconds((minutes as i128).saturating_mul(60)))
    }

    /// So many hours of 3 600 seconds.
    pub const fn hours(hours: u32) -> Self {
        Self(Age::Seconds((hours as i128).saturating_mul(3_600)))
    }

    /// So many days of 86 400 seconds.
    pub const fn days(days: u32) -> Self {
        Self(Age::Seconds((days as i128).saturating_mul(86_400)))
    }

    /// Seconds with a fraction, kept as a float on the wire; `None` for NaN and infinities, which
    /// no term can hold.
    pub const fn seconds_f64(seconds: f64) -> Option<Self> {
        if seconds.is_finite() { Some(Self(Age::Fraction(seconds))) } else { None }
    }
}

impl Default for MaxAge {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl From<Duration> for MaxAge {
    /// Whole seconds become an integer, all else a float.
    fn from(duration: Duration) -> Self {
        if duration.subsec_nanos() == 0 {
            Self(Age::Seconds(i128::from(duration.as_secs())))
        } else {
            Self(Age::Fraction(duration.as_secs_f64()))
        }
    }
}

impl fmt::Display for MaxAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Age::Seconds(seconds) => write!(f, "{seconds} s"),
            Age::Fraction(seconds) => write!(f, "{seconds} s"),
            Age::Infinity => f.write_str("infinity"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn an_age_is_printed_in_seconds() {
        assert_eq!(MaxAge::minutes(2).to_string(), "120 s");
        assert_eq!(MaxAge::seconds_f64(1.5).map(|age| age.to_string()).as_deref(), Some("1.5 s"));
        assert_eq!(MaxAge::INFINITY.to_string(), "infinity");
    }

    #[test]
    #[cfg(feature = "std")]
    fn a_system_time_is_rounded_down_to_the_millisecond_on_both_sides_of_1970() {
        let epoch = std::time::UNIX_EPOCH;
        let nanos = Duration::from_nanos(1_500_000);
        assert_eq!(Timestamp::from(epoch + nanos), Timestamp::from_millis(1));
        assert_eq!(Timestamp::from(epoch - nanos), Timestamp::from_millis(-2));
        let later = Duration::from_millis(1_767_268_800_999);
        assert_eq!(Timestamp::from(epoch + later), Timestamp::from_millis(1_767_268_800_999));
        assert_eq!(Timestamp::from(epoch - later), Timestamp::from_millis(-1_767_268_800_999));
    }

    #[test]
    #[cfg(all(feature = "std", target_os = "linux"))]
    fn a_system_time_beyond_all_milliseconds_saturates() {
        let epoch = std::time::UNIX_EPOCH;
        let ages = Duration::from_secs(i64::MAX.unsigned_abs());
        let ends = [epoch.checked_add(ages), epoch.checked_sub(ages)];
        assert_eq!(
            ends.map(|end| end.map(Timestamp::from)),
            [Some(Timestamp::from_millis(i64::MAX)), Some(Timestamp::from_millis(i64::MIN)),]
        );
    }

    #[test]
    fn a_timestamp_saturates() {
        assert_eq!(Timestamp::from_secs(i64::MAX).as_millis(), i64::MAX);
        assert_eq!(Timestamp::saturating_from_millis(i128::MIN).as_millis(), i64::MIN);
        assert_eq!(Timestamp::saturating_from_millis(i128::MAX).as_millis(), i64::MAX);
    }

    #[test]
    fn nan_and_infinities_are_no_ages() {
        assert_eq!(MaxAge::seconds_f64(f64::NAN), None);
        assert_eq!(MaxAge::seconds_f64(f64::INFINITY), None);
        assert_eq!(MaxAge::seconds_f64(f64::NEG_INFINITY), None);
        assert_eq!(MaxAge::seconds_f64(0.5).map(|age| age.0), Some(Age::Fraction(0.5)));
    }
}
