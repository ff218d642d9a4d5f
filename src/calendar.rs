//! The Gregorian calendar in UTC, also for the years before it was in use.

/// Year, month and day of the month, so many days after 1970-01-01.
///
/// Years are counted from 1 March, so that the leap day is the last of its year.
#[expect(clippy::arithmetic_side_effects, reason = "a `Timestamp` has at most 1.1e11 days")]
pub(crate) fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (months, late) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (year + era * 400 + late, months, day - (153 * month + 2) / 5 + 1)
}

/// So many days after 1970-01-01, for years of at most four digits.
#[cfg(feature = "store")]
#[expect(clippy::arithmetic_side_effects, reason = "every part has at most four digits")]
pub(crate) fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_era = of_era * 365 + of_era / 4 - of_era / 100 + (153 * month + 2) / 5 + day - 1;
    era * 146_097 + day_of_era - 719_468
}
