//! Integers and floats.

use phoenix_token::term::{Float, Integer, Term};

use super::cursor::{Cursor, LiteralError};

/// `42`, `-1_000`, `0xff`, `0o17`, `0b11`, `1.5e-7`
pub(super) fn number(cursor: &mut Cursor<'_>) -> Result<Term, LiteralError> {
    let start = *cursor;
    let sign = if cursor.eat("-") {
        "-"
    } else {
        cursor.eat("+");
        ""
    };
    let text = if cursor.eat("0x") {
        format!("0x{}", digits(cursor, 16)?.to_ascii_lowercase())
    } else if cursor.eat("0o") {
        hexadecimal(&digits(cursor, 8)?, 3)
    } else if cursor.eat("0b") {
        hexadecimal(&digits(cursor, 2)?, 1)
    } else {
        let whole = digits(cursor, 10)?;
        let mut point = *cursor;
        if point.eat(".") && point.peek().is_some_and(|c| c.is_ascii_digit()) {
            *cursor = point;
            return float(cursor, start, format!("{sign}{whole}."));
        }
        whole
    };
    let integer: Result<Integer, _> = format!("{sign}{text}").parse();
    integer.map(Term::Integer).map_err(|_| {
        start.problem("an integer of more than 2467 digits is written in hexadecimal, `0x...`")
    })
}

fn float(
    cursor: &mut Cursor<'_>,
    start: Cursor<'_>,
    mut text: String,
) -> Result<Term, LiteralError> {
    text.push_str(&digits(cursor, 10)?);
    if cursor.eat("e") || cursor.eat("E") {
        text.push('e');
        if cursor.eat("-") {
            text.push('-');
        } else {
            cursor.eat("+");
        }
        text.push_str(&digits(cursor, 10)?);
    }
    let float = text.parse().ok().and_then(Float::new);
    float.map(Term::Float).ok_or_else(|| start.problem("a float beyond the largest there is"))
}

/// At least one digit; underscores stand between digits only.
fn digits(cursor: &mut Cursor<'_>, radix: u32) -> Result<String, LiteralError> {
    let expected = match radix {
        2 => "a binary digit",
        8 => "an octal digit",
        10 => "a digit",
        _ => "a hexadecimal digit",
    };
    let mut digits = String::new();
    loop {
        let run = cursor.take_while(|c| c.is_digit(radix));
        if run.is_empty() {
            return Err(cursor.expected(expected));
        }
        digits.push_str(run);
        if !cursor.eat("_") {
            return Ok(digits);
        }
    }
}

/// The same number in hexadecimal; each digit has so many bits.
fn hexadecimal(digits: &str, bits: u32) -> String {
    let bits_of = |digit: char| {
        let value = digit.to_digit(8).unwrap_or(0);
        (0..bits).rev().map(move |bit| value >> bit & 1)
    };
    let all: Vec<u32> = digits.chars().flat_map(bits_of).collect();
    let nibble = |bits: &[u32]| {
        let value = bits.iter().fold(0, |sum, bit| sum << 1 | bit);
        char::from_digit(value, 16).unwrap_or('0')
    };
    let nibbles: Vec<char> = all.rchunks(4).map(nibble).collect();
    let text: String = nibbles.iter().rev().collect();
    format!("0x{text}")
}
