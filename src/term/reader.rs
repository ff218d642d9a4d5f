//! A cursor over the external term format. The one place that knows the tags.
//!
//! [`Reader::head`] takes one tag with what belongs to it; whoever calls it takes the elements of a
//! list, tuple or map with further calls. Source: "External Term Format" of the ERTS reference
//! manual, and what OTP 25 to 28 accept beyond it.

mod common;

use core::ops::RangeInclusive;

use super::{name::Name, tag};
use crate::error::DecodeError;
pub(crate) use common::Common;

/// What one tag says. Containers give their number of elements; the elements follow.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Head<'a> {
    Atom(Name<'a>),
    Small(i64),
    Big(Big<'a>),
    /// Always finite.
    Float(f64),
    Binary(&'a [u8]),
    Bitstring(Bits<'a>),
    Nil,
    /// A list of integers 0..=255, at least one.
    String(&'a [u8]),
    /// At least one element; a tail follows the elements.
    List(usize),
    Tuple(usize),
    /// So many pairs.
    Map(usize),
    Pid(PidParts<'a>),
    Reference(ReferenceParts<'a>),
}

/// What is to follow a tag, as [`Head`] tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Nothing; the empty list among it.
    Scalar,
    String,
    List(usize),
    Tuple(usize),
    Map(usize),
}

/// An integer beyond `i64`: its magnitude is little-endian and has no leading zeros.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Big<'a> {
    pub(crate) negative: bool,
    pub(crate) magnitude: &'a [u8],
}

/// Bytes whose last one holds 1 to 7 bits, from the most significant down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) last_bits: u8,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct PidParts<'a> {
    pub(crate) node: Name<'a>,
    pub(crate) id: u32,
    pub(crate) serial: u32,
    pub(crate) creation: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ReferenceParts<'a> {
    pub(crate) node: Name<'a>,
    pub(crate) creation: u32,
    /// One to five big-endian words.
    pub(crate) ids: &'a [u8],
}

/// The largest magnitude of an integer that OTP 26 and later read, in bytes, leading zeros among
/// them: 65 535 words of 64 bits.
pub(crate) const MAX_INTEGER_BYTES: usize = 65_535 * 8;

/// Characters of an atom.
pub(crate) const MAX_ATOM_CHARS: usize = 255;

const REFERENCE_WORDS: RangeInclusive<usize> = 1..=5;

#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The bytes not yet taken.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Takes one tag and what belongs to it.
    #[inline]
    pub(crate) fn head(&mut self) -> Result<Head<'a>, DecodeError> {
        loop {
            let head = match self.u8()? {
                tag::SMALL_INTEGER => Head::Small(i64::from(self.u8()?)),
                tag::INTEGER => Head::Small(i64::from(i32::from_be_bytes(self.array()?))),
                tag::SMALL_BIG => {
                    let length = usize::from(self.u8()?);
                    self.big(length)?
                }
                tag::LARGE_BIG => {
                    let length = self.length()?;
                    self.big(length)?
                }
                tag::BINARY => {
                    let length = self.length()?;
                    Head::Binary(self.take(length)?)
                }
                tag::SMALL_ATOM_UTF8 => {
                    let length = usize::from(self.u8()?);
                    Head::Atom(self.utf8_atom(length)?)
                }
                atom @ (tag::ATOM_UTF8 | tag::ATOM | tag::SMALL_ATOM) => {
                    Head::Atom(self.atom_of(atom)?)
                }
                tag::SMALL_TUPLE => Head::Tuple(usize::from(self.u8()?)),
                tag::LARGE_TUPLE => Head::Tuple(self.count(1)?),
                tag::MAP => Head::Map(self.count(2)?),
                tag::NIL => Head::Nil,
                tag::STRING => match usize::from(self.u16()?) {
                    0 => Head::Nil,
                    length => Head::String(self.take(length)?),
                },
                tag::LIST => match self.count(1)? {
                    // OTP takes a list of no elements for its tail, whatever that is.
                    0 => continue,
                    length => Head::List(length),
                },
                tag::NEW_FLOAT => finite(f64::from_be_bytes(self.array()?))?,
                tag::FLOAT => finite(decimal_float(self.take(31)?)?)?,
                tag::BIT_BINARY => self.bitstring()?,
                tag::PID => Head::Pid(self.pid(Self::creation_byte)?),
                tag::NEW_PID => Head::Pid(self.pid(Self::u32)?),
                tag::REFERENCE => {
                    let node = self.atom()?;
                    let ids = self.take(4)?;
                    let creation = self.creation_byte()?;
                    Head::Reference(ReferenceParts { node, creation, ids }.of_an_old_tag()?)
                }
                tag::NEW_REFERENCE => {
                    Head::Reference(self.reference(Self::creation_byte)?.of_an_old_tag()?)
                }
                tag::NEWER_REFERENCE => Head::Reference(self.reference(Self::u32)?),
                tag::NEW_FUN
                | tag::EXPORT
                | tag::FUN
                | tag::PORT
                | tag::NEW_PORT
                | tag::V4_PORT => {
                    return Err(DecodeError::Executable);
                }
                // Among them 73, 75 and 82, atoms by an index that only one node knows.
                _ => return Err(DecodeError::Malformed),
            };
            return Ok(head);
        }
    }

    /// Takes what [`head`](Reader::head) takes and accepts what it accepts, but tells only what
    /// follows.
    #[inline]
    pub(crate) fn shape(&mut self) -> Result<Shape, DecodeError> {
        if self.common().is_some() {
            return Ok(Shape::Scalar);
        }
        match self.rest {
            [tag::NIL, rest @ ..] => {
                self.rest = rest;
                Ok(Shape::Scalar)
            }
            [tag::SMALL_TUPLE, arity, rest @ ..] => {
                self.rest = rest;
                Ok(Shape::Tuple(usize::from(*arity)))
            }
            _ => Ok(match self.head()? {
                Head::String(_) => Shape::String,
                Head::List(count) => Shape::List(count),
                Head::Tuple(count) => Shape::Tuple(count),
                Head::Map(count) => Shape::Map(count),
                _ => Shape::Scalar,
            }),
        }
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        let (first, rest) = self.rest.split_first().ok_or(DecodeError::Malformed)?;
        self.rest = rest;
        Ok(*first)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Malformed)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    /// A length in bytes.
    fn length(&mut self) -> Result<usize, DecodeError> {
        usize::try_from(self.u32()?).map_err(|_| DecodeError::Malformed)
    }

    /// A number of elements, of `each` terms and so of at least `each` bytes.
    fn count(&mut self, each: usize) -> Result<usize, DecodeError> {
        let count = self.length()?;
        let bytes = count.checked_mul(each).ok_or(DecodeError::Malformed)?;
        if bytes > self.rest.len() { Err(DecodeError::Malformed) } else { Ok(count) }
    }

    fn big(&mut self, length: usize) -> Result<Head<'a>, DecodeError> {
        if length > MAX_INTEGER_BYTES {
            return Err(DecodeError::Malformed);
        }
        let negative = self.u8()? != 0;
        let big = Big::new(negative, self.take(length)?);
        Ok(big.to_i64().map_or(Head::Big(big), Head::Small))
    }

    fn bitstring(&mut self) -> Result<Head<'a>, DecodeError> {
        let length = self.length()?;
        let last_bits = self.u8()?;
        let bytes = self.take(length)?;
        match last_bits {
            _ if bytes.is_empty() => Err(DecodeError::Malformed),
            1..=7 => Ok(Head::Bitstring(Bits { bytes, last_bits })),
            8 => Ok(Head::Binary(bytes)),
            _ => Err(DecodeError::Malformed),
        }
    }

    fn pid(
        &mut self,
        creation: fn(&mut Self) -> Result<u32, DecodeError>,
    ) -> Result<PidParts<'a>, DecodeError> {
        let node = self.atom()?;
        let id = self.u32()?;
        let serial = self.u32()?;
        Ok(PidParts { node, id, serial, creation: creation(self)? })
    }

    fn reference(
        &mut self,
        creation: fn(&mut Self) -> Result<u32, DecodeError>,
    ) -> Result<ReferenceParts<'a>, DecodeError> {
        let words = usize::from(self.u16()?);
        if !REFERENCE_WORDS.contains(&words) {
            return Err(DecodeError::Malformed);
        }
        let node = self.atom()?;
        let creation = creation(self)?;
        Ok(ReferenceParts { node, creation, ids: self.take(words.saturating_mul(4))? })
    }

    /// Old tags have a creation of two bits.
    fn creation_byte(&mut self) -> Result<u32, DecodeError> {
        match self.u8()? {
            creation @ 0..4 => Ok(u32::from(creation)),
            _ => Err(DecodeError::Malformed),
        }
    }

    /// An atom where only an atom may stand: the node of a pid or reference.
    fn atom(&mut self) -> Result<Name<'a>, DecodeError> {
        let tag = self.u8()?;
        self.atom_of(tag)
    }

    fn atom_of(&mut self, tag: u8) -> Result<Name<'a>, DecodeError> {
        let length = match tag {
            tag::ATOM_UTF8 | tag::ATOM => usize::from(self.u16()?),
            tag::SMALL_ATOM_UTF8 | tag::SMALL_ATOM => usize::from(self.u8()?),
            _ => return Err(DecodeError::Malformed),
        };
        match tag {
            tag::ATOM_UTF8 | tag::SMALL_ATOM_UTF8 => self.utf8_atom(length),
            _ => self.latin1_atom(length),
        }
    }

    fn utf8_atom(&mut self, length: usize) -> Result<Name<'a>, DecodeError> {
        let text = core::str::from_utf8(self.take(length)?).map_err(|_| DecodeError::Malformed)?;
        // Counting is needed only where the bytes alone do not show that there are few characters.
        if text.len() > MAX_ATOM_CHARS && text.chars().count() > MAX_ATOM_CHARS {
            return Err(DecodeError::Malformed);
        }
        Ok(Name::Utf8(text))
    }

    fn latin1_atom(&mut self, length: usize) -> Result<Name<'a>, DecodeError> {
        let bytes = self.take(length)?;
        if length > MAX_ATOM_CHARS { Err(DecodeError::Malformed) } else { Ok(Name::latin1(bytes)) }
    }
}

impl ReferenceParts<'_> {
    /// Old tags have 18 bits in the first word.
    fn of_an_old_tag(self) -> Result<Self, DecodeError> {
        match *self.ids {
            [0, 0..4, ..] => Ok(self),
            _ => Err(DecodeError::Malformed),
        }
    }
}

impl<'a> Big<'a> {
    /// The magnitude may have leading zeros here.
    pub(crate) fn new(negative: bool, padded: &'a [u8]) -> Self {
        let significant =
            padded.iter().rposition(|&byte| byte != 0).map_or(0, |at| at.saturating_add(1));
        Self { negative, magnitude: padded.get(..significant).unwrap_or(padded) }
    }

    /// The value, where it fits after all.
    pub(crate) fn to_i64(self) -> Option<i64> {
        if self.magnitude.len() > 8 {
            return None;
        }
        i64::try_from(self.to_i128()?).ok()
    }

    /// The value, where it fits.
    pub(crate) fn to_i128(self) -> Option<i128> {
        let magnitude = self.magnitude()?;
        if self.negative {
            0_i128.checked_sub_unsigned(magnitude)
        } else {
            i128::try_from(magnitude).ok()
        }
    }

    /// The value, where it fits.
    pub(crate) fn to_u128(self) -> Option<u128> {
        self.magnitude().filter(|_| !self.negative)
    }

    /// Without its sign, where that fits.
    pub(crate) fn magnitude(self) -> Option<u128> {
        if self.magnitude.len() > 16 {
            return None;
        }
        Some(self.magnitude.iter().rev().fold(0, |sum, &byte| (sum << 8) | u128::from(byte)))
    }
}

fn finite<'a>(float: f64) -> Result<Head<'a>, DecodeError> {
    if float.is_finite() { Ok(Head::Float(float)) } else { Err(DecodeError::Malformed) }
}

/// The float that OTP wrote before R14 with C's `"%.20e"`: digits on both sides of the point, an
/// exponent if any, padded with NUL. In some locales the point is a comma, which OTP reads to this
/// day.
fn decimal_float(padded: &[u8]) -> Result<f64, DecodeError> {
    // Where there is no NUL, OTP reads on into whatever follows.
    let end = padded.iter().position(|&byte| byte == 0).ok_or(DecodeError::Malformed)?;
    let text = padded.get(..end).unwrap_or_default();
    let text = core::str::from_utf8(text).map_err(|_| DecodeError::Malformed)?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, after) = unsigned.split_once(['.', ',']).ok_or(DecodeError::Malformed)?;
    let (fraction, exponent) = match after.split_once(['e', 'E']) {
        Some((fraction, exponent)) => {
            (fraction, exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
        }
        None => (after, "0"),
    };
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if digits(whole) && digits(fraction) && digits(exponent) {
        text.replacen(',', ".", 1).parse().map_err(|_| DecodeError::Malformed)
    } else {
        Err(DecodeError::Malformed)
    }
}
