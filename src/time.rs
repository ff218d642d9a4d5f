//! Moments and ages as tokens keep them: milliseconds since 1970, and seconds or `:infinity`.

use core::{fmt, time::Duration};

use crate::calendar;

/// A moment: milliseconds since 1970-01-01T00:00:00Z, as `System.os_time(:millisecond)` in Elixir.
/// It is printed as Elixir prints a `DateTime`, with milliseconds where there are some.
///
/// # Example
/// ```
/// use phoenix_token::Timestamp;
///
/// let signed_at = Timestamp::from_secs(1_700_000_000);
/// assert_eq!(signed_at.as_millis(), 1_700_000_000_000);
/// assert_eq!(signed_at.to_string(), "2023-11-14 22:13:20Z");
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

    /// So much later, what is less than a millisecond of it left out; `None` beyond `i64` milliseconds.
    ///
    /// # Example
    /// ```
    /// use phoenix_token::Timestamp;
    /// use std::time::Duration;
    ///
    /// let signed_at = Timestamp::from_secs(1_700_000_000);
    /// let hour = Duration::from_secs(3600);
    /// assert_eq!(signed_at.checked_add(hour), Some(Timestamp::from_secs(1_700_003_600)));
    /// assert_eq!(Timestamp::from_millis(i64::MAX).checked_add(hour), None);
    /// ```
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        let millis = i128::from(self.0).checked_add(i128::try_from(duration.as_millis()).ok()?)?;
        i64::try_from(millis).ok().map(Self)
    }

    /// So much earlier, what is less than a millisecond of it left out; `None` beyond `i64`
    /// milliseconds.
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        let millis = i128::from(self.0).checked_sub(i128::try_from(duration.as_millis()).ok()?)?;
        i64::try_from(millis).ok().map(Self)
    }

    /// The same moment as the system's clock tells it; `None` if that cannot tell it.
    #[cfg(feature = "std")]
    pub fn to_system_time(self) -> Option<std::time::SystemTime> {
        let distance = Duration::from_millis(self.0.unsigned_abs());
        match self.0 < 0 {
            true => std::time::UNIX_EPOCH.checked_sub(distance),
            false => std::time::UNIX_EPOCH.checked_add(distance),
        }
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

    /// Whether there is no expiry.
    pub const fn is_infinite(self) -> bool {
        matches!(self.0, Age::Infinity)
    }

    /// The age as a duration; `None` for [`MaxAge::INFINITY`].
    ///
    /// Less than nothing, with which a token is expired from the start, is [`Duration::ZERO`], and
    /// more than a duration can hold is [`Duration::MAX`].
    ///
    /// # Example
    /// ```
    /// use phoenix_token::MaxAge;
    /// use std::time::Duration;
    ///
    /// assert_eq!(MaxAge::minutes(2).as_duration(), Some(Duration::from_secs(120)));
    /// assert_eq!(MaxAge::INFINITY.as_duration(), None);
    /// ```
    pub fn as_duration(self) -> Option<Duration> {
        let (duration, is_positive) = match self.0 {
            Age::Seconds(seconds) => {
                (u64::try_from(seconds).ok().map(Duration::from_secs), seconds > 0)
            }
            Age::Fraction(seconds) => (Duration::try_from_secs_f64(seconds).ok(), seconds > 0.0),
            Age::Infinity => return None,
        };
        let beyond = if is_positive { Duration::MAX } else { Duration::ZERO };
        Some(duration.unwrap_or(beyond))
    }
}

impl Default for MaxAge {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl From<Duration> for MaxAge {
    /// Whole seconds become an integer, all else the nearest float, or the one above it where a
    /// millisecond would be lost: whoever verifies multiplies it by 1 000 and cuts what is less than one.
    fn from(duration: Duration) -> Self {
        if duration.subsec_nanos() == 0 {
            return Self(Age::Seconds(i128::from(duration.as_secs())));
        }
        let seconds = duration.as_secs_f64();
        let is_short = in_millis(seconds) < duration.as_millis();
        Self(Age::Fraction(if is_short { seconds.next_up() } else { seconds }))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "truncation is the rule; no duration is negative"
)]
fn in_millis(seconds: f64) -> u128 {
    (seconds * 1000.0) as u128
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, of_day) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let (year, month, day) = calendar::date(days);
        let (hour, minute, second) = (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1000 % 60);
        let sign = if year < 0 { "-" } else { "" };
        let year = year.unsigned_abs();
        write!(f, "{sign}{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")?;
        match of_day % 1000 {
            0 => f.write_str("Z"),
            millis => write!(f, ".{millis:03}Z"),
        }
    }
}

impl fmt::Display for MaxAge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Age::Seconds(seconds) => write!(f, "{seconds} s"),
            Age::Fraction(seconds) => {
                let text = alloc::format!("{seconds:.9}");
                write!(f, "{} s", text.trim_end_matches('0').trim_end_matches('.'))
            }
            Age::Infinity => f.write_str("infinity"),
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_moment_is_printed_as_elixir_prints_it() {
        // DateTime.to_string(DateTime.from_unix!(n, :millisecond)), without the `.000`
        for (millis, written) in [
            (0, "1970-01-01 00:00:00Z"),
            (-1, "1969-12-31 23:59:59.999Z"),
            (-2_203_977_600_000, "1900-02-28 00:00:00Z"),
            (-2_203_891_200_000, "1900-03-01 00:00:00Z"),
            (951_782_400_000, "2000-02-29 00:00:00Z"),
            (4_107_456_000_000, "2100-02-28 00:00:00Z"),
            (4_107_542_400_000, "2100-03-01 00:00:00Z"),
            (13_574_563_200_000, "2400-02-29 00:00:00Z"),
            (1_767_323_045_006, "2026-01-02 03:04:05.006Z"),
            (1_798_761_599_999, "2026-12-31 23:59:59.999Z"),
            (-62_167_219_200_000, "0000-01-01 00:00:00Z"),
            (-62_231_631_999_999, "-0003-12-16 11:33:20.001Z"),
        ] {
            assert_eq!(Timestamp::from_millis(millis).to_string(), written);
        }
        for end in [i64::MIN, i64::MAX] {
            assert!(Timestamp::from_millis(end).to_string().ends_with('Z'));
        }
    }

    #[test]
    fn an_age_is_printed_in_seconds() {
        assert_eq!(MaxAge::minutes(2).to_string(), "120 s");
        assert_eq!(MaxAge::seconds_f64(1.5).map(|age| age.to_string()).as_deref(), Some("1.5 s"));
        assert_eq!(MaxAge::seconds_f64(20.0).map(|age| age.to_string()).as_deref(), Some("20 s"));
        assert_eq!(MaxAge::from(Duration::from_millis(1001)).to_string(), "1.001 s");
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
    fn an_age_is_a_duration_unless_it_never_ends() {
        let duration = |age: MaxAge| (age.as_duration(), age.is_infinite());
        assert_eq!(duration(MaxAge::INFINITY), (None, true));
        for (age, expected) in [
            (MaxAge::seconds(1), Duration::from_secs(1)),
            (MaxAge::seconds(0), Duration::ZERO),
            (MaxAge::seconds(-1), Duration::ZERO),
            (MaxAge(Age::Seconds(u64::MAX.into())), Duration::from_secs(u64::MAX)),
            (MaxAge(Age::Seconds(1 << 64)), Duration::MAX),
            (MaxAge(Age::Seconds(i128::MIN)), Duration::ZERO),
            (MaxAge(Age::Fraction(1.5)), Duration::from_millis(1500)),
            (MaxAge(Age::Fraction(-0.5)), Duration::ZERO),
            (MaxAge(Age::Fraction(1e300)), Duration::MAX),
            (MaxAge(Age::Fraction(-1e300)), Duration::ZERO),
        ] {
            assert_eq!(duration(age), (Some(expected), false), "{age}");
        }
        for millis in [0, 1, 999, 1000, 86_400_000] {
            let duration = Duration::from_millis(millis);
            assert_eq!(MaxAge::from(duration).as_duration(), Some(duration));
        }
    }

    #[test]
    fn a_timestamp_moves_by_whole_milliseconds_and_never_around_the_end() {
        let (first, last) = (Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX));
        let at = Timestamp::from_millis;
        assert_eq!(at(-5).checked_add(Duration::from_millis(7)), Some(at(2)));
        assert_eq!(at(5).checked_sub(Duration::from_millis(7)), Some(at(-2)));
        let part = Duration::from_nanos(1_999_999);
        assert_eq!((at(0).checked_add(part), at(0).checked_sub(part)), (Some(at(1)), Some(at(-1))));
        let all = Duration::from_millis(u64::MAX);
        assert_eq!((first.checked_add(all), last.checked_sub(all)), (Some(last), Some(first)));
        let milli = Duration::from_millis(1);
        for beyond in [milli, all, Duration::MAX] {
            assert_eq!((first.checked_sub(beyond), last.checked_add(beyond)), (None, None));
        }
        assert_eq!(at(0).checked_add(Duration::MAX), None);
    }

    #[test]
    #[cfg(feature = "std")]
    fn a_timestamp_is_a_system_time_and_back() {
        for millis in [0, 1, -1, 1_767_268_800_999, -1_767_268_800_999] {
            let timestamp = Timestamp::from_millis(millis);
            assert_eq!(timestamp.to_system_time().map(Timestamp::from), Some(timestamp));
        }
        for millis in [i64::MIN, i64::MAX] {
            let timestamp = Timestamp::from_millis(millis);
            let there = timestamp.to_system_time().map(Timestamp::from);
            assert!(there.is_none_or(|there| there == timestamp), "never another moment");
        }
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
