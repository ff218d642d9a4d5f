//! CBOR as the data of a token.

use alloc::vec::Vec;
use core::{fmt, marker::PhantomData};

use ::serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned, IgnoredAny, Unexpected, Visitor},
    ser::Error as _,
};
use ciborium::de::from_reader_with_recursion_limit;
use zeroize::Zeroizing;

/// What [`Cbor`] says to the serializer, which knows [`EncodeError::TooDeep`](crate::EncodeError) by it.
pub(crate) const TOO_DEEP: &str = "CBOR that is nested too deeply to be read again";

/// A value kept as CBOR ([RFC 8949](https://www.rfc-editor.org/rfc/rfc8949)): one binary in the
/// ordinary envelope, so that Phoenix verifies the token and has bytes for any CBOR library.
///
/// Reading takes a binary with exactly one CBOR item; bytes behind it, and values nested deeper than
/// [`MAX_DEPTH`](Cbor::MAX_DEPTH), do not fit. What could not be read is not written either.
///
/// # Example
/// ```
/// use phoenix_token::{Cbor, serde, term::Term};
///
/// let bytes = serde::to_vec(&Cbor((7, "Ada")))?;
/// assert_eq!(Term::decode(&bytes)?, Term::Binary(b"\x82\x07\x63Ada".to_vec()));
///
/// let Cbor((id, name)) = serde::from_slice::<Cbor<(u32, String)>>(&bytes)?;
/// assert_eq!((id, name.as_str()), (7, "Ada"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// With a key: `key.sign(&Cbor(&value))` and `key.verify::<Cbor<T>>(token)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cbor<T>(pub T);

impl<T> Cbor<T> {
    /// The deepest nesting of arrays, maps and enums that is read: 128. Its `Serialize` writes one level
    /// less, for a variant without fields is a level to whoever reads it, and its bytes do not show
    /// that; a session in CBOR, which is read again before it is sent, has all of them.
    pub const MAX_DEPTH: usize = 128;

    const MAX_WRITTEN_DEPTH: usize = Self::MAX_DEPTH - 1;
}

impl<T: Serialize> Serialize for Cbor<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // It may be about to be encrypted.
        let mut bytes = Zeroizing::new(Vec::new());
        ciborium::into_writer(&self.0, &mut *bytes).map_err(S::Error::custom)?;
        // Each level takes a byte.
        if bytes.len() > Self::MAX_WRITTEN_DEPTH && is_deeper(&bytes, Self::MAX_WRITTEN_DEPTH) {
            return Err(S::Error::custom(TOO_DEEP));
        }
        serializer.serialize_bytes(&bytes)
    }
}

fn is_deeper(bytes: &[u8], levels: usize) -> bool {
    let read = from_reader_with_recursion_limit::<IgnoredAny, _>(bytes, levels);
    matches!(read, Err(ciborium::de::Error::RecursionLimitExceeded))
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Cbor<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(CborVisitor(PhantomData))
    }
}

struct CborVisitor<T>(PhantomData<T>);

impl<T: DeserializeOwned> Visitor<'_> for CborVisitor<T> {
    type Value = Cbor<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a binary of CBOR for the type")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Cbor<T>, E> {
        let mut rest = bytes;
        let depth = Cbor::<T>::MAX_DEPTH;
        match from_reader_with_recursion_limit(&mut rest, depth) {
            Ok(value) if rest.is_empty() => Ok(Cbor(value)),
            // What was wrong could quote the data.
            _ => Err(E::invalid_value(Unexpected::Bytes(bytes), &self)),
        }
    }
}
