//! Times as text, the one form in which they go to every database and come from it.

use std::{format, string::String};

use crate::{calendar, time::Timestamp};

/// How fine the times of the table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// `timestamp(0)`, `datetime`, `:utc_datetime`: whole seconds, rounded down.
    Seconds,
    /// `timestamp(6)`, `datetime(6)`, `:utc_datetime_usec`. This crate writes whole milliseconds.
    Microseconds,
}

/// The last millisecond of the year 9999.
const LATEST: i64 = 253_402_300_799_999;
/// The first millisecond of the year 1.
const EARLIEST: i64 = -62_135_596_800_000;
const DAY: i64 = 86_400_000;

/// `2026-01-02T03:04:05`, with six more digits for microseconds.
///
/// Clamped to the years 1 to 9999, which all the databases can hold.
pub(crate) fn write(time: Timestamp, precision: Precision) -> String {
    let (date, millis) = split(time);
    match precision {
        Precision::Seconds => format!("{date}{}", clock(millis)),
        Precision::Microseconds => format!("{date}{}.{:03}000", clock(millis), millis % 1000),
    }
}

/// As the table keeps it.
pub(crate) fn cut(time: Timestamp, precision: Precision) -> Timestamp {
    let millis = time.as_millis();
    match precision {
        Precision::Seconds => {
            Timestamp::from_millis(millis.saturating_sub(millis.rem_euclid(1000)))
        }
        Precision::Microseconds => time,
    }
}

/// `2026-01-02T03:04:05.678`, the form in which SQLite compares.
pub(crate) fn write_millis(time: Timestamp) -> String {
    let (date, millis) = split(time);
    format!("{date}{}.{:03}", clock(millis), millis % 1000)
}

/// Reads `2026-01-02T03:04:05`, with a space for the `T`, a fraction or a `Z`, where there is one.
///
/// The fraction is cut to milliseconds.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (date, time) = seconds.split_once(['T', ' '])?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let in_range = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !in_range {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    Some(join(year, month, day, [hour, minute, second], millis))
}

/// The numbers of a date or time, each of so many digits.
fn numbers(text: &str, separator: char, digits: [usize; 3]) -> Option<[i64; 3]> {
    let mut numbers = [0; 3];
    let mut parts = text.split(separator);
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next().filter(|part| part.len() == digits)?;
        *number = part.parse().ok().filter(|_| part.bytes().all(|byte| byte.is_ascii_digit()))?;
    }
    parts.next().is_none().then_some(numbers)
}

/// The date with its `T`, and the milliseconds of the day.
#[expect(clippy::arithmetic_side_effects, reason = "the time is clamped to the years 1 to 9999")]
fn split(time: Timestamp) -> (String, i64) {
    let millis = time.as_millis().clamp(EARLIEST, LATEST);
    let (year, month, day) = calendar::date(millis.div_euclid(DAY));
    (format!("{year:04}-{month:02}-{day:02}T"), millis - millis.div_euclid(DAY) * DAY)
}

fn clock(millis: i64) -> String {
    format!("{:02}:{:02}:{:02}", millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60)
}

#[expect(clippy::arithmetic_side_effects, reason = "every part has at most four digits")]
fn join(year: i64, month: i64, day: i64, time: [i64; 3], millis: i64) -> Timestamp {
    let [hour, minute, second] = time;
    let days = calendar::days(year, month, day);
    Timestamp::from_millis(days * DAY + hour * 3_600_000 + minute * 60_000 + second * 1000 + millis)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_is_written_as_ecto_writes_it() {
        let time = Timestamp::from_millis(1_767_323_045_678);
        assert_eq!(write(time, Precision::Seconds), "2026-01-02T03:04:05");
        assert_eq!(write(time, Precision::Microseconds), "2026-01-02T03:04:05.678000");
        assert_eq!(write_millis(time), "2026-01-02T03:04:05.678");
        let leap_day = Timestamp::from_secs(951_782_400);
        assert_eq!(write(leap_day, Precision::Seconds), "2000-02-29T00:00:00");
    }

    #[test]
    fn every_spelling_of_a_time_is_read() {
        let time = Timestamp::from_millis(1_767_323_045_678);
        for text in ["2026-01-02T03:04:05.678", "2026-01-02 03:04:05.678999Z"] {
            assert_eq!(read(text), Some(time), "{text}");
        }
        assert_eq!(read("2026-01-02T03:04:05Z"), Some(Timestamp::from_secs(1_767_323_045)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        let written = "2026-01-31T23:59:59.678";
        assert!(read(written).is_some());
        for (part, others) in [
            ("2026", ["26", "02026", "+026", "202x"].as_slice()),
            ("-01-", &["-00-", "-13-", "-1-", "-+1-", "/01/", "-"]),
            ("-31", &["-00", "-32", "-1", "", "-31-31"]),
            ("T", &["", "t", "TT"]),
            ("23", &["24", "3", "+3", "-3"]),
            (":59:59", &[":60:59", ":59:60", ":59", ":59:59:59", ":5:59", "-59-59"]),
            (".678", &[".67x", ".+67", ".6.7", ".678z", ".678ZZ"]),
        ] {
            for other in others {
                let text = written.replacen(part, other, 1);
                assert_eq!(read(&text), None, "{text}");
            }
        }
        for text in ["", "now", "2026-01-02"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn times_beyond_the_years_of_the_databases_are_the_first_and_the_last() {
        for (time, text) in [
            (i64::MIN, "0001-01-01T00:00:00.000"),
            (EARLIEST, "0001-01-01T00:00:00.000"),
            (LATEST, "9999-12-31T23:59:59.999"),
            (i64::MAX, "9999-12-31T23:59:59.999"),
        ] {
            assert_eq!(write_millis(Timestamp::from_millis(time)), text);
        }
    }

    proptest! {
        #[test]
        fn reading_undoes_writing(millis in EARLIEST..=LATEST) {
            let time = Timestamp::from_millis(millis);
            prop_assert_eq!(read(&write(time, Precision::Microseconds)), Some(time));
            prop_assert_eq!(read(&write_millis(time)), Some(time));
            let seconds = Timestamp::from_secs(millis.div_euclid(1000));
            prop_assert_eq!(read(&write(time, Precision::Seconds)), Some(seconds));
        }
    }
}
