//! Odd, damaged and random bytes, and what OTP makes of them.

use serde::Deserialize;

use super::{
    difference::{self, Difference},
    file::{self, ensure},
    hex::{self, Hex},
    report::Report,
    term_json::TermJson,
};
use phoenix_token::term::{DecodeError, Term};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    etf: Hex,
    /// Whether `binary_to_term` takes it.
    valid: bool,
    /// Whether `Plug.Crypto.non_executable_binary_to_term` takes it as well.
    non_executable: Option<bool>,
    term: Option<TermJson>,
    /// Too deep for its term to be spelt out.
    deep: Option<bool>,
}

pub(crate) fn run(text: &str, report: &mut Report) -> Result<(), String> {
    file::each(text, report, check)
}

fn check(case: &Case, report: &mut Report) -> Result<(), String> {
    let decoded = Term::decode(&case.etf);
    let Case { valid, non_executable, term, deep, .. } = case;
    let expected = match (valid, non_executable, term, deep) {
        (false, None, None, None) => return refused(case, &decoded),
        (true, Some(false), None, None) => {
            return ensure(decoded == Err(DecodeError::Executable), || format!("{decoded:?}"));
        }
        (true, None, None, Some(true)) => None,
        (true, Some(true), Some(term), None) => Some(term.to_term()?),
        _ => return Err("fields that do not go together".to_owned()),
    };
    if expected.is_some() && decoded.as_ref().ok() == expected.as_ref() {
        return Ok(());
    }
    if let Some(name) = difference::oddity(&case.etf) {
        report.oddity(name);
        return ensure(decoded == Err(DecodeError::Malformed), || format!("{decoded:?}"));
    }
    let refused = || format!("{decoded:?} for {}", hex::encode(&case.etf));
    let (difference, inside) = difference::in_term(&case.etf).ok_or_else(refused)?;
    report.differs(difference);
    match difference {
        Difference::Limit => ensure(decoded == Err(DecodeError::Limit), refused),
        // What one node alone understands has no other reading.
        _ => {
            let same = inside.is_none() || inside == expected;
            ensure(decoded == Err(DecodeError::Malformed) && same, refused)
        }
    }
}

/// What OTP refuses is refused; only what one node wrote for itself has an error of its own.
fn refused(case: &Case, decoded: &Result<Term, DecodeError>) -> Result<(), String> {
    let local = case.etf.starts_with(&[131, 121]);
    ensure(decoded.is_err() && (*decoded == Err(DecodeError::Local)) == local, || {
        format!("{decoded:?} for {}", hex::encode(&case.etf))
    })
}
