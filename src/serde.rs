//! Any type of serde's data model as a term, and back, without a [`Term`] in between.
//!
//! | Rust | written as | read from |
//! | --- | --- | --- |
//! | `bool` | `true`, `false` | the same |
//! | integers | an integer | an integer in range, never a float |
//! | `f32`, `f64` | a float; NaN and infinities are errors | a float, or an integer that needs no rounding |
//! | `&str`, `String`, `char` | a binary | a binary of UTF-8, an atom (but `nil`, `true`, `false`), a charlist (not as `&str`) |
//! | bytes (`serde_bytes`) | a binary | a binary, a list of bytes (not as `&[u8]`) |
//! | `None`, `()`, a unit struct | `nil` | `nil` |
//! | `Some(x)`, a newtype struct | `x` | `x` |
//! | `Vec<T>`, sets | a list | a list, a tuple |
//! | tuples, arrays, tuple structs | a tuple | a tuple or list of the same length |
//! | maps | a map with these keys | a map |
//! | structs | a map with atom keys, or binary keys by [`Options`] | a map with atom or binary keys; `__struct__` is passed over |
//! | `Enum::Unit` | `:Unit` | an atom or binary |
//! | `Enum::Newtype(a)`, `Enum::Tuple(a, b)` | `{:Newtype, a}`, `{:Tuple, a, b}` | the same, the tag may be a binary |
//! | `Enum::Struct { a }` | `{:Struct, %{a: a}}` | the same |
//! | [`Term`], [`Atom`] and the other types of [`term`](crate::term) | itself | itself |
//!
//! `#[serde(rename_all = "snake_case")]` makes tags look as Elixir's. A type that is told by serde to
//! buffer (`untagged`, `flatten`, `tag = ".."`) sees atoms as strings; a struct with a flattened field
//! is a map to serde and gets binary keys. Types that ask whether a format is for human readers, such
//! as IP addresses and UUIDs, are told so and write text, as Ecto has it.
//!
//! Maps are written in Erlang's order of keys; a key that stands twice is an error. Where both `:a`
//! and `"a"` are keys, a struct refuses the map; a map with keys of `String` keeps the later of the two, `"a"`.
//!
//! `Vec<u8>` is a list of integers to serde, and an array a tuple. For a binary take the types of the
//! crate `serde_bytes`, or `#[serde(with = "serde_bytes")]`.
//!
//! # Example
//! ```
//! use phoenix_token::{serde, term::Term};
//! use ::serde::{Deserialize, Serialize};
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! struct Session<'a> {
//!     user_id: u64,
//!     locale: &'a str,
//!     role: Role,
//! }
//!
//! #[derive(Debug, PartialEq, Serialize, Deserialize)]
//! #[serde(rename_all = "snake_case")]
//! enum Role {
//!     Admin,
//!     Member { since: u16 },
//! }
//!
//! let session = Session { user_id: 42, locale: "pl", role: Role::Member { since: 2026 } };
//! let bytes = serde::to_vec(&session)?;
//!
//! assert_eq!(
//!     Term::decode(&bytes)?.to_string(),
//!     r#"%{locale: "pl", role: {:member, %{since: 2026}}, user_id: 42}"#
//! );
//! assert_eq!(serde::from_slice::<Session>(&bytes)?, session);
//! # Ok::<(), serde::Error>(())
//! ```

mod de;
mod error;
mod names;
mod ser;
mod terms;

#[cfg(feature = "jiff")]
#[cfg_attr(docsrs, doc(cfg(feature = "jiff")))]
pub mod jiff;

use alloc::vec::Vec;

use ::serde::{Deserialize, Serialize, de::DeserializeOwned};

use self::de::from_unchecked_slice;
pub use self::error::Error;
pub(crate) use self::{
    de::{from_checked_slice, from_slice_in_one_pass},
    ser::to_writer,
};
#[cfg(doc)]
use crate::term::Atom;
#[cfg(feature = "compressed")]
use crate::term::check::check_whole;
use crate::term::{
    Limits, Term,
    decode::{self, Body},
    encode, tag,
};

/// How values are written, where there is a choice.
///
/// # Example
/// ```
/// use phoenix_token::{serde::{self, Options}, term::Term};
///
/// #[derive(::serde::Serialize)]
/// struct Params { page: u32 }
///
/// let bytes = serde::to_vec_with(&Params { page: 2 }, Options::new().binary_keys())?;
/// assert_eq!(Term::decode(&bytes)?.to_string(), r#"%{"page" => 2}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    binary_keys: bool,
}

impl Options {
    /// The fields of structs as atoms: `%{page: 2}`.
    pub const fn new() -> Self {
        Self { binary_keys: false }
    }

    /// The fields of structs as binaries: `%{"page" => 2}`, as the params and sessions of Plug.
    /// Variants stay atoms.
    #[must_use]
    pub const fn binary_keys(mut self) -> Self {
        self.binary_keys = true;
        self
    }
}

/// The value in the external term format, version byte first.
///
/// # Errors
/// [`Error::Data`] for what a term cannot hold (a float that is not finite, a map with the same key
/// twice) or what the type's own `Serialize` refuses, [`Error::Encode`] for what is too large or
/// nested deeper than [`Limits::MAX_DEPTH`].
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    to_vec_with(value, Options::new())
}

/// As [`to_vec`], with a choice.
///
/// # Errors
/// As [`to_vec`].
pub fn to_vec_with<T: Serialize + ?Sized>(value: &T, options: Options) -> Result<Vec<u8>, Error> {
    // Most values of tokens fit.
    let mut out = Vec::with_capacity(256);
    out.push(tag::VERSION);
    to_writer(value, &mut out, options, Limits::MAX_DEPTH)?;
    Ok(out)
}

/// Reads a value that may borrow from the bytes: the whole of them, with the default [`Limits`].
///
/// # Errors
/// [`Error::Decode`] for what [`Term::decode`] refuses, [`Error::Data`] where the term does not fit
/// the type. A compressed term has nothing to borrow from and does not fit: that is for
/// [`from_slice_owned`].
pub fn from_slice<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, Error> {
    from_slice_with(bytes, Limits::new())
}

/// As [`from_slice`], within `limits`.
///
/// # Errors
/// As [`from_slice`].
pub fn from_slice_with<'de, T: Deserialize<'de>>(
    bytes: &'de [u8],
    limits: Limits,
) -> Result<T, Error> {
    match decode::body(bytes, limits)? {
        Body::Plain(term) => from_unchecked_slice(term, limits),
        #[cfg(feature = "compressed")]
        Body::Inflated(term) => {
            check_whole(&term, limits)?;
            Err(Error::data("a compressed term, which cannot be borrowed from"))
        }
    }
}

/// Reads a value that borrows nothing, also from a compressed term, within `limits`.
///
/// # Errors
/// As [`from_slice`].
pub fn from_slice_owned<T: DeserializeOwned>(bytes: &[u8], limits: Limits) -> Result<T, Error> {
    from_unchecked_slice(&decode::body(bytes, limits)?, limits)
}

/// The value as a [`Term`].
///
/// # Errors
/// As [`to_vec`].
pub fn to_term<T: Serialize + ?Sized>(value: &T) -> Result<Term, Error> {
    let mut bytes = Vec::new();
    to_writer(value, &mut bytes, Options::new(), Limits::MAX_DEPTH)?;
    Ok(decode::checked_term(&bytes)?)
}

/// The [`Term`] as a value.
///
/// # Errors
/// [`Error::Data`] where the term does not fit the type.
pub fn from_term<T: DeserializeOwned>(term: &Term) -> Result<T, Error> {
    let mut bytes = Vec::new();
    encode::write(term, &mut bytes, Limits::MAX_DEPTH)?;
    from_checked_slice(&bytes)
}
