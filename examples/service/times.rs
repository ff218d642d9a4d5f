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
    format!("<time datetime=\"{time}\" title=\"{time}\">{}</time>", Escaped(&text))
}

fn count(number: i64, unit: &str) -> String {
    format!("{number} {unit}{} ago", if number == 1 { "" } else { "s" })
}
