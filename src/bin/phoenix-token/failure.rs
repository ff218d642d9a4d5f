//! Why a command did not do what was asked.

use std::{fmt::Display, io};

use phoenix_token::{KeyError, SignError, VerifyError};

pub(crate) enum Failure {
    /// What was given is not valid. Exit code 1.
    Refused(String),
    /// What was asked cannot be done: an argument, a file, the environment. Exit code 2.
    Usage(String),
    /// Nobody reads the output any more.
    Closed,
}

impl Failure {
    /// A sentence that begins with the name of the argument at fault.
    pub(crate) fn usage(argument: impl Display, problem: impl Display) -> Self {
        Self::Usage(format!("{argument}: {problem}"))
    }

    /// Why a key could not be made; `secret` is where the secret came from.
    pub(crate) fn key(error: KeyError, secret: &str) -> Self {
        match error {
            KeyError::SecretTooShort { .. } => Self::usage(secret, error),
            KeyError::ZeroIterations => Self::usage("--key-iterations", error),
            _ => Self::usage("--key-length", error),
        }
    }

    /// Why a token or cookie was refused, which is called `what`.
    pub(crate) fn refused(error: &VerifyError, what: &str) -> Self {
        Self::Refused(match error {
            VerifyError::Invalid => format!("the {what} is invalid"),
            VerifyError::Expired { since: Some(since) } => {
                format!("the {what} has expired, it was valid until {since}")
            }
            other => other.to_string(),
        })
    }

    /// Why a token or cookie could not be made of what `argument` gave.
    pub(crate) fn sign(error: &SignError, argument: &str) -> Self {
        match error {
            SignError::Data(_) | SignError::CookieOverflow { .. } | SignError::CookieCharacter => {
                Self::usage(argument, error)
            }
            other => Self::Usage(other.to_string()),
        }
    }

    /// Why standard output did not take something.
    pub(crate) fn output(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::usage("standard output", error),
        }
    }
}
