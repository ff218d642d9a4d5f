//! Why reading ended, on its way up.

use alloc::{boxed::Box, string::String};
use core::fmt;

use ::serde::de::{self, Expected, Unexpected};

use crate::{error::DecodeError, serde::Error};

/// An [`Error`] of one word. All that is read passes through the results of many calls, which would
/// be as large as the error, and be moved in memory each time.
#[derive(Debug)]
pub(super) struct Refused(Box<Error>);

impl Refused {
    #[cold]
    pub(super) fn data(message: impl Into<String>) -> Self {
        Error::data(message).into()
    }

    #[cold]
    pub(super) fn expected(expected: &dyn Expected, found: &str) -> Self {
        Error::expected(expected, found).into()
    }
}

impl From<Error> for Refused {
    #[cold]
    fn from(error: Error) -> Self {
        Self(Box::new(error))
    }
}

impl From<DecodeError> for Refused {
    #[cold]
    fn from(error: DecodeError) -> Self {
        Error::from(error).into()
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        *refused.0
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl core::error::Error for Refused {}

impl de::Error for Refused {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        <Error as de::Error>::custom(message).into()
    }

    #[cold]
    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Error::invalid_type(unexpected, expected).into()
    }

    #[cold]
    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Error::invalid_value(unexpected, expected).into()
    }

    #[cold]
    fn invalid_length(length: usize, expected: &dyn Expected) -> Self {
        Error::invalid_length(length, expected).into()
    }

    #[cold]
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Error::unknown_variant(variant, expected).into()
    }

    #[cold]
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Error::unknown_field(field, expected).into()
    }

    #[cold]
    fn missing_field(field: &'static str) -> Self {
        Error::missing_field(field).into()
    }

    #[cold]
    fn duplicate_field(field: &'static str) -> Self {
        Error::duplicate_field(field).into()
    }
}
