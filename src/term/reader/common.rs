//! What most terms consist of, taken by the one tag that is expected.
//!
//! Whatever comes in another spelling is left where it is, for [`Reader::head`]. All is inlined where it
//! is called: a term that is of no other kind there is then recognised by one comparison.

use super::{Reader, tag};
use crate::term::Float;

/// A scalar of the kinds, and in the spelling, that most terms consist of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Common<'a> {
    /// A name of ASCII.
    Atom(&'a [u8]),
    Integer(i64),
    Float(Float),
    Binary(&'a [u8]),
}

impl<'a> Reader<'a> {
    /// Takes a scalar as nearly all are written, if that is what comes next.
    #[inline(always)]
    pub(crate) fn common(&mut self) -> Option<Common<'a>> {
        match self.rest.first()? {
            &tag::SMALL_ATOM_UTF8 | &tag::ATOM => self.common_atom().map(Common::Atom),
            &tag::BINARY => self.common_binary().map(Common::Binary),
            &tag::NEW_FLOAT => self.common_float().map(Common::Float),
            _ => self.common_integer().map(Common::Integer),
        }
    }

    /// Takes an atom whose name is ASCII.
    #[inline(always)]
    pub(crate) fn common_atom(&mut self) -> Option<&'a [u8]> {
        let mut ahead = self.clone();
        let name = ahead.utf8_or_ascii_atom().filter(|name| name.is_ascii())?;
        *self = ahead;
        Some(name)
    }

    /// Takes an atom or a binary. If the bytes are UTF-8, they are its name.
    #[cfg(feature = "serde")]
    #[inline(always)]
    pub(crate) fn common_name(&mut self) -> Option<&'a [u8]> {
        self.utf8_or_ascii_atom().or_else(|| self.common_binary())
    }

    #[inline(always)]
    fn utf8_or_ascii_atom(&mut self) -> Option<&'a [u8]> {
        let (name, rest) = match self.rest {
            [tag::SMALL_ATOM_UTF8, length, rest @ ..] => {
                rest.split_at_checked(usize::from(*length))?
            }
            // What OTP wrote up to 25, in Latin-1.
            [tag::ATOM, 0, length, rest @ ..] => {
                rest.split_at_checked(usize::from(*length)).filter(|(name, _)| name.is_ascii())?
            }
            _ => return None,
        };
        self.rest = rest;
        Some(name)
    }

    /// Takes a binary.
    #[inline(always)]
    pub(crate) fn common_binary(&mut self) -> Option<&'a [u8]> {
        let [tag::BINARY, a, b, c, d, rest @ ..] = self.rest else { return None };
        let length = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok()?;
        let (bytes, rest) = rest.split_at_checked(length)?;
        self.rest = rest;
        Some(bytes)
    }

    /// Takes a float.
    #[inline(always)]
    pub(crate) fn common_float(&mut self) -> Option<Float> {
        let [tag::NEW_FLOAT, a, b, c, d, e, f, g, h, rest @ ..] = self.rest else { return None };
        let float = Float::new(f64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]))?;
        self.rest = rest;
        Some(float)
    }

    /// Takes the head of a map, and gives the number of its pairs.
    #[cfg(feature = "serde")]
    #[inline(always)]
    pub(crate) fn common_map(&mut self) -> Option<usize> {
        let [tag::MAP, a, b, c, d, rest @ ..] = self.rest else { return None };
        let count = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).ok()?;
        // No pair has less than two bytes.
        if count > rest.len() / 2 {
            return None;
        }
        self.rest = rest;
        Some(count)
    }

    /// Takes an integer as those of times and ages are written.
    #[inline(always)]
    pub(crate) fn common_integer(&mut self) -> Option<i64> {
        let (value, rest) = match self.rest {
            [tag::SMALL_INTEGER, value, rest @ ..] => (i64::from(*value), rest),
            [tag::INTEGER, a, b, c, d, rest @ ..] => {
                (i64::from(i32::from_be_bytes([*a, *b, *c, *d])), rest)
            }
            [tag::SMALL_BIG, 6, 0, a, b, c, d, e, f, rest @ ..] => {
                (i64::from_le_bytes([*a, *b, *c, *d, *e, *f, 0, 0]), rest)
            }
            _ => return None,
        };
        self.rest = rest;
        Some(value)
    }
}
