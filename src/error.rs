//! What a caller may know. Causes that would help an attacker stay inside.
//!
//! A refused token is [`Missing`](VerifyError::Missing), [`Invalid`](VerifyError::Invalid) or
//! [`Expired`](VerifyError::Expired), as `{:error, :missing | :invalid | :expired}` in Elixir.
//! `Invalid` never says why: whoever learns *which* check failed learns how to get past it.

use alloc::string::{String, ToString};
use core::fmt;

use crate::{cookie, time::Timestamp};

/// Why a token was refused by `verify` or `decrypt`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// There was no token: `None` was given, as `nil` in Elixir.
    Missing,
    /// Not a token of this key: tampered with, made by another key, salt or operation, not a token
    /// at all, signed in the future, or over a limit. It says no more, whatever the cause.
    Invalid,
    /// The token is authentic, but its age is over.
    Expired {
        /// When it was signed and its age later: the last moment at which it was valid, if its age is
        /// more than nothing; `None` where its fields are no times.
        since: Option<Timestamp>,
    },
    /// The token is authentic, but its payload was written with `:erlang.term_to_binary(_, [:local])`
    /// and can be read only by the node that wrote it.
    Local,
    /// The token is authentic and in time, but its data does not fit the type that was asked for:
    /// a mistake in the program, not an attack.
    Data(DataError),
}

/// Authentic data that does not fit the type asked for.
///
/// It tells what was expected and what kind of term was found, never the data itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError {
    pub(crate) message: String,
}

/// Why a token or cookie could not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SignError {
    /// The data has no place in a term; the message names the reason.
    Data(DataError),
    /// The key was made for signing only.
    SignOnly,
    /// The cipher cannot use a key of this length.
    Key(KeyError),
    /// The operating system gave no randomness.
    Randomness,
    /// The cookie is larger than the [4096 bytes](crate::cookie::MAX_BYTES) that are sent.
    CookieOverflow {
        /// Its bytes.
        bytes: usize,
    },
    /// The name, value or an attribute of the cookie has a character that would end it.
    CookieCharacter,
}

/// Why a key could not be made. It names what is wrong and what is required.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// The secret key base is shorter than what it is for requires.
    SecretTooShort {
        /// Bytes required.
        required: usize,
        /// Bytes given.
        actual: usize,
    },
    /// A key of no bytes.
    Empty,
    /// PBKDF2 with no iterations.
    ZeroIterations,
    /// A length that the cipher cannot use.
    Length {
        /// What the cipher takes.
        required: &'static str,
        /// Bytes given.
        actual: usize,
    },
    /// A derived key longer than Plug.Crypto allows.
    TooLong {
        /// The most bytes allowed.
        limit: usize,
        /// Bytes given.
        actual: usize,
    },
}

/// The answer of the bare messages for what this key did not make: `:error` in Elixir, and as
/// silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid;

/// Why bytes are not a term that this crate reads.
///
/// Inside a token all of these but [`Local`](DecodeError::Local) are [`VerifyError::Invalid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not the external term format, cut short, or followed by further bytes.
    Malformed,
    /// A function or a port, which `Plug.Crypto.non_executable_binary_to_term` refuses as well.
    Executable,
    /// Written with `:erlang.term_to_binary(_, [:local])`: only the node that wrote it can read it.
    Local,
    /// Larger or deeper than the [`Limits`](crate::term::Limits) allow.
    Limit,
}

/// Why a value cannot be written as a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// An atom of more than 255 characters.
    AtomTooLong,
    /// More elements or bytes than the format can count, or an integer beyond what OTP can hold.
    TooLarge,
    /// More bytes than the [`Limits`](crate::term::Limits) of a token or session allow:
    /// [`Sign::limits`](crate::Sign::limits) and the builder of a session cookie set others.
    OverLimit,
    /// Nested deeper than [`Limits`](crate::term::Limits) allow.
    TooDeep,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("no token was given"),
            Self::Invalid => f.write_str("the token is invalid"),
            Self::Expired { .. } => f.write_str("the token has expired"),
            Self::Local => f.write_str("the token holds a node-local term"),
            Self::Data(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the data does not fit: {}", self.message)
    }
}

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(error) => error.fmt(f),
            Self::SignOnly => f.write_str("this key is for signing only"),
            Self::Key(error) => error.fmt(f),
            Self::Randomness => f.write_str("the operating system gave no randomness"),
            Self::CookieOverflow { bytes } => {
                write!(f, "the cookie has {bytes} bytes, at most {} are sent", cookie::MAX_BYTES)
            }
            Self::CookieCharacter => f.write_str("the cookie holds a character that would end it"),
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretTooShort { required, actual } => write!(
                f,
                "the secret key base has {actual} bytes, at least {required} are required"
            ),
            Self::Empty => f.write_str("the key is empty, at least 1 byte is required"),
            Self::ZeroIterations => f.write_str("0 iterations, at least 1 is required"),
            Self::Length { required, actual } => {
                write!(f, "the key has {actual} bytes, the cipher takes {required}")
            }
            Self::TooLong { limit, actual } => {
                write!(f, "a key of {actual} bytes, at most {limit} are allowed")
            }
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the message is invalid")
    }
}

impl From<Invalid> for VerifyError {
    fn from(_: Invalid) -> Self {
        Self::Invalid
    }
}

impl From<DecodeError> for VerifyError {
    fn from(error: DecodeError) -> Self {
        match error {
            DecodeError::Local => Self::Local,
            DecodeError::Malformed | DecodeError::Executable | DecodeError::Limit => Self::Invalid,
        }
    }
}

impl From<EncodeError> for DataError {
    fn from(error: EncodeError) -> Self {
        Self { message: error.to_string() }
    }
}

impl From<EncodeError> for SignError {
    fn from(error: EncodeError) -> Self {
        Self::Data(error.into())
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not the external term format",
            Self::Executable => "the term holds a function or a port",
            Self::Local => "the term can be read only by the node that wrote it",
            Self::Limit => "the term is over a limit",
        })
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtomTooLong => "an atom has at most 255 characters",
            Self::TooLarge => "more than a term can hold",
            Self::OverLimit => "over the limit on size",
            Self::TooDeep => "nested too deeply",
        })
    }
}

impl core::error::Error for Invalid {}
impl core::error::Error for DecodeError {}
impl core::error::Error for EncodeError {}
impl core::error::Error for VerifyError {}
impl core::error::Error for DataError {}
impl core::error::Error for SignError {}
impl core::error::Error for KeyError {}
