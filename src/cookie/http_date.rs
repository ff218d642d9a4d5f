//! Dates of HTTP headers: `Fri, 02 Jan 2026 03:05:05 GMT` ([RFC 9110 §5.6.7]).
//!
//! [RFC 9110 §5.6.7]: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7

use core::{fmt, time::Duration};

use crate::{calendar, time::Timestamp};

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
        const MONTHS: [&str; 13] = [
            "", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ];
        let (days, second) = (self.0 / 86_400, self.0 % 86_400);
        let weekday = usize::try_from(days % 7).ok().and_then(|day| DAYS.get(day));
        let (year, month, day) = calendar::date(i64::try_from(days).unwrap_or_default());
        let month = usize::try_from(month).ok().and_then(|month| MONTHS.get(month));
        write!(
            f,
            "{}, {day:02} {} {year} {:02}:{:02}:{:02} GMT",
            weekday.unwrap_or(&""),
            month.unwrap_or(&""),
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
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
