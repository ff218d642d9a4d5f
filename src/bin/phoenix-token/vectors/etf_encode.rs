//! Terms as `term_to_binary` wrote them: read to the same term, and written again to the byte where
//! OTP is deterministic.

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{
    etf::Likeness,
    file::{self, ensure},
    hex::{self, Hex},
    report::Report,
    term_json::TermJson,
};
use phoenix_token::term::Term;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    term: TermJson,
    etf: Option<Hex>,
    /// What `[:compressed]` wrote where that differs.
    compressed: Option<Hex>,
    /// In the place of `etf` where that is large.
    etf_sha256: Option<Hex>,
    etf_bytes: Option<usize>,
}

pub(crate) fn run(text: &str, report: &mut Report) -> Result<(), String> {
    file::each(text, report, check)
}

fn check(case: &Case, report: &mut Report) -> Result<(), String> {
    let term = case.term.to_term()?;
    let ours = term.encode().map_err(|error| error.to_string())?;
    ensure(Term::decode(&ours).as_ref() == Ok(&term), || format!("cannot read its own {ours:?}"))?;
    let compressed = term.encode_compressed().map_err(|error| error.to_string())?;
    ensure(Term::decode(&compressed).as_ref() == Ok(&term), || {
        format!("cannot read its own {compressed:?}")
    })?;
    match (&case.etf, &case.etf_sha256, case.etf_bytes) {
        (Some(etf), None, None) => spelt_out(case, &term, &ours, etf, report),
        (None, Some(sha256), Some(bytes)) => {
            report.likeness(Likeness::Bytes);
            let hash = Sha256::digest(&ours);
            ensure(ours.len() == bytes && hash[..] == sha256[..], || {
                format!("{} bytes of hash {}", ours.len(), hex::encode(&hash))
            })
        }
        _ => Err("either etf, or etf_sha256 and etf_bytes".to_owned()),
    }
}

fn spelt_out(
    case: &Case,
    term: &Term,
    ours: &[u8],
    etf: &[u8],
    report: &mut Report,
) -> Result<(), String> {
    let decoded = Term::decode(etf);
    ensure(decoded.as_ref() == Ok(term), || format!("read as {decoded:?}"))?;
    report.alike(ours, etf, &case.term)?;
    let Some(compressed) = &case.compressed else { return Ok(()) };
    let decoded = Term::decode(compressed);
    ensure(decoded.as_ref() == Ok(term), || format!("compressed: read as {decoded:?}"))
}
