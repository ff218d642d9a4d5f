//! The crate's verdict on bytes against OTP's: the same, or different for a reason that has a name.

use std::collections::BTreeMap;

use super::{
    difference::{self, Difference},
    etf, hex,
    otp::Verdict,
};
use phoenix_token::term::{DecodeError, Term};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agreement {
    /// Both refuse.
    Refused,
    /// Both read the same term, and write it as the same bytes.
    Term,
    Wanted(Difference),
    /// OTP takes what no OTP writes and what it could not read back, what other releases refuse, or
    /// what depends on the memory behind it.
    OddityOfOtp,
}

/// How the crate agrees with OTP on each of the bytes; the error has the first disagreements.
pub fn count(
    items: &[Vec<u8>],
    verdicts: &[Verdict],
) -> Result<BTreeMap<Agreement, usize>, String> {
    assert_eq!(items.len(), verdicts.len());
    let mut counts = BTreeMap::new();
    let mut failures = Vec::new();
    for (bytes, verdict) in items.iter().zip(verdicts) {
        match agreement(bytes, verdict) {
            Ok(agreement) => *counts.entry(agreement).or_default() += 1,
            Err(failure) => failures.push(format!("{}: {failure}", hex::encode(bytes))),
        }
    }
    if failures.is_empty() {
        return Ok(counts);
    }
    let told: Vec<_> = failures.iter().take(20).cloned().collect();
    Err(format!("{} disagreements\n{}", failures.len(), told.join("\n")))
}

/// The crate and OTP on the same bytes.
pub fn agreement(bytes: &[u8], verdict: &Verdict) -> Result<Agreement, String> {
    let ours = Term::decode(bytes);
    match (verdict, &ours) {
        (Verdict::Refused | Verdict::Executable { .. }, Err(_)) => Ok(Agreement::Refused),
        (Verdict::Term { used, canonical }, Ok(term)) if *used == bytes.len() => {
            same(term, canonical).map(|()| Agreement::Term)
        }
        (Verdict::Term { used, canonical }, Err(DecodeError::Malformed)) if *used < bytes.len() => {
            // Without what trails it is either the same term, or refused for another reason.
            match agreement(
                &bytes[..*used],
                &Verdict::Term { used: *used, canonical: canonical.clone() },
            )? {
                Agreement::Term => Ok(Agreement::Wanted(Difference::TrailingOrNodeInternal)),
                other => Ok(other),
            }
        }
        (Verdict::Term { .. }, Err(DecodeError::Malformed)) if is_odd(bytes) => {
            Ok(Agreement::OddityOfOtp)
        }
        (Verdict::Term { .. }, Err(_)) => difference::in_term(bytes)
            .map(|(difference, _)| Agreement::Wanted(difference))
            .ok_or_else(|| format!("OTP {verdict:02x?}, here {ours:?}")),
        _ => Err(format!("OTP {verdict:02x?}, here {ours:?}")),
    }
}

fn is_odd(bytes: &[u8]) -> bool {
    let bytes = difference::inflated(bytes);
    etf::has_reference_of_no_words(&bytes)
        || etf::has_bitstring_of_no_bytes(&bytes)
        || etf::has_float_without_end(&bytes)
}

fn same(term: &Term, canonical: &[u8]) -> Result<(), String> {
    let ours = term.encode().map_err(|error| format!("{term:?}: {error}"))?;
    if ours == canonical {
        return Ok(());
    }
    let likeness = etf::likeness(&ours, canonical);
    Err(format!(
        "OTP writes {}, here {} ({likeness:?})",
        hex::encode(canonical),
        hex::encode(&ours)
    ))
}
