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
    #[cfg_attr(not(feature = "cbor"), allow(unused_variables, reason = "nothing is said to us"))]
    fn custom<T: fmt::Display>(message: T) -> Self {
        // A value has no other way to tell a serializer of ours.
        #[cfg(feature = "cbor")]
        if says(&message, crate::cbor::TOO_DEEP) {
            return Self::Encode(EncodeError::TooDeep);
        }
        Self::data("the type's Serialize refused the value")
    }
}

/// Whether the message is this text; no copy of it is made, as it may quote the data.
#[cfg(feature = "cbor")]
fn says(message: &impl fmt::Display, text: &str) -> bool {
    struct Rest<'t>(&'t str);

    impl fmt::Write for Rest<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
            Ok(())
        }
    }

    let mut rest = Rest(text);
    fmt::write(&mut rest, format_args!("{message}")).is_ok() && rest.0.is_empty()
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
