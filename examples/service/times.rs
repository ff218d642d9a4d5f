//! Times, as a person says them.

use phoenix_token::Timestamp;

use super::html::Escaped;

/// Such as "5 minutes ago", with the moment itself for programs and for a pointer that rests on it.
pub(crate) fn ago(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_millis().saturating_sub(time.as_millis()).max(0) / 1000;
    let text = match seconds {
        ..60 => "just now".to_owned(),
        60..3_600 => count(seconds / 60, "minute"),
        3_600..86_400 => count(seconds / 3_600, "hour"),
        _ => count(seconds / 86_400, "day"),
    };
    let moment = iso(time);
    format!("<time datetime=\"{moment}\" title=\"{moment}\">{}</time>", Escaped(&text))
}

fn count(number: i64, unit: &str) -> String {
    format!("{number} {unit}{} ago", if number == 1 { "" } else { "s" })
}

/// `2026-01-02T03:04:05Z`
pub(crate) fn iso(time: Timestamp) -> String {
    let seconds = time.as_millis().div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = date(days);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}Z", second % 60)
}

/// Year, month and day of a day since 1970, counted in years that begin in March.
#[allow(clippy::arithmetic_side_effects, reason = "days of this era are small")]
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let january = i64::from(month >= 10);
    (era * 400 + year + january, if january == 1 { month - 9 } else { month + 3 }, day)
}
