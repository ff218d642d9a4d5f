//! Signed messages: genuine ones are signed again byte for byte and tampered with; every spelling
//! has its result.

use serde::Deserialize;

use super::{
    base64url,
    difference::Difference,
    file::{self, Digest, ensure},
    hex::Hex,
    report::Report,
    tamper,
};
use phoenix_token::{Invalid, SigningKey, key_generator, message_verifier};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    key: Hex,
    token: String,
    result: MessageResult,
    message: Option<Hex>,
    digest: Option<Digest>,
}

/// `{"ok": message}` or `"error"`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MessageResult {
    Ok(Hex),
    Error,
}

const TAMPERED_EACH: usize = 4;

pub(crate) fn run(text: &str, report: &mut Report) -> Result<(), String> {
    file::each(text, report, check)
}

fn check(case: &Case, report: &mut Report) -> Result<(), String> {
    let key = SigningKey::new(&case.key[..]).map_err(|error| error.to_string())?;
    check_result(&case.token, &case.result, report, |token| message_verifier::verify(token, &key))?;
    match (&case.message, case.digest) {
        (Some(message), Some(digest)) => genuine(case, message, digest.into(), &key, report),
        (None, None) => Ok(()),
        _ => Err("message and digest go together".to_owned()),
    }
}

fn genuine(
    case: &Case,
    message: &Hex,
    digest: key_generator::Digest,
    key: &SigningKey,
    report: &mut Report,
) -> Result<(), String> {
    let signed = message_verifier::sign(message, key, digest);
    ensure(signed == case.token, || format!("signed as {signed}"))?;
    for pinned in [
        key_generator::Digest::Sha256,
        key_generator::Digest::Sha384,
        key_generator::Digest::Sha512,
    ] {
        let accepted = message_verifier::verify_pinned(&case.token, key, pinned).is_ok();
        ensure(accepted == (pinned == digest), || format!("{digest:?} pinned to {pinned:?}"))?;
    }
    for tampered in tamper::each_position(&case.token, TAMPERED_EACH) {
        report.tampered();
        let result = message_verifier::verify(&tampered, key);
        ensure(result == Err(Invalid), || format!("accepted {tampered}"))?;
    }
    let other = [&case.key[..], b"x"].concat();
    let other = SigningKey::new(other).map_err(|error| error.to_string())?;
    ensure(message_verifier::verify(&case.token, &other) == Err(Invalid), || {
        "accepted by another key".to_owned()
    })
}

/// The result that the file has, or the difference in base64: refused here, and accepted with the
/// same result in its canonical spelling.
pub(crate) fn check_result(
    token: &str,
    result: &MessageResult,
    report: &mut Report,
    open: impl Fn(&str) -> Result<Vec<u8>, Invalid>,
) -> Result<(), String> {
    match (result, open(token)) {
        (MessageResult::Error, Err(Invalid)) => Ok(()),
        (MessageResult::Ok(message), Ok(opened)) => {
            ensure(opened == message.0, || format!("opened as {opened:?}"))
        }
        (MessageResult::Error, Ok(_)) => Err(format!("accepted {token}")),
        (MessageResult::Ok(message), Err(Invalid)) => {
            let canonical = base64url::canonical(token).filter(|canonical| canonical != token);
            let canonical = canonical.ok_or_else(|| format!("refused {token}"))?;
            report.differs(Difference::NonCanonicalBase64);
            ensure(open(&canonical) == Ok(message.0.clone()), || {
                format!("refused {token}, and {canonical} as well")
            })
        }
    }
}
