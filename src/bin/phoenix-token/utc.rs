//! Moments as text: ISO 8601, in UTC.

use phoenix_token::Timestamp;

/// `2026-01-02 03:04:05Z`, with milliseconds where there are some.
pub(crate) fn text(moment: Timestamp) -> String {
    let millis = moment.as_millis();
    let (days, of_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let (year, month, day) = date(days);
    let (seconds, fraction) = (of_day.div_euclid(1000), of_day.rem_euclid(1000));
    let (hour, minute, second) =
        (seconds.div_euclid(3600), seconds.div_euclid(60) % 60, seconds % 60);
    let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:03}") };
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// The date of a day counted from 1970, in the Gregorian calendar: Howard Hinnant's
/// `civil_from_days`.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "a Timestamp has at most 1.1e11 days, which is far from any bound"
)]
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_on_both_sides_of_1970_and_in_leap_years() {
        for (secs, written) in [
            (0, "1970-01-01 00:00:00Z"),
            (-1, "1969-12-31 23:59:59Z"),
            (-2_203_977_600, "1900-02-28 00:00:00Z"),
            (-2_203_891_200, "1900-03-01 00:00:00Z"),
            (951_782_400, "2000-02-29 00:00:00Z"),
            (4_107_456_000, "2100-02-28 00:00:00Z"),
            (4_107_542_400, "2100-03-01 00:00:00Z"),
            (13_574_563_200, "2400-02-29 00:00:00Z"),
            (1_767_323_045, "2026-01-02 03:04:05Z"),
            (-62_167_219_200, "0000-01-01 00:00:00Z"),
        ] {
            assert_eq!(text(Timestamp::from_secs(secs)), written);
        }
        assert_eq!(text(Timestamp::from_millis(1_767_323_045_006)), "2026-01-02 03:04:05.006Z");
    }
}
