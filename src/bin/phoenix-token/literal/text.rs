//! Strings, charlists and single characters, with Elixir's escapes.

use phoenix_token::term::{Integer, Term};

use super::cursor::{Cursor, LiteralError};

/// The bytes between two quotes.
pub(super) fn quoted(cursor: &mut Cursor<'_>, quote: char) -> Result<Vec<u8>, LiteralError> {
    let start = *cursor;
    cursor.next();
    let mut bytes = Vec::new();
    loop {
        let plain = cursor.take_while(|c| c != quote && c != '\\' && c != '#');
        bytes.extend_from_slice(plain.as_bytes());
        match cursor.peek() {
            Some('#') if cursor.rest().starts_with("#{") => {
                return Err(cursor.problem("interpolation is no literal; write `\\#{`"));
            }
            Some('#') => {
                cursor.next();
                bytes.push(b'#');
            }
            Some('\\') => escape(cursor, &mut bytes)?,
            Some(_) => {
                cursor.next();
                return Ok(bytes);
            }
            None => return Err(start.problem("a quote that is not closed")),
        }
    }
}

/// The text between two quotes.
pub(super) fn quoted_utf8(cursor: &mut Cursor<'_>, quote: char) -> Result<String, LiteralError> {
    let start = *cursor;
    String::from_utf8(quoted(cursor, quote)?)
        .map_err(|_| start.problem("escapes that make no UTF-8"))
}

pub(super) fn charlist(cursor: &mut Cursor<'_>, quote: char) -> Result<Term, LiteralError> {
    quoted_utf8(cursor, quote).map(|text| Term::charlist(&text))
}

/// `?a`, `?\n`
pub(super) fn character(cursor: &mut Cursor<'_>) -> Result<Term, LiteralError> {
    let start = *cursor;
    cursor.next();
    let mut bytes = Vec::new();
    match cursor.peek() {
        Some('\\') => escape(cursor, &mut bytes)?,
        Some(character) => {
            cursor.next();
            return Ok(Term::Integer(Integer::from(u32::from(character))));
        }
        None => return Err(cursor.expected("a character after `?`")),
    }
    let character = match bytes.as_slice() {
        [byte] => Some(u32::from(*byte)),
        bytes => std::str::from_utf8(bytes).ok().and_then(|it| it.chars().next()).map(u32::from),
    };
    let character = character.ok_or_else(|| start.problem("an escape that is no character"))?;
    Ok(Term::Integer(Integer::from(character)))
}

fn escape(cursor: &mut Cursor<'_>, bytes: &mut Vec<u8>) -> Result<(), LiteralError> {
    cursor.next();
    let Some(escaped) = cursor.next() else {
        return Err(cursor.expected("a character after `\\`"));
    };
    let byte = match escaped {
        '0' => b'\0',
        'a' => 0x07,
        'b' => 0x08,
        'd' => 0x7f,
        'e' => 0x1b,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        's' => b' ',
        't' => b'\t',
        'v' => 0x0b,
        'x' => {
            let value = hexadecimal(cursor, 2)?;
            u8::try_from(value).unwrap_or_default()
        }
        'u' => return unicode(cursor, bytes),
        // A line that goes on.
        '\n' => return Ok(()),
        other => {
            bytes.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
            return Ok(());
        }
    };
    bytes.push(byte);
    Ok(())
}

/// `\u00e9`, `\u{1F600}`
fn unicode(cursor: &mut Cursor<'_>, bytes: &mut Vec<u8>) -> Result<(), LiteralError> {
    let start = *cursor;
    let value = if cursor.eat("{") {
        let digits = cursor.take_while(|c| c.is_ascii_hexdigit());
        let value = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() <= 6);
        cursor.expect("}", "a hexadecimal digit or `}`")?;
        value
    } else {
        Some(hexadecimal(cursor, 4)?)
    };
    let character = value.and_then(char::from_u32);
    let character = character.ok_or_else(|| start.problem("no character of Unicode"))?;
    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Ok(())
}

fn hexadecimal(cursor: &mut Cursor<'_>, count: usize) -> Result<u32, LiteralError> {
    let mut value = 0_u32;
    for _ in 0..count {
        let Some(digit) = cursor.peek().and_then(|c| c.to_digit(16)) else {
            return Err(cursor.expected("a hexadecimal digit"));
        };
        cursor.next();
        value = value << 4 | digit;
    }
    Ok(value)
}
