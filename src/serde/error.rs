//! Why a value and a term do not fit each other, told without the data.
//!
//! Tokens hold what must not get into logs. serde's own messages quote the offending value, and so
//! may those of hand-written `Serialize` and `Deserialize` code: both are replaced here. What is
//! left are kinds of terms and the names that stand in the program's own types.

use alloc::{
    format,
    string::{String, ToString},
};
use core::fmt;

use ::serde::{
    de::{self, Expected, Unexpected},
    ser,
};

use crate::error::{DataError, DecodeError, EncodeError};

/// Why a value could not be written as a term, or a term not read as a value.
///
/// No message holds data. What the `custom` errors of hand-written `Serialize` and `Deserialize`
/// code say is left out for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not a term that this crate reads.
    Decode(DecodeError),
    /// The value is larger or deeper than a term can be.
    Encode(EncodeError),
    /// The term and the type do not fit each other.
    Data(DataError),
}

impl Error {
    pub(super) fn data(message: impl Into<String>) -> Self {
        Self::Data(DataError { message: message.into() })
    }

    pub(super) fn expected(expected: &dyn Expected, found: &str) -> Self {
        Self::data(format!("expected {expected}, found {found}"))
    }
}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        // What is said of CBOR in this crate, which knows no other way to say it.
        if message.to_string() == EncodeError::TooDeep.to_string() {
            return Self::Encode(EncodeError::TooDeep);
        }
        Self::data("the type's Serialize refused the value")
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::data("the type's Deserialize refused the value")
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected, kind(unexpected))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected, &format!("{} that does not fit", kind(unexpected)))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::expected(expected, "another number of elements")
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::data(unknown("variant", expected))
    }

    fn unknown_field(_: &str, expected: &'static [&'static str]) -> Self {
        Self::data(unknown("field", expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self::data(format!("missing field `{field}`"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::data(format!("duplicate field `{field}`"))
    }
}

/// What serde's data model calls it. `Other` may hold data, but serde itself uses it for integers
/// that its model has no variant for.
fn kind(unexpected: Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a float",
        Unexpected::Char(_) | Unexpected::Str(_) => "a string",
        Unexpected::Bytes(_) => "a binary",
        Unexpected::Unit | Unexpected::Option => "nil",
        Unexpected::NewtypeStruct => "a newtype struct",
        Unexpected::Seq => "a sequence",
        Unexpected::Map => "a map",
        Unexpected::Enum => "an enum",
        Unexpected::UnitVariant => "a unit variant",
        Unexpected::NewtypeVariant => "a newtype variant",
        Unexpected::TupleVariant => "a tuple variant",
        Unexpected::StructVariant => "a struct variant",
        Unexpected::Other("i128" | "u128") => "an integer",
        Unexpected::Other(text) if text.starts_with("integer `") => {
            "an integer of more than 64 bits"
        }
        Unexpected::Other(_) => "something else",
    }
}

fn unknown(what: &str, expected: &'static [&'static str]) -> String {
    if expected.is_empty() {
        return format!("unknown {what}, there are none");
    }
    format!("unknown {what}, expected one of `{}`", expected.join("`, `"))
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Decode(error) => error.fmt(f),
            Self::Encode(error) => error.fmt(f),
            Self::Data(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Error {}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}

impl From<EncodeError> for Error {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<Error> for DataError {
    fn from(error: Error) -> Self {
        match error {
            Error::Data(error) => error,
            Error::Decode(error) => Self { message: error.to_string() },
            Error::Encode(error) => Self { message: error.to_string() },
        }
    }
}
