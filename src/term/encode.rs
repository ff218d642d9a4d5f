//! [`Term`] to bytes, as `:erlang.term_to_binary(term, [:deterministic])` of OTP 26 and later.

use alloc::vec::Vec;

use super::{Limits, Term, map::KeysAndValues, tag, writer};
use crate::error::EncodeError;

impl Term {
    /// The bytes of the term, as `:erlang.term_to_binary(term, [:deterministic])` of OTP 26 and
    /// later writes them: atoms in UTF-8, the pairs of a map in the order of their keys.
    ///
    /// # Errors
    /// See [`EncodeError`]. What [`decode`](Term::decode) gave can always be encoded.
    ///
    /// # Example
    /// ```
    /// use phoenix_token::term::Term;
    ///
    /// assert_eq!(Term::from("hi").encode()?, [131, 109, 0, 0, 0, 2, b'h', b'i']);
    /// # Ok::<(), phoenix_token::term::EncodeError>(())
    /// ```
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(TYPICAL);
        self.encode_into(&mut out)?;
        Ok(out)
    }

    /// Appends what [`encode`](Term::encode) gives.
    ///
    /// # Errors
    /// See [`EncodeError`]; nothing is appended then.
    pub fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let before = out.len();
        out.push(tag::VERSION);
        write(self, out, Limits::MAX_DEPTH).inspect_err(|_| out.truncate(before))
    }
}

/// Bytes of most terms of tokens.
const TYPICAL: usize = 64;

/// Appends the term without the version byte, if it has no more levels.
pub(crate) fn write(term: &Term, out: &mut Vec<u8>, levels: usize) -> Result<(), EncodeError> {
    if levels == 0 && is_level(term) {
        return Err(EncodeError::TooDeep);
    }
    let Some(mut frame) = head(term, out)? else { return Ok(()) };
    // The containers around the open one.
    let mut outer: Vec<Frame<'_>> = Vec::new();
    loop {
        while let Some(term) = frame.next() {
            if outer.len().saturating_add(1) == levels && is_level(term) {
                return Err(EncodeError::TooDeep);
            }
            if let Some(inner) = head(term, out)? {
                outer.push(core::mem::replace(&mut frame, inner));
            }
        }
        if let Frame::List(_) = frame {
            writer::nil(out);
        }
        let Some(around) = outer.pop() else { return Ok(()) };
        frame = around;
    }
}

/// The terms of a container that are still to be written.
enum Frame<'a> {
    Tuple(core::slice::Iter<'a, Term>),
    /// The empty list follows the elements.
    List(core::slice::Iter<'a, Term>),
    /// The tail is the last element.
    ImproperList(core::slice::Iter<'a, Term>),
    Map(KeysAndValues<'a>),
}

impl<'a> Frame<'a> {
    fn next(&mut self) -> Option<&'a Term> {
        match self {
            Self::Tuple(terms) | Self::List(terms) | Self::ImproperList(terms) => terms.next(),
            Self::Map(terms) => terms.next(),
        }
    }
}

/// What decoding counts as a level, whichever way it is written.
fn is_level(term: &Term) -> bool {
    match term {
        Term::List(elements) => !elements.is_empty(),
        Term::ImproperList(_) | Term::Tuple(_) | Term::Map(_) => true,
        _ => false,
    }
}

/// Writes all of a scalar, and the head of a container whose terms are to follow.
fn head<'a>(term: &'a Term, out: &mut Vec<u8>) -> Result<Option<Frame<'a>>, EncodeError> {
    match term {
        Term::Atom(atom) => writer::atom(out, atom.as_bytes())?,
        Term::Integer(integer) => integer.write(out)?,
        Term::Float(float) => writer::float(out, float.get()),
        Term::Binary(bytes) => writer::binary(out, bytes)?,
        Term::Bitstring(bits) => writer::bitstring(out, bits.bytes(), bits.last_bits())?,
        Term::Pid(pid) => {
            writer::pid(out, pid.node().as_str(), pid.id(), pid.serial(), pid.creation())?;
        }
        Term::Reference(reference) => {
            let node = reference.node().as_str();
            writer::reference(out, node, reference.creation(), reference.ids())?;
        }
        Term::List(elements) if elements.is_empty() => writer::nil(out),
        Term::List(elements) => {
            if !string(elements, out)? {
                writer::list(out, elements.len())?;
                return Ok(Some(Frame::List(elements.iter())));
            }
        }
        Term::ImproperList(list) => {
            writer::list(out, list.elements().len())?;
            return Ok(Some(Frame::ImproperList(list.as_slice().iter())));
        }
        Term::Tuple(elements) => {
            writer::tuple(out, elements.len())?;
            return Ok(Some(Frame::Tuple(elements.iter())));
        }
        Term::Map(map) => {
            writer::map(out, map.len())?;
            return Ok(Some(Frame::Map(map.keys_and_values())));
        }
    }
    Ok(None)
}

/// Writes a list of bytes as OTP does, if it is one, and says so.
fn string(elements: &[Term], out: &mut Vec<u8>) -> Result<bool, EncodeError> {
    if elements.len() > writer::MAX_STRING_LENGTH
        || !elements.iter().all(|term| byte(term).is_some())
    {
        return Ok(false);
    }
    let bytes: Vec<u8> = elements.iter().filter_map(byte).collect();
    writer::string(out, &bytes)?;
    Ok(true)
}

fn byte(term: &Term) -> Option<u8> {
    match term {
        Term::Integer(integer) => u8::try_from(integer.to_i64()?).ok(),
        _ => None,
    }
}
