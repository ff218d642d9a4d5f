//! Dates of HTTP headers: `Fri, 02 Jan 2026 03:05:05 GMT` ([RFC 9110 §5.6.7]).
//!
//! [RFC 9110 §5.6.7]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7

use core::{fmt, time::Duration};

use crate::time::Timestamp;

/// A second of the years 1970 to 9999, counted from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct HttpDate(u64);

impl HttpDate {
    /// When 1970 began.
    pub(super) const EPOCH: Self = Self(0);
    /// The last second of 9999: dates have four digits for the year.
    const LAST: u64 = 253_402_300_799;

    /// So long after `now`, which is rounded down to the second.
    pub(super) fn after(now: Timestamp, age: Duration) -> Self {
        let now = u64::try_from(now.as_millis().div_euclid(1000)).unwrap_or(0);
        Self(now.saturating_add(age.as_secs()).min(Self::LAST))
    }

    #[cfg(feature = "cookie")]
    pub(super) fn as_secs(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }
}

impl fmt::Display for HttpDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        let (days, second) = (self.0 / 86_400, self.0 % 86_400);
        let weekday = usize::try_from(days % 7).ok().and_then(|day| DAYS.get(day));
        let (year, month, day) = date(days);
        write!(
            f,
            "{}, {day:02} {month} {year} {:02}:{:02}:{:02} GMT",
            weekday.unwrap_or(&""),
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

/// Year, month and day of the month, so many days after 1970-01-01.
#[expect(clippy::arithmetic_side_effects, reason = "days and years are few")]
fn date(mut days: u64) -> (u64, &'static str, u64) {
    // Periods of 400 years are all alike; what is left is a loop of at most 399 + 12 steps.
    let mut year = 1970 + days / DAYS_OF_400_YEARS * 400;
    days %= DAYS_OF_400_YEARS;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    for (month, length) in MONTHS {
        let length = length + u64::from(month == "Feb" && is_leap(year));
        if days < length {
            return (year, month, days + 1);
        }
        days -= length;
    }
    (year, "Dec", 31)
}

const DAYS_OF_400_YEARS: u64 = 146_097;

const MONTHS: [(&str, u64); 12] = [
    ("Jan", 31),
    ("Feb", 28),
    ("Mar", 31),
    ("Apr", 30),
    ("May", 31),
    ("Jun", 30),
    ("Jul", 31),
    ("Aug", 31),
    ("Sep", 30),
    ("Oct", 31),
    ("Nov", 30),
    ("Dec", 31),
];

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use super::*;

    fn text(seconds: i64) -> String {
        HttpDate::after(Timestamp::from_secs(seconds), Duration::ZERO).to_string()
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        // `date -u -d @N '+%a, %d %b %Y %H:%M:%S GMT'`
        for (seconds, date) in [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT"),
            (951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT"),
            (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (1_767_323_105, "Fri, 02 Jan 2026 03:05:05 GMT"),
            (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
            (13_574_563_200, "Tue, 29 Feb 2400 00:00:00 GMT"),
            (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ] {
            assert_eq!(text(seconds), date);
        }
    }

    #[test]
    fn what_has_no_date_is_the_first_or_the_last() {
        assert_eq!(text(-1), text(0));
        assert_eq!(text(253_402_300_800), text(253_402_300_799));
        let ages = HttpDate::after(Timestamp::from_secs(1), Duration::MAX);
        assert_eq!(ages.to_string(), text(253_402_300_799));
    }

    #[test]
    fn now_is_rounded_down_to_the_second() {
        let late = HttpDate::after(Timestamp::from_millis(59_999), Duration::from_secs(1));
        assert_eq!(late.to_string(), text(60));
    }
}
