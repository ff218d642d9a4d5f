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

/// A payload that was read. [`read`] has checked that `data` is one whole term; it comes without the
/// version byte.
#[derive(Debug, PartialEq)]
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

/// What [`read`] reads from nearly every token: signed between 2004 and 10889, for so many seconds.
/// It tells by the times at the end, and is right if what stands before them is one whole term:
/// that, nobody has checked. `None` decides nothing.
#[inline(always)]
pub(crate) fn read_common(body: &[u8]) -> Option<Envelope<'_>> {
    let [tag::SMALL_TUPLE, 3, elements @ ..] = body else { return None };
    let (data, times) = elements.split_last_chunk()?;
    let &[tag::SMALL_BIG, 6, 0, a, b, c, d, e, f, tag::INTEGER, g, h, i, j] = times else {
        return None;
    };
    Some(Envelope {
        data,
        signed_at: Field::from(i64::from_le_bytes([a, b, c, d, e, f, 0, 0])),
        max_age: Field::from(i64::from(i32::from_be_bytes([g, h, i, j]))),
    })
}

/// Reads the body of a payload: one term in one of the three layouts, and nothing behind it.
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
            // The map is the layout, as the tuples are, and no level of the data.
            let depth = limits.depth.saturating_add(1);
            check_term(&mut reader, Limits { depth, ..limits })?;
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
fn checked_field(reader: &mut Reader<'_>, limits: Limits) -> Result<Field, DecodeError> {
    if let Some(integer) = reader.common_integer() {
        return Ok(Field::from(integer));
    }
    let before = reader.clone();
    Ok(match reader.head()? {
        Head::Small(integer) => Field::from(integer),
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
    big.to_i128().unwrap_or(if big.negative { i128::MIN } else { i128::MAX })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use proptest::prelude::*;

    use super::*;
    use crate::term::{Term, check::check_whole, encode};

    const LIMITS: Limits = Limits::new();

    fn payload(data: &[u8], signed_at: i64, max_age: MaxAge) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, Timestamp::from_millis(signed_at), max_age, |out| {
            out.extend_from_slice(data);
            Ok::<_, EncodeError>(())
        })
        .unwrap();
        out.split_off(1)
    }

    #[test]
    fn a_token_of_these_years_is_read_as_a_common_one() {
        for data in [&b"a\x2a"[..], b"m\0\0\0\x02ab", b"h\x02a\x01a\x02", b"t\0\0\0\0", b"j"] {
            let body = payload(data, 1_767_268_800_000, MaxAge::DEFAULT);
            let envelope = read_common(&body).unwrap();
            assert_eq!(envelope.data, data);
            assert_eq!(envelope, read(&body, LIMITS).unwrap());
        }
    }

    #[test]
    fn a_map_may_have_other_entries() {
        let entry = |name, value: i64| (Term::atom(name).unwrap(), Term::from(value));
        let entries =
            [entry("a", 1), entry("data", 2), entry("e", 3), entry("signed", 4), entry("z", 5)];
        let body = Term::map(entries).encode().unwrap().split_off(1);
        let max_age = Field::from(MaxAge::DEFAULT);
        let envelope = Envelope { data: b"a\x02", signed_at: Field::from(4), max_age };
        assert_eq!(read(&body, LIMITS), Ok(envelope));
    }

    #[test]
    fn data_of_as_many_levels_as_allowed_is_read_in_each_layout() {
        let atom = |name| Term::atom(name).unwrap();
        let tuples = |levels| (0..levels).fold(Term::from(1), |inner, _| Term::tuple([inner]));
        for allowed in [0, 1, 3, Limits::MAX_DEPTH] {
            for levels in [allowed, allowed.saturating_add(1)] {
                let data = tuples(levels);
                let (signed_at, max_age) = (Term::from(4), Term::from(5));
                let layouts = [
                    Term::tuple([data.clone(), signed_at.clone(), max_age]),
                    Term::tuple([data.clone(), signed_at.clone()]),
                    Term::map([(atom("data"), data), (atom("signed"), signed_at)]),
                ];
                for layout in layouts {
                    let mut body = Vec::new();
                    encode::write(&layout, &mut body, usize::MAX).unwrap();
                    let read = read(&body, LIMITS.depth(allowed)).map(|read| read.signed_at);
                    let expected =
                        if levels > allowed { Err(DecodeError::Limit) } else { Ok(Field::from(4)) };
                    assert_eq!(read, expected, "{levels} of {allowed}");
                }
            }
        }
    }

    /// Bytes that are often nearly a payload.
    fn nearly() -> impl Strategy<Value = Vec<u8>> {
        let data = prop_oneof![
            Just(b"a\x2a".to_vec()),
            Just(b"m\0\0\0\x03a\x2an".to_vec()),
            Just(b"h\x02n\x06\0\x01\x02\x03\x04\x05\x06a\x01".to_vec()),
            Just(b"l\0\0\0\x01a\x01j".to_vec()),
            Just(b"t\0\0\0\x02a\x01a\x01a\x01a\x02".to_vec()),
            proptest::collection::vec(0_u8.., 0..20),
        ];
        let signed_at = prop_oneof![any::<i64>(), 0..1_i64 << 48, Just(1_767_268_800_000)];
        let change = prop_oneof![Just(None), any::<(proptest::sample::Index, u8)>().prop_map(Some)];
        (data, signed_at, any::<i64>(), change, 0..3_usize).prop_map(
            |(data, signed_at, max_age, change, cut)| {
                let max_age = max_age >> (max_age & 63);
                let mut body = payload(&data, signed_at, MaxAge::seconds(max_age));
                if let Some((at, byte)) = change {
                    *at.get_mut(&mut body) = byte;
                }
                body.truncate(body.len().saturating_sub(cut));
                body
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn what_is_read_as_common_is_read_alike_without(body in nearly()) {
            let is_term = |envelope: &Envelope<'_>| check_whole(envelope.data, LIMITS).is_ok();
            if let Some(envelope) = read_common(&body).filter(is_term) {
                prop_assert_eq!(read(&body, LIMITS), Ok(envelope));
            }
        }
    }
}
