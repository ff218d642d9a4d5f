//! Integers as text. Base conversion takes quadratic time, so it is bounded: beyond the bound
//! integers are hexadecimal.

use alloc::{format, string::String, vec::Vec};
use core::{
    fmt::{self, Write},
    str::FromStr,
};

use super::{Integer, IntegerError, Repr};
use crate::term::reader::MAX_INTEGER_BYTES;

/// Magnitudes of more bytes are printed in hexadecimal.
const MAX_DECIMAL_BYTES: usize = 1024;

/// The digits of the largest magnitude of so many bytes.
const MAX_DECIMAL_DIGITS: usize = 2467;

const DIGITS_AT_ONCE: usize = 9;
const BILLION: u32 = 1_000_000_000;

impl fmt::Display for Integer {
    /// Decimal up to 8 192 bits, `0x` and hexadecimal beyond: printing an integer of half a million
    /// bytes in decimal would take minutes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Small(value) => value.fmt(f),
            Repr::Big { negative, magnitude } if magnitude.len() <= MAX_DECIMAL_BYTES => {
                f.pad_integral(!negative, "", &decimal(magnitude)?)
            }
            Repr::Big { negative, magnitude } => {
                f.write_str(if *negative { "-0x" } else { "0x" })?;
                let mut bytes = magnitude.iter().rev();
                if let Some(first) = bytes.next() {
                    write!(f, "{first:x}")?;
                }
                bytes.try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl fmt::Debug for Integer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Integer {
    type Err = IntegerError;

    /// What `Display` prints: an optional sign, and decimal digits (up to 8 192 bits) or `0x` and
    /// hexadecimal ones.
    fn from_str(text: &str) -> Result<Self, IntegerError> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(unsigned) => (true, unsigned),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let magnitude = match unsigned.strip_prefix("0x") {
            Some(digits) => from_hexadecimal(digits)?,
            None => from_decimal(unsigned)?,
        };
        Ok(Self::from_magnitude(negative, &magnitude))
    }
}

/// Divides by a billion until nothing is left; the remainders are the digits, nine at a time.
fn decimal(magnitude: &[u8]) -> Result<String, fmt::Error> {
    let mut words: Vec<u32> = magnitude.chunks(4).map(word).collect();
    let mut billions = Vec::new();
    while !words.is_empty() {
        let mut remainder = 0_u64;
        for word in words.iter_mut().rev() {
            let dividend = (remainder << 32) | u64::from(*word);
            let billion = u64::from(BILLION);
            // The remainder is below the divisor, so the quotient fits a word.
            *word = u32::try_from(dividend.checked_div(billion).unwrap_or(0)).unwrap_or(u32::MAX);
            remainder = dividend.checked_rem(billion).unwrap_or(0);
        }
        billions.push(remainder);
        while words.last() == Some(&0) {
            words.pop();
        }
    }
    let mut text = format!("{}", billions.pop().unwrap_or(0));
    for digits in billions.iter().rev() {
        write!(text, "{digits:09}")?;
    }
    Ok(text)
}

/// Up to four bytes, little-endian.
fn word(bytes: &[u8]) -> u32 {
    bytes.iter().rev().fold(0, |sum, &byte| (sum << 8) | u32::from(byte))
}

fn from_decimal(digits: &str) -> Result<Vec<u8>, IntegerError> {
    let significant = digits.trim_start_matches('0');
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(IntegerError::Syntax);
    }
    if significant.len() > MAX_DECIMAL_DIGITS {
        return Err(IntegerError::Range);
    }
    let mut words: Vec<u32> = Vec::new();
    // The first group is the one that may be short.
    for group in significant.as_bytes().rchunks(DIGITS_AT_ONCE).rev() {
        let value = |sum: u32, digit: &u8| {
            sum.saturating_mul(10).saturating_add(u32::from(digit.saturating_sub(b'0')))
        };
        let mut carry = u64::from(group.iter().fold(0, value));
        for word in &mut words {
            let sum = u64::from(*word).saturating_mul(u64::from(BILLION)).saturating_add(carry);
            *word = u32::try_from(sum & u64::from(u32::MAX)).unwrap_or(u32::MAX);
            carry = sum >> 32;
        }
        if carry > 0 {
            words.push(u32::try_from(carry).unwrap_or(u32::MAX));
        }
    }
    // No word leads that is zero, and the bound is one of whole words.
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    if bytes.len() > MAX_DECIMAL_BYTES { Err(IntegerError::Range) } else { Ok(bytes) }
}

fn from_hexadecimal(digits: &str) -> Result<Vec<u8>, IntegerError> {
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(IntegerError::Syntax);
    }
    let significant = digits.trim_start_matches('0');
    if significant.len() > MAX_INTEGER_BYTES.saturating_mul(2) {
        return Err(IntegerError::Range);
    }
    let value =
        |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let byte =
        |pair: &[u8]| pair.iter().filter_map(value).fold(0, |sum: u8, digit| (sum << 4) | digit);
    Ok(significant.as_bytes().rchunks(2).map(byte).collect())
}
