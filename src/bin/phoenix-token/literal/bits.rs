//! Binaries and bitstrings as numbers.

use phoenix_token::term::{Bitstring, Term};

use super::{
    cursor::{Cursor, LiteralError},
    number, text,
};

/// `<<1, 2, 3::4>>`, `<<3::size(4)>>`, `<<"text", 0>>`
pub(super) fn bitstring(cursor: &mut Cursor<'_>) -> Result<Term, LiteralError> {
    cursor.expect("<<", "a term")?;
    let mut bits = Bits::default();
    loop {
        cursor.skip_space();
        if cursor.eat(">>") {
            break;
        }
        segment(cursor, &mut bits)?;
        cursor.skip_space();
        if !cursor.eat(",") {
            cursor.expect(">>", "`,`, `::` or `>>`")?;
            break;
        }
    }
    Ok(bits.into_term())
}

fn segment(cursor: &mut Cursor<'_>, bits: &mut Bits) -> Result<(), LiteralError> {
    let start = *cursor;
    match cursor.peek() {
        Some('"') => {
            for byte in text::quoted(cursor, '"')? {
                bits.push(byte.into(), 8);
            }
            return Ok(());
        }
        Some('0'..='9') => {}
        _ => return Err(cursor.expected("a number or a string")),
    }
    let value = number::number(cursor)?;
    let size = size(cursor)?;
    let value = value.as_integer().and_then(|value| u64::try_from(value).ok());
    match value.filter(|value| value.checked_shr(size).is_none_or(|over| over == 0)) {
        Some(value) => bits.push(value, size),
        None if size == 8 => return Err(start.problem("a byte is a number from 0 to 255")),
        None => return Err(start.problem("a number that does not fit its size in bits")),
    }
    Ok(())
}

/// `::4`, `::size(4)`; 8 where there is none.
fn size(cursor: &mut Cursor<'_>) -> Result<u32, LiteralError> {
    let mut end = *cursor;
    end.skip_space();
    if !end.eat("::") {
        return Ok(8);
    }
    *cursor = end;
    cursor.skip_space();
    let start = *cursor;
    let named = cursor.eat("size(");
    let digits = cursor.take_while(|c| c.is_ascii_digit());
    if digits.is_empty() {
        return Err(cursor.expected("a size in bits"));
    }
    if named {
        cursor.expect(")", "`)`")?;
    }
    let size = digits.parse().ok().filter(|size| *size <= 64);
    size.ok_or_else(|| start.problem("a size of more than 64 bits"))
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    /// Bits of the last byte that are in use; 0 for all of them.
    last: u8,
}

impl Bits {
    /// The lowest `size` bits of a number, the highest first.
    fn push(&mut self, value: u64, size: u32) {
        for bit in (0..size).rev() {
            let bit = value.checked_shr(bit).unwrap_or(0) & 1 == 1;
            if self.last == 0 {
                self.bytes.push(0);
            }
            if let (true, Some(byte)) = (bit, self.bytes.last_mut()) {
                *byte |= 0x80 >> self.last;
            }
            self.last = self.last.saturating_add(1) & 7;
        }
    }

    fn into_term(self) -> Term {
        match Bitstring::new(self.bytes.clone(), self.last) {
            Some(bits) => Term::from(bits),
            None => Term::Binary(self.bytes),
        }
    }
}
