//! What a session cookie may hold: `:serializer` of `Plug.Session`.

use alloc::vec::Vec;

#[cfg(feature = "json")]
use zeroize::Zeroizing;

use super::Session;
#[cfg(any(feature = "cbor", feature = "json"))]
use crate::error::DataError;
use crate::{
    error::{EncodeError, SignError, VerifyError},
    term::{Limits, Term, encode, tag, writer},
    token::open,
};

/// What a session cookie holds, as bytes: `:serializer` of `Plug.Session`.
///
/// | here | `:serializer` |
/// | --- | --- |
/// | [`Session`] | `:external_term_format`, which is the default |
/// | `Cbor` (feature `cbor`) | a module that encodes and decodes CBOR |
/// | `Json` (feature `json`) | a module that encodes and decodes JSON |
/// | `Vec<u8>` | the bytes as they are |
///
/// The bytes come to [`decode`](Self::decode) only after they were found to be authentic.
pub trait SessionData: Sized {
    /// Appends the bytes: what [`decode`](Self::decode) reads within the same `limits`, lest a session
    /// be written that nobody can read.
    ///
    /// # Errors
    /// [`SignError::Data`] for what cannot be written, or could not be read.
    fn encode(&self, out: &mut Vec<u8>, limits: Limits) -> Result<(), SignError>;

    /// Reads authentic bytes, within `limits` where the format has none of its own.
    ///
    /// # Errors
    /// [`VerifyError::Invalid`] for what is not in this format at all, [`VerifyError::Data`] for
    /// what does not fit the type.
    fn decode(bytes: &[u8], limits: Limits) -> Result<Self, VerifyError>;
}

/// `:external_term_format`
impl SessionData for Session {
    fn encode(&self, out: &mut Vec<u8>, limits: Limits) -> Result<(), SignError> {
        let start = out.len();
        out.push(tag::VERSION);
        writer::map(out, self.as_map().len())?;
        let levels = limits.depth.checked_sub(1).ok_or(EncodeError::TooDeep)?;
        for (key, value) in self.as_map() {
            encode::write(key, out, levels)?;
            encode::write(value, out, levels)?;
        }
        open::within(out.len().saturating_sub(start), limits)
    }

    fn decode(bytes: &[u8], limits: Limits) -> Result<Self, VerifyError> {
        match Term::decode_with(bytes, limits)? {
            Term::Map(entries) => Ok(entries.into()),
            _ => Err(VerifyError::Invalid),
        }
    }
}

/// No format: for the caller to read and write.
impl SessionData for Vec<u8> {
    fn encode(&self, out: &mut Vec<u8>, _: Limits) -> Result<(), SignError> {
        out.extend_from_slice(self);
        Ok(())
    }

    fn decode(bytes: &[u8], _: Limits) -> Result<Self, VerifyError> {
        Ok(bytes.to_vec())
    }
}

/// Bare CBOR, in no term: an array, map or tag may be nested in at most
/// [`MAX_DEPTH`](crate::Cbor::MAX_DEPTH) others.
#[cfg(feature = "cbor")]
impl<T: ::serde::Serialize + ::serde::de::DeserializeOwned> SessionData for crate::Cbor<T> {
    fn encode(&self, out: &mut Vec<u8>, _: Limits) -> Result<(), SignError> {
        let start = out.len();
        ciborium::into_writer(&self.0, &mut *out).map_err(|_| SignError::Data(unwritable()))?;
        let mut written = out.get(start..).unwrap_or_default();
        let read = ciborium::de::from_reader_with_recursion_limit::<T, _>;
        read(&mut written, Self::MAX_DEPTH).map_err(|_| SignError::Data(unreadable()))?;
        Ok(())
    }

    fn decode(bytes: &[u8], _: Limits) -> Result<Self, VerifyError> {
        let mut rest = bytes;
        match ciborium::de::from_reader_with_recursion_limit(&mut rest, Self::MAX_DEPTH) {
            Ok(value) if rest.is_empty() => Ok(Self(value)),
            Err(ciborium::de::Error::Semantic(..)) => Err(VerifyError::Data(unfitting("CBOR"))),
            _ => Err(VerifyError::Invalid),
        }
    }
}

/// A session kept as JSON ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)), as Jason writes it;
/// at most 127 levels of arrays and objects.
///
/// # Example
/// ```
/// use phoenix_token::{SecretKeyBase, cookie::{Json, SessionCookie}};
/// use std::collections::BTreeMap;
///
/// # let secret_key_base = "a secret key base for cookies has at least sixty-four bytes, as here";
/// # let secret = SecretKeyBase::new(secret_key_base)?;
/// let session_cookie = SessionCookie::signed(&secret, "Sb5x9SKE")?;
/// let cookie = session_cookie.write(&Json(BTreeMap::from([("user_id".to_owned(), 42)])))?;
/// assert!(cookie.starts_with("SFMyNTY.eyJ1c2VyX2lkIjo0Mn0."));
///
/// let Json(session) = session_cookie.read_as::<Json<BTreeMap<String, u64>>>(&cookie)?;
/// assert_eq!(session["user_id"], 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "json")]
#[cfg_attr(docsrs, doc(cfg(feature = "json")))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Json<T>(pub T);

#[cfg(feature = "json")]
impl<T: ::serde::Serialize + ::serde::de::DeserializeOwned> SessionData for Json<T> {
    fn encode(&self, out: &mut Vec<u8>, _: Limits) -> Result<(), SignError> {
        // It may be about to be encrypted.
        let json = serde_json::to_vec(&self.0).map_err(|_| SignError::Data(unwritable()))?;
        let json = Zeroizing::new(json);
        serde_json::from_slice::<T>(&json).map_err(|_| SignError::Data(unreadable()))?;
        out.extend_from_slice(&json);
        Ok(())
    }

    fn decode(bytes: &[u8], _: Limits) -> Result<Self, VerifyError> {
        serde_json::from_slice(bytes).map(Self).map_err(|error| {
            if error.is_data() {
                VerifyError::Data(unfitting("JSON"))
            } else {
                VerifyError::Invalid
            }
        })
    }
}

/// No words of the error's own: they may quote the data.
#[cfg(any(feature = "cbor", feature = "json"))]
fn unwritable() -> DataError {
    DataError { message: "the type's Serialize refused the value".into() }
}

#[cfg(any(feature = "cbor", feature = "json"))]
fn unreadable() -> DataError {
    DataError { message: "what was written could not be read".into() }
}

#[cfg(any(feature = "cbor", feature = "json"))]
fn unfitting(format: &str) -> DataError {
    DataError { message: alloc::format!("{format} for another type") }
}
