//! Appends tags to a buffer, each as `term_to_binary` of OTP 26 and later writes it.

use alloc::vec::Vec;

use super::{
    reader::{MAX_ATOM_CHARS, MAX_INTEGER_BYTES},
    tag,
};
use crate::error::EncodeError;

/// Elements of a list that may stand as STRING_EXT.
pub(crate) const MAX_STRING_LENGTH: usize = 65_535;

/// The name is in UTF-8.
#[inline]
pub(crate) fn atom(out: &mut Vec<u8>, name: impl AsRef<[u8]>) -> Result<(), EncodeError> {
    let name = name.as_ref();
    match u8::try_from(name.len()) {
        Ok(length) => out.extend_from_slice(&[tag::SMALL_ATOM_UTF8, length]),
        Err(_) => long_atom(out, name)?,
    }
    out.extend_from_slice(name);
    Ok(())
}

/// The head of an atom whose name may have too many characters.
#[cold]
fn long_atom(out: &mut Vec<u8>, name: &[u8]) -> Result<(), EncodeError> {
    // Of each character one byte is no continuation of another.
    let characters = name.iter().filter(|&&byte| byte & 0xc0 != 0x80).count();
    match u16::try_from(name.len()) {
        Ok(length) if characters <= MAX_ATOM_CHARS => {
            let [high, low] = length.to_be_bytes();
            out.extend_from_slice(&[tag::ATOM_UTF8, high, low]);
            Ok(())
        }
        _ => Err(EncodeError::AtomTooLong),
    }
}

pub(crate) fn integer(out: &mut Vec<u8>, value: i64) {
    if let Ok(byte) = u8::try_from(value) {
        out.extend_from_slice(&[tag::SMALL_INTEGER, byte]);
    } else if let Ok(word) = i32::try_from(value) {
        let [a, b, c, d] = word.to_be_bytes();
        out.extend_from_slice(&[tag::INTEGER, a, b, c, d]);
    } else {
        small_big(out, value < 0, &value.unsigned_abs().to_le_bytes());
    }
}

#[cfg(feature = "serde")]
pub(crate) fn u128(out: &mut Vec<u8>, value: u128) {
    match i64::try_from(value) {
        Ok(value) => integer(out, value),
        Err(_) => small_big(out, false, &value.to_le_bytes()),
    }
}

pub(crate) fn i128(out: &mut Vec<u8>, value: i128) {
    match i64::try_from(value) {
        Ok(value) => integer(out, value),
        Err(_) => small_big(out, value < 0, &value.unsigned_abs().to_le_bytes()),
    }
}

/// An integer of any size beyond 32 bits, its magnitude little-endian without leading zeros.
pub(crate) fn big(out: &mut Vec<u8>, negative: bool, magnitude: &[u8]) -> Result<(), EncodeError> {
    if magnitude.len() > MAX_INTEGER_BYTES {
        return Err(EncodeError::TooLarge);
    }
    if let Ok(length) = u8::try_from(magnitude.len()) {
        out.extend_from_slice(&[tag::SMALL_BIG, length]);
    } else {
        counted(out, tag::LARGE_BIG, magnitude.len())?;
    }
    out.push(u8::from(negative));
    out.extend_from_slice(magnitude);
    Ok(())
}

/// The caller sees to it that the float is finite.
pub(crate) fn float(out: &mut Vec<u8>, value: f64) {
    let [a, b, c, d, e, f, g, h] = value.to_be_bytes();
    out.extend_from_slice(&[tag::NEW_FLOAT, a, b, c, d, e, f, g, h]);
}

pub(crate) fn binary(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), EncodeError> {
    counted(out, tag::BINARY, bytes.len())?;
    out.extend_from_slice(bytes);
    Ok(())
}

/// The caller sees to it that the bits after the last 1 to 7 are zero.
pub(crate) fn bitstring(out: &mut Vec<u8>, bytes: &[u8], last_bits: u8) -> Result<(), EncodeError> {
    counted(out, tag::BIT_BINARY, bytes.len())?;
    out.push(last_bits);
    out.extend_from_slice(bytes);
    Ok(())
}

pub(crate) fn nil(out: &mut Vec<u8>) {
    out.push(tag::NIL);
}

/// A list of 1 to 65 535 integers 0..=255.
pub(crate) fn string(out: &mut Vec<u8>, elements: &[u8]) -> Result<(), EncodeError> {
    let count = u16::try_from(elements.len()).map_err(|_| EncodeError::TooLarge)?;
    out.push(tag::STRING);
    out.extend(count.to_be_bytes());
    out.extend_from_slice(elements);
    Ok(())
}

/// The elements and then the tail follow.
pub(crate) fn list(out: &mut Vec<u8>, elements: usize) -> Result<(), EncodeError> {
    counted(out, tag::LIST, elements)
}

/// The elements follow.
pub(crate) fn tuple(out: &mut Vec<u8>, arity: usize) -> Result<(), EncodeError> {
    if let Ok(arity) = u8::try_from(arity) {
        out.extend_from_slice(&[tag::SMALL_TUPLE, arity]);
        return Ok(());
    }
    counted(out, tag::LARGE_TUPLE, arity)
}

/// The pairs follow, key before value.
pub(crate) fn map(out: &mut Vec<u8>, pairs: usize) -> Result<(), EncodeError> {
    counted(out, tag::MAP, pairs)
}

pub(crate) fn pid(
    out: &mut Vec<u8>,
    node: &str,
    id: u32,
    serial: u32,
    creation: u32,
) -> Result<(), EncodeError> {
    out.push(tag::NEW_PID);
    atom(out, node)?;
    for word in [id, serial, creation] {
        out.extend(word.to_be_bytes());
    }
    Ok(())
}

pub(crate) fn reference(
    out: &mut Vec<u8>,
    node: &str,
    creation: u32,
    ids: &[u32],
) -> Result<(), EncodeError> {
    let words = u16::try_from(ids.len()).map_err(|_| EncodeError::TooLarge)?;
    out.push(tag::NEWER_REFERENCE);
    out.extend(words.to_be_bytes());
    atom(out, node)?;
    out.extend(creation.to_be_bytes());
    for id in ids {
        out.extend(id.to_be_bytes());
    }
    Ok(())
}

/// A tag and a length of four bytes.
#[inline]
fn counted(out: &mut Vec<u8>, tag: u8, length: usize) -> Result<(), EncodeError> {
    let length = u32::try_from(length).map_err(|_| EncodeError::TooLarge)?;
    let [a, b, c, d] = length.to_be_bytes();
    out.extend_from_slice(&[tag, a, b, c, d]);
    Ok(())
}

/// At most 16 bytes of magnitude, leading zeros among them.
fn small_big(out: &mut Vec<u8>, negative: bool, padded: &[u8]) {
    let significant =
        padded.iter().rposition(|&byte| byte != 0).map_or(0, |at| at.saturating_add(1));
    let magnitude = padded.get(..significant).unwrap_or(padded);
    // The magnitudes of 128-bit integers: their length always fits a byte.
    let length = u8::try_from(magnitude.len()).unwrap_or(u8::MAX);
    out.extend_from_slice(&[tag::SMALL_BIG, length, u8::from(negative)]);
    out.extend_from_slice(magnitude);
}
