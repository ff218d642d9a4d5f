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
    /// Something that OTP takes and no OTP writes.
    Oddity(&'static str),
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
    #[cfg(feature = "serde")]
    through_serde(bytes, &ours)?;
    match (verdict, &ours) {
        (Verdict::Refused | Verdict::Executable { .. }, Err(_)) => Ok(Agreement::Refused),
        (Verdict::Fatal, Err(_)) => Ok(Agreement::Oddity(difference::REFERENCE_OF_NO_WORDS)),
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
        (Verdict::Term { .. }, Err(_)) => difference::oddity(bytes)
            .map(Agreement::Oddity)
            .or_else(|| difference::in_term(bytes).map(|(it, _)| Agreement::Wanted(it)))
            .ok_or_else(|| format!("OTP {verdict:02x?}, here {ours:?}")),
        _ => Err(format!("OTP {verdict:02x?}, here {ours:?}")),
    }
}

/// serde reads bytes that were only checked before: as the same term, or refused for the same reason.
#[cfg(feature = "serde")]
fn through_serde(bytes: &[u8], ours: &Result<Term, DecodeError>) -> Result<(), String> {
    use phoenix_token::{serde, term::Limits};

    let read = serde::from_slice_owned::<Term>(bytes, Limits::new());
    let ours = ours.clone().map_err(serde::Error::Decode);
    if read == ours { Ok(()) } else { Err(format!("decoded {ours:?}, through serde {read:?}")) }
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
