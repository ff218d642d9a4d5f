//! Elixir's calendar structs as sigils.

use core::fmt::{self, Write};

use crate::term::{Map, Term};

/// `~D[2020-01-02]` and its like, where the map is a struct of that module with the fields that it
/// has, in the ISO calendar; says whether it was.
pub(super) fn sigil(map: &Map, f: &mut fmt::Formatter<'_>) -> Result<bool, fmt::Error> {
    let Some(moment) = Moment::of(map) else { return Ok(false) };
    write!(f, "~{}[", moment.sigil)?;
    if let Some([year, month, day]) = moment.date {
        let sign = if year < 0 { "-" } else { "" };
        write!(f, "{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs())?;
    }
    if moment.date.is_some() && moment.time.is_some() {
        f.write_char(' ')?;
    }
    if let Some(Time { hour, minute, second, microsecond, precision }) = moment.time {
        write!(f, "{hour:02}:{minute:02}:{second:02}")?;
        if precision > 0 {
            let cut = 10_i64.saturating_pow(6_u32.saturating_sub(precision));
            let digits = microsecond.checked_div(cut).unwrap_or(0);
            let width = usize::try_from(precision).unwrap_or(0);
            write!(f, ".{digits:0width$}")?;
        }
    }
    f.write_str(if moment.sigil == 'U' { "Z]" } else { "]" })?;
    Ok(true)
}

struct Moment {
    sigil: char,
    date: Option<[i64; 3]>,
    time: Option<Time>,
}

struct Time {
    hour: i64,
    minute: i64,
    second: i64,
    microsecond: i64,
    /// Digits after the point, 0 to 6.
    precision: u32,
}

impl Moment {
    fn of(map: &Map) -> Option<Self> {
        let atom = |key, name: &str| {
            map.get_atom(key).and_then(Term::as_atom).is_some_and(|atom| atom == name)
        };
        let (sigil, fields) = match map.get_atom("__struct__")?.as_atom()?.as_str() {
            "Elixir.Date" => ('D', 5),
            "Elixir.Time" => ('T', 6),
            "Elixir.NaiveDateTime" => ('N', 9),
            "Elixir.DateTime" => ('U', 13),
            _ => return None,
        };
        if map.len() != fields || !atom("calendar", "Elixir.Calendar.ISO") {
            return None;
        }
        let is_utc = || {
            map.get_atom("time_zone").and_then(Term::as_str) == Some("Etc/UTC")
                && map.get_atom("zone_abbr").and_then(Term::as_str) == Some("UTC")
                && ["utc_offset", "std_offset"]
                    .iter()
                    .all(|key| map.get_atom(key).and_then(Term::as_i64) == Some(0))
        };
        if sigil == 'U' && !is_utc() {
            return None;
        }
        let date = if sigil == 'T' { None } else { Some(date(map)?) };
        let time = if sigil == 'D' { None } else { Some(Time::of(map)?) };
        Some(Self { sigil, date, time })
    }
}

impl Time {
    fn of(map: &Map) -> Option<Self> {
        let [microsecond, precision] = map.get_atom("microsecond")?.as_tuple()? else {
            return None;
        };
        Some(Self {
            hour: number(map.get_atom("hour")?, 0, 23)?,
            minute: number(map.get_atom("minute")?, 0, 59)?,
            second: number(map.get_atom("second")?, 0, 59)?,
            microsecond: number(microsecond, 0, 999_999)?,
            precision: u32::try_from(number(precision, 0, 6)?).ok()?,
        })
    }
}

fn date(map: &Map) -> Option<[i64; 3]> {
    Some([
        number(map.get_atom("year")?, -9999, 9999)?,
        number(map.get_atom("month")?, 1, 12)?,
        number(map.get_atom("day")?, 1, 31)?,
    ])
}

fn number(term: &Term, least: i64, most: i64) -> Option<i64> {
    term.as_i64().filter(|number| (least..=most).contains(number))
}
