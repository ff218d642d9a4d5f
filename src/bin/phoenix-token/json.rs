//! Terms in JSON.

use std::{borrow::Cow, fmt::Write as _};

use phoenix_token::term::{Map, Term};

use super::terminal;

/// The term of a JSON text: objects are maps with strings as keys, `null` is `nil`.
///
/// serde_json makes floats of two kinds of integers without a word: one beyond 64 bits is an error here,
/// and `-0` is 0, as Jason reads it.
pub(crate) fn parse(text: &str) -> Result<Term, String> {
    let numbers = numbers(text);
    let mut positive = Cow::Borrowed(text);
    for (at, _) in numbers.iter().filter(|(_, number)| *number == "-0") {
        // As long, so that errors name the same places.
        positive.to_mut().replace_range(*at..=*at, " ");
    }
    let term = serde_json::from_str(&positive).map_err(|error| format!("no JSON: {error}"))?;
    match numbers.iter().any(|(_, number)| is_large_integer(number)) {
        true => Err("an integer beyond 64 bits; give it with --elixir".to_owned()),
        false => Ok(term),
    }
}

fn is_large_integer(number: &str) -> bool {
    number.bytes().any(|byte| byte.is_ascii_digit())
        && !number.contains(['.', 'e', 'E'])
        && number.parse::<i64>().is_err()
        && number.parse::<u64>().is_err()
}

/// Each number of a JSON text with its place; and what else is written in their characters outside of
/// strings.
fn numbers(text: &str) -> Vec<(usize, &str)> {
    let (mut is_string, mut is_escaped) = (false, false);
    let mut start = None;
    let mut numbers = Vec::new();
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        is_string ^= character == '"' && !is_escaped;
        is_escaped = is_string && character == '\\' && !is_escaped;
        if !is_string && (character.is_ascii_digit() || "+-.eE".contains(character)) {
            start.get_or_insert(at);
        } else if let Some(start) = start.take() {
            numbers.push((start, text.get(start..at).unwrap_or_default()));
        }
    }
    numbers
}

/// The term as JSON on one line. Atoms but `nil`, `true` and `false`, tuples, structs, and all else
/// that JSON has no word for are strings that hold Elixir's text.
pub(crate) fn text(term: &Term) -> String {
    let mut out = String::new();
    let mut open: Vec<Step<'_>> = vec![Step::Term(term)];
    while let Some(step) = open.pop() {
        match step {
            Step::Text(text) => out.push_str(text),
            Step::Key(key) => {
                out.push_str(&string(key));
                out.push(':');
            }
            Step::Term(term) => write(term, &mut out, &mut open),
        }
    }
    out
}

/// What is still to be written, the next one last.
enum Step<'a> {
    Term(&'a Term),
    Key(&'a str),
    Text(&'static str),
}

fn write<'a>(term: &'a Term, out: &mut String, open: &mut Vec<Step<'a>>) {
    match term {
        Term::Atom(atom) if atom == "nil" => out.push_str("null"),
        Term::Atom(atom) if atom == "true" || atom == "false" => out.push_str(atom.as_str()),
        // Readers of JSON refuse a number beyond the largest float.
        Term::Integer(integer) if integer.to_f64().is_some() => {
            let _ = write!(out, "{integer}");
        }
        Term::Float(float) => {
            let _ = write!(out, "{float}");
        }
        Term::Binary(bytes) if std::str::from_utf8(bytes).is_ok() => {
            out.push_str(&string(term.as_str().unwrap_or_default()));
        }
        Term::List(elements) => {
            out.push('[');
            open.push(Step::Text("]"));
            for (index, element) in elements.iter().enumerate().rev() {
                open.push(Step::Term(element));
                open.push(Step::Text(if index > 0 { "," } else { "" }));
            }
        }
        Term::Map(map) => match keys(map) {
            Some(pairs) => {
                out.push('{');
                open.push(Step::Text("}"));
                for (index, (key, value)) in pairs.into_iter().enumerate().rev() {
                    open.extend([Step::Term(value), Step::Key(key)]);
                    open.push(Step::Text(if index > 0 { "," } else { "" }));
                }
            }
            None => out.push_str(&string(&term.to_string())),
        },
        other => out.push_str(&string(&other.to_string())),
    }
}

/// The pairs of a map whose keys are all strings, or all atoms, and which is no struct.
fn keys(map: &Map) -> Option<Vec<(&str, &Term)>> {
    if map.get_atom("__struct__").is_some() {
        return None;
    }
    let by = |name: fn(&Term) -> Option<&str>| {
        map.iter().map(|(key, value)| Some((name(key)?, value))).collect::<Option<Vec<_>>>()
    };
    by(Term::as_str).or_else(|| by(|key| key.as_atom().map(|atom| atom.as_str())))
}

/// What would steer a terminal is escaped beyond what JSON asks.
fn string(text: &str) -> String {
    let mut out = String::new();
    for character in serde_json::Value::from(text).to_string().chars() {
        if terminal::steers(character) {
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    out
}
