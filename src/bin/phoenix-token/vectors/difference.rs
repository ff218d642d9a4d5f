//! Where this crate answers differently from Plug.Crypto and OTP on purpose: the list of DESIGN.md,
//! which is complete. A test that meets a different answer names one of these, and shows that the
//! case is of that kind.

use std::{borrow::Cow, fmt};

use super::etf;
use phoenix_token::term::{DecodeError, Term};

/// What [`Limits::new`](phoenix_token::term::Limits::new) says.
const DEFAULT_DEPTH: usize = 256;
const DEFAULT_SIZE: usize = 4 << 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Difference {
    NonCanonicalBase64 = 1,
    Limit = 2,
    Raises = 3,
    FutureDated = 4,
    TrailingOrNodeInternal = 5,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::NonCanonicalBase64 => "non-canonical base64 is invalid",
            Self::Limit => "a size, depth or inflated size over a limit is invalid",
            Self::Raises => "a payload that makes Plug raise is invalid",
            Self::FutureDated => "signed in the future beyond a tolerance is invalid",
            Self::TrailingOrNodeInternal => {
                "bytes after the term, and tags of one node only, are invalid"
            }
        };
        write!(f, "{}. {text}", *self as u8)
    }
}

/// Why this crate refuses a term that OTP takes, shown on the bytes; and the term itself, where a
/// part of the bytes has it. `None` where the list gives no reason.
pub(crate) fn in_term(etf: &[u8]) -> Option<(Difference, Option<Term>)> {
    match Term::decode(etf).err()? {
        DecodeError::Limit => {
            let deep = etf::depth(etf).is_some_and(|depth| depth > DEFAULT_DEPTH);
            (deep || etf.len() > DEFAULT_SIZE).then_some((Difference::Limit, None))
        }
        DecodeError::Local => Some((Difference::TrailingOrNodeInternal, None)),
        DecodeError::Malformed if is_node_internal(etf) => {
            Some((Difference::TrailingOrNodeInternal, None))
        }
        DecodeError::Malformed => {
            let term = before_trailing(etf)?;
            Some((Difference::TrailingOrNodeInternal, Some(term)))
        }
        _ => None,
    }
}

fn is_node_internal(etf: &[u8]) -> bool {
    etf::is_node_internal(&inflated(etf))
}

pub(crate) const REFERENCE_OF_NO_WORDS: &str = "a reference of no words";

/// What OTP takes of what no OTP writes, and of which its releases disagree, or that it could not
/// read back, or that depends on the memory behind it.
pub(crate) fn oddity(etf: &[u8]) -> Option<&'static str> {
    let etf = inflated(etf);
    if etf::has_bitstring_of_no_bytes(&etf) {
        Some("a bitstring of no bytes, whose last one has no bits")
    } else if etf::has_reference_of_no_words(&etf) {
        Some(REFERENCE_OF_NO_WORDS)
    } else if etf::has_float_without_end(&etf) {
        Some("a decimal float without an end")
    } else {
        None
    }
}

/// Whether reading it may be the end of an OTP 25, by a segmentation fault at its next garbage
/// collection: it takes no memory for the word of a reference of no words, and writes it.
#[allow(dead_code, reason = "the tests alone ask a real one")]
pub(crate) fn is_fatal_to_otp(etf: &[u8]) -> bool {
    etf::has_reference_of_no_words(&inflated(etf))
}

/// The same bytes without compression, where they can be inflated.
#[cfg(not(feature = "compressed"))]
pub(crate) fn inflated(etf: &[u8]) -> Cow<'_, [u8]> {
    Cow::Borrowed(etf)
}

/// The same bytes without compression, where they can be inflated.
#[cfg(feature = "compressed")]
pub(crate) fn inflated(etf: &[u8]) -> Cow<'_, [u8]> {
    let Some(zlib) = etf.strip_prefix(&[131, 80]).and_then(|rest| rest.get(4..)) else {
        return Cow::Borrowed(etf);
    };
    match miniz_oxide::inflate::decompress_to_vec_zlib(zlib) {
        Ok(inflated) => Cow::Owned([&[131], &inflated[..]].concat()),
        Err(_) => Cow::Borrowed(etf),
    }
}

/// The term that a proper beginning of the bytes is, or of what they inflate to.
fn before_trailing(etf: &[u8]) -> Option<Term> {
    if etf.starts_with(&[131, 80]) {
        let shorter = (6..etf.len()).find_map(|length| Term::decode(etf.get(..length)?).ok());
        if shorter.is_some() {
            return shorter;
        }
    }
    let etf = inflated(etf);
    let length = etf::length(&etf).filter(|length| *length < etf.len())?;
    Term::decode(etf.get(..length)?).ok()
}
