//! `Plug.Session.COOKIE`: read, written again, tampered with, and under other keys.

use serde::Deserialize;

use super::{
    base64url,
    difference::Difference,
    etf::Likeness,
    file::{self, ensure, nullable},
    key_options::KeyOptions,
    report::Report,
    tamper,
    term_json::TermJson,
};
use phoenix_token::{
    KeyError, Keyring, SecretKeyBase, VerifyError,
    cookie::{Session, SessionCookie, SessionCookieBuilder},
    term::Term,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    secret_key_base: String,
    signing_salt: String,
    #[serde(deserialize_with = "nullable")]
    encryption_salt: Option<String>,
    options: KeyOptions,
    session: TermJson,
    cookie: String,
    tampered: String,
    tampered_result: TamperedResult,
}

/// What Plug made of a cookie with one character changed.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum TamperedResult {
    Rejected,
    /// Another spelling of the same base64, or the same character put in.
    Same,
}

const TAMPERED_EACH: usize = 3;

pub(crate) fn run(text: &str, report: &mut Report) -> Result<(), String> {
    file::each(text, report, check)
}

fn check(case: &Case, report: &mut Report) -> Result<(), String> {
    let key = key(case, "", "", "").map_err(|error| error.to_string())?;
    let expected = case.session.to_term()?;
    let session = key.read(&case.cookie).map_err(|error| error.to_string())?;
    ensure(Term::Map(session.as_map().clone()) == expected, || format!("read {session:?}"))?;

    check_written_again(case, &key, &session, report)?;
    check_tampered(case, &key, &session, report)?;
    check_other_keys(case, &key, &session)
}

/// The same bytes; and where it is signed, the same cookie.
fn check_written_again(
    case: &Case,
    key: &SessionCookie,
    session: &Session,
    report: &mut Report,
) -> Result<(), String> {
    let written = key.write(session).map_err(|error| error.to_string())?;
    let bytes =
        |cookie: &str| key.read_as::<Vec<u8>>(cookie).map_err(|error| format!("{error}: {cookie}"));
    let (ours, theirs) = (bytes(&written)?, bytes(&case.cookie)?);
    let likeness = report.alike(&ours, &theirs, &case.session)?;
    if case.encryption_salt.is_none() && likeness == Likeness::Bytes {
        return ensure(written == case.cookie, || format!("wrote {written}"));
    }
    let header = |cookie: &str| cookie.split('.').next().map(str::to_owned);
    ensure(header(&written) == header(&case.cookie), || format!("wrote {written}"))
}

fn check_tampered(
    case: &Case,
    key: &SessionCookie,
    session: &Session,
    report: &mut Report,
) -> Result<(), String> {
    let invalid = Err(VerifyError::Invalid);
    if case.tampered != case.cookie {
        ensure(key.read(&case.tampered) == invalid, || "accepted the tampered one".into())?;
    }
    if case.tampered_result == TamperedResult::Same && case.tampered != case.cookie {
        let canonical = base64url::canonical(&case.tampered);
        ensure(canonical.as_ref() == Some(&case.cookie), || {
            format!("the tampered one is spelt otherwise: {canonical:?}")
        })?;
        report.differs(Difference::NonCanonicalBase64);
    }
    for tampered in tamper::each_position(&case.cookie, TAMPERED_EACH) {
        report.tampered();
        ensure(key.read(&tampered) == invalid, || format!("accepted {tampered}"))?;
    }
    ensure(key.read(&case.cookie).as_ref() == Ok(session), || "refused afterwards".into())
}

/// Other secrets and salts do not read it, unless the ring has the right key as well.
fn check_other_keys(case: &Case, key: &SessionCookie, session: &Session) -> Result<(), String> {
    let others = [("x", "", ""), ("", "x", ""), ("", "", "x")];
    for (secret, signing, encryption) in others {
        // The encryption of Plug.Crypto 2 makes no use of the signing key.
        let same = case.cookie.starts_with("XCP.") && !signing.is_empty()
            || case.encryption_salt.is_none() && !encryption.is_empty();
        if same {
            continue;
        }
        let other =
            self::key(case, secret, signing, encryption).map_err(|error| error.to_string())?;
        ensure(other.read(&case.cookie) == Err(VerifyError::Invalid), || {
            format!("read by another key: {secret:?} {signing:?} {encryption:?}")
        })?;
        let ring = Keyring::new(other.clone()).and(key.clone());
        let ring = ring.map_err(|error| error.to_string())?;
        let matched = ring.read(&case.cookie).map_err(|error| error.to_string())?;
        ensure((&matched.data, matched.key) == (session, 1), || format!("{matched:?}"))?;
        let rotated = ring.rotate(&case.cookie).map_err(|error| error.to_string())?;
        ensure(other.read(&rotated).as_ref() == Ok(session), || format!("rotated to {rotated}"))?;
    }
    Ok(())
}

/// The key of the case, with something appended to its secret and salts.
fn key(
    case: &Case,
    secret: &str,
    signing: &str,
    encryption: &str,
) -> Result<SessionCookie, KeyError> {
    let secret = SecretKeyBase::new(format!("{}{secret}", case.secret_key_base))?;
    let signing_salt = format!("{}{signing}", case.signing_salt);
    let encryption_salt = case.encryption_salt.as_ref().map(|salt| format!("{salt}{encryption}"));
    let mut builder = case.options.set(
        SessionCookie::builder(&secret, &signing_salt),
        SessionCookieBuilder::iterations,
        SessionCookieBuilder::length,
        SessionCookieBuilder::digest,
    );
    if let Some(salt) = &encryption_salt {
        builder = builder.encryption_salt(salt);
    }
    if case.cookie.starts_with("QTEyOEdDTQ.") {
        builder = builder.a128gcm();
    }
    builder.build()
}
