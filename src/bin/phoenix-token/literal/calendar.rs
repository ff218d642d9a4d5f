//! The sigils of Elixir's calendar types.

use phoenix_token::term::Term;

use super::{
    atom::fixed,
    cursor::{Cursor, LiteralError},
};

const SIGILS: &str = "one of ~c\"...\", ~D[...], ~T[...], ~N[...], ~U[...]";

/// `~D[2020-01-02]`, `~T[03:04:05.6]`, `~N[2020-01-02 03:04:05]`, `~U[2020-01-02 03:04:05Z]`
pub(super) fn sigil(cursor: &mut Cursor<'_>) -> Result<Term, LiteralError> {
    let start = *cursor;
    let (module, wanted) = if cursor.eat("~D[") {
        ("Elixir.Date", "a date such as ~D[2020-01-02]")
    } else if cursor.eat("~T[") {
        ("Elixir.Time", "a time such as ~T[03:04:05]")
    } else if cursor.eat("~N[") {
        ("Elixir.NaiveDateTime", "a date and time such as ~N[2020-01-02 03:04:05]")
    } else if cursor.eat("~U[") {
        ("Elixir.DateTime", "a date and time in UTC such as ~U[2020-01-02 03:04:05Z]")
    } else {
        return Err(start.expected(SIGILS));
    };
    let text = cursor.take_while(|c| c != ']');
    cursor.expect("]", "`]`")?;
    let fields = fields(module, text).ok_or_else(|| start.expected(wanted))?;
    let name = |(key, value)| (Term::Atom(fixed(key)), value);
    Ok(Term::map(fields.into_iter().map(name)))
}

type Fields = Vec<(&'static str, Term)>;

fn fields(module: &'static str, text: &str) -> Option<Fields> {
    let mut fields = vec![
        ("__struct__", Term::Atom(fixed(module))),
        ("calendar", Term::Atom(fixed("Elixir.Calendar.ISO"))),
    ];
    match module {
        "Elixir.Date" => fields.extend(date(text)?),
        "Elixir.Time" => fields.extend(time(text)?),
        _ => {
            let text = match module {
                "Elixir.DateTime" => {
                    fields.extend([
                        ("time_zone", Term::from("Etc/UTC")),
                        ("zone_abbr", Term::from("UTC")),
                        ("utc_offset", Term::from(0)),
                        ("std_offset", Term::from(0)),
                    ]);
                    text.strip_suffix('Z')?
                }
                _ => text,
            };
            let (day, moment) = text.split_once([' ', 'T'])?;
            fields.extend(date(day)?);
            fields.extend(time(moment)?);
        }
    }
    Some(fields)
}

fn date(text: &str) -> Option<Fields> {
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(unsigned) => (-1_i64, unsigned),
        None => (1, text),
    };
    let mut parts = unsigned.split('-');
    let year = number(parts.next()?, 4)?.checked_mul(sign)?;
    let (month, day) = (number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if parts.next().is_some() || !(1..=days).contains(&day) {
        return None;
    }
    Some(vec![("year", year.into()), ("month", month.into()), ("day", day.into())])
}

fn time(text: &str) -> Option<Fields> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    let mut parts = whole.split(':');
    let (hour, minute, second) =
        (number(parts.next()?, 2)?, number(parts.next()?, 2)?, number(parts.next()?, 2)?);
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let microsecond = match fraction {
        None => [0.into(), 0.into()],
        Some(digits) if (1..=6).contains(&digits.len()) => {
            let precision = i64::try_from(digits.len()).ok()?;
            [number(&format!("{digits:0<6}"), 6)?.into(), precision.into()]
        }
        Some(_) => return None,
    };
    Some(vec![
        ("hour", hour.into()),
        ("minute", minute.into()),
        ("second", second.into()),
        ("microsecond", Term::tuple(microsecond)),
    ])
}

/// A number of exactly so many digits.
fn number(digits: &str, length: usize) -> Option<i64> {
    let is_number = digits.len() == length && digits.bytes().all(|digit| digit.is_ascii_digit());
    if is_number { digits.parse().ok() } else { None }
}
