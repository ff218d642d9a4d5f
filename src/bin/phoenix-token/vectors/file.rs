//! What the files have in common. Unknown fields and values are errors everywhere.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};

use super::report::Report;
use phoenix_token::{MaxAge, key_generator};

/// `{"source": {versions}, "cases": [...]}`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File<C> {
    #[serde(rename = "source")]
    _source: Source,
    pub(crate) cases: Vec<C>,
}

/// The versions that gave the answers; told, and never needed to check them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    #[serde(rename = "plug_crypto")]
    _plug_crypto: Option<String>,
    #[serde(rename = "plug")]
    _plug: Option<String>,
    #[serde(rename = "elixir")]
    _elixir: Option<String>,
    #[serde(rename = "otp")]
    _otp: Option<String>,
}

/// Reads a file and checks each case.
pub(crate) fn each<C: DeserializeOwned>(
    text: &str,
    report: &mut Report,
    mut check: impl FnMut(&C, &mut Report) -> Result<(), String>,
) -> Result<(), String> {
    let file: File<C> = serde_json::from_str(text).map_err(|error| error.to_string())?;
    for (index, case) in file.cases.iter().enumerate() {
        let result = check(case, report);
        report.case(index, result);
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl From<Digest> for key_generator::Digest {
    fn from(digest: Digest) -> Self {
        match digest {
            Digest::Sha256 => Self::Sha256,
            Digest::Sha384 => Self::Sha384,
            Digest::Sha512 => Self::Sha512,
        }
    }
}

/// Seconds, or "infinity".
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Age {
    Integer(i64),
    Float(f64),
    Word(AgeWord),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum AgeWord {
    Infinity,
}

impl Age {
    /// `trunc(seconds * 1000)`; `None` for infinity.
    pub(crate) fn millis(self) -> Option<i64> {
        match self {
            Self::Integer(seconds) => Some(seconds.saturating_mul(1000)),
            #[expect(clippy::cast_possible_truncation, reason = "truncation is the rule")]
            Self::Float(seconds) => Some((seconds * 1000.0).trunc() as i64),
            Self::Word(AgeWord::Infinity) => None,
        }
    }
}

impl From<Age> for MaxAge {
    fn from(age: Age) -> Self {
        match age {
            Age::Integer(seconds) => Self::seconds(seconds),
            // JSON has no infinities.
            Age::Float(seconds) => Self::seconds_f64(seconds).unwrap_or(Self::INFINITY),
            Age::Word(AgeWord::Infinity) => Self::INFINITY,
        }
    }
}

/// For a field that may be null, and may not be missing.
pub(crate) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(deserializer)
}

/// An error where a condition does not hold.
pub(crate) fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}
