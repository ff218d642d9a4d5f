//! The payload of a token: `{data, signed_at_ms, max_age_seconds}`, and the two older layouts.
//!
//! Plug.Crypto writes `term_to_binary({data, signed_at, max_age})` with `signed_at` in milliseconds
//! and `max_age` in seconds or `:infinity`. It still reads `{data, signed_at}`, and any map with the
//! atoms `data` and `signed` as keys; both are valid for 86 400 seconds.

use alloc::vec::Vec;

use super::age::{Field, Number};
use crate::{
    error::{DecodeError, EncodeError},
    term::{
        Limits,
        check::{check_term, skip},
        reader::{Big, Head, Reader, Shape},
        tag, writer,
    },
    time::{Age, MaxAge, Timestamp},
};

/// A payload that was read: `data` is one whole term, checked, without the version byte.
#[derive(Debug)]
pub(crate) struct Envelope<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) signed_at: Field,
    pub(crate) max_age: Field,
}

/// Appends the payload; `data` appends the term of the data.
pub(crate) fn write<E: From<EncodeError>>(
    out: &mut Vec<u8>,
    signed_at: Timestamp,
    max_age: MaxAge,
    data: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    out.push(tag::VERSION);
    writer::tuple(out, 3)?;
    data(out)?;
    writer::integer(out, signed_at.as_millis());
    match max_age.0 {
        Age::Seconds(seconds) => writer::i128(out, seconds),
        Age::Fraction(seconds) => writer::float(out, seconds),
        Age::Infinity => writer::atom(out, INFINITY)?,
    }
    Ok(())
}

/// Reads the body of a payload: one term in one of the three layouts, and nothing behind it.
#[inline]
pub(crate) fn read(body: &[u8], limits: Limits) -> Result<Envelope<'_>, DecodeError> {
    let mut reader = Reader::new(body);
    let envelope = match reader.shape()? {
        Shape::Tuple(3) => Envelope {
            data: checked(&mut reader, limits)?,
            signed_at: checked_field(&mut reader, limits)?,
            max_age: checked_field(&mut reader, limits)?,
        },
        Shape::Tuple(2) => Envelope {
            data: checked(&mut reader, limits)?,
            signed_at: checked_field(&mut reader, limits)?,
            max_age: Field::from(MaxAge::DEFAULT),
        },
        Shape::Map(pairs) => {
            let entries = reader.clone();
            reader = Reader::new(body);
            check_term(&mut reader, limits)?;
            from_map(entries, pairs, limits)?
        }
        _ => return Err(DecodeError::Malformed),
    };
    if reader.is_empty() { Ok(envelope) } else { Err(DecodeError::Malformed) }
}

const INFINITY: &str = "infinity";

/// The layout of the first releases of Phoenix, its entries checked already.
fn from_map(
    mut entries: Reader<'_>,
    pairs: usize,
    limits: Limits,
) -> Result<Envelope<'_>, DecodeError> {
    let (mut data, mut signed_at) = (None, None);
    for _ in 0..pairs {
        let key = spanned(&mut entries, skip)?;
        let value = spanned(&mut entries, skip)?;
        match Reader::new(key).head()? {
            Head::Atom(name) if name == "data" => data = Some(value),
            Head::Atom(name) if name == "signed" => {
                signed_at = Some(checked_field(&mut Reader::new(value), limits)?)
            }
            _ => {}
        }
    }
    let (Some(data), Some(signed_at)) = (data, signed_at) else {
        return Err(DecodeError::Malformed);
    };
    Ok(Envelope { data, signed_at, max_age: Field::from(MaxAge::DEFAULT) })
}

fn checked<'a>(reader: &mut Reader<'a>, limits: Limits) -> Result<&'a [u8], DecodeError> {
    spanned(reader, |reader| check_term(reader, limits))
}

/// The bytes that `take` takes.
fn spanned<'a>(
    reader: &mut Reader<'a>,
    take: impl FnOnce(&mut Reader<'a>) -> Result<(), DecodeError>,
) -> Result<&'a [u8], DecodeError> {
    let before = reader.rest();
    take(reader)?;
    let taken = before.len().saturating_sub(reader.rest().len());
    before.get(..taken).ok_or(DecodeError::Malformed)
}

/// Takes what stands where a time or an age belongs.
#[inline]
fn checked_field(reader: &mut Reader<'_>, limits: Limits) -> Result<Field, DecodeError> {
    if let Some(integer) = reader.common_integer() {
        return Ok(Field::Number(Number::Integer(i128::from(integer))));
    }
    let before = reader.clone();
    Ok(match reader.head()? {
        Head::Small(integer) => Field::Number(Number::Integer(i128::from(integer))),
        Head::Big(big) => Field::Number(Number::Integer(nearest(big))),
        Head::Float(float) => Field::Number(Number::Float(float)),
        Head::Atom(name) if name == INFINITY => Field::Infinity,
        _ => {
            *reader = before;
            check_term(reader, limits)?;
            Field::Other
        }
    })
}

/// The nearest `i128`.
fn nearest(big: Big<'_>) -> i128 {
    let extreme = if big.negative { i128::MIN } else { i128::MAX };
    let mut padded = [0; 16];
    let Some(bytes) = padded.get_mut(..big.magnitude.len()) else { return extreme };
    bytes.copy_from_slice(big.magnitude);
    let magnitude = u128::from_le_bytes(padded);
    let signed = if big.negative {
        0_i128.checked_sub_unsigned(magnitude)
    } else {
        i128::try_from(magnitude).ok()
    };
    signed.unwrap_or(extreme)
}
