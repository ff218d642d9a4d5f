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

/// `?a`, `?\n`. Behind a backslash stands one character here, and no digits as in a string.
pub(super) fn character(cursor: &mut Cursor<'_>) -> Result<Term, LiteralError> {
    cursor.next();
    let Some(mut character) = cursor.next() else {
        return Err(cursor.expected("a character after `?`"));
    };
    if character == '\\' {
        let Some(escaped) = cursor.next() else {
            return Err(cursor.expected("a character after `\\`"));
        };
        character = control(escaped).map_or(escaped, char::from);
    }
    Ok(Term::Integer(Integer::from(u32::from(character))))
}

fn escape(cursor: &mut Cursor<'_>, bytes: &mut Vec<u8>) -> Result<(), LiteralError> {
    cursor.next();
    // A line that goes on.
    if cursor.eat("\r\n") || cursor.eat("\n") {
        return Ok(());
    }
    let Some(escaped) = cursor.next() else {
        return Err(cursor.expected("a character after `\\`"));
    };
    match escaped {
        'x' if cursor.rest().starts_with('{') => unicode(cursor, bytes)?,
        'x' => bytes.push(hexadecimal_byte(cursor)?),
        'u' => unicode(cursor, bytes)?,
        _ => match control(escaped) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(escaped.encode_utf8(&mut [0; 4]).as_bytes()),
        },
    }
    Ok(())
}

/// What is meant by that letter, or digit, behind a backslash.
fn control(escaped: char) -> Option<u8> {
    Some(match escaped {
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
        _ => return None,
    })
}

/// `\x41`, and `\x4`, which Elixir still reads.
fn hexadecimal_byte(cursor: &mut Cursor<'_>) -> Result<u8, LiteralError> {
    let mut second = *cursor;
    second.next();
    let digits = if second.peek().is_some_and(|c| c.is_ascii_hexdigit()) { 2 } else { 1 };
    Ok(u8::try_from(hexadecimal(cursor, digits)?).unwrap_or_default())
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
