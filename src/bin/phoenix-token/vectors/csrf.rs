//! `Plug.CSRFProtection`: which tokens are accepted for which session and host.

use serde::Deserialize;

use super::{
    base64url,
    difference::Difference,
    file::{self, ensure},
    report::Report,
};
use phoenix_token::{
    SecretKeyBase,
    csrf_protection::{CsrfProtection, CsrfToken},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(rename = "case")]
    _number: u32,
    secret_key_base: String,
    session_token: String,
    masked_token: String,
    host: String,
    host_token: String,
    tries: Vec<Try>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Try {
    session_token: String,
    given: String,
    request_host: String,
    allow_hosts: Vec<String>,
    accepted: bool,
}

pub(crate) fn run(text: &str, report: &mut Report) -> Result<(), String> {
    file::each(text, report, check)
}

fn check(case: &Case, report: &mut Report) -> Result<(), String> {
    let secret = SecretKeyBase::new(case.secret_key_base.as_str());
    let secret = secret.map_err(|error| error.to_string())?;
    ensure(!case.tries.is_empty(), || "no tries".to_owned())?;
    for attempt in &case.tries {
        check_try(&secret, attempt, report).map_err(|error| format!("{error}: {attempt:?}"))?;
    }
    check_made(case, &secret)
}

fn check_try(secret: &SecretKeyBase, attempt: &Try, report: &mut Report) -> Result<(), String> {
    let Try { session_token, given, request_host, allow_hosts, accepted } = attempt;
    let session = CsrfToken::from_session(session_token.as_bytes());
    let protection =
        allow_hosts.iter().fold(CsrfProtection::new(secret), CsrfProtection::allow_host);
    let check = |given: &str| protection.check(session.as_ref(), given, request_host).is_ok();
    if check(given) == *accepted {
        return Ok(());
    }
    let canonical = base64url::canonical(given).filter(|canonical| canonical != given);
    ensure(*accepted && canonical.is_some_and(|canonical| check(&canonical)), || {
        "not as upstream".to_owned()
    })?;
    report.differs(Difference::NonCanonicalBase64);
    Ok(())
}

/// Tokens made here are of the same form, and accepted as theirs are.
fn check_made(case: &Case, secret: &SecretKeyBase) -> Result<(), String> {
    let token = CsrfToken::from_session(case.session_token.as_bytes());
    let token = token.ok_or_else(|| "no session token".to_owned())?;
    let masked = token.mask().map_err(|error| error.to_string())?;
    let bound = token.bind_to_host(secret, &case.host).map_err(|error| error.to_string())?;
    ensure(masked.len() == case.masked_token.len(), || format!("masked as {masked}"))?;
    ensure(bound.len() == case.host_token.len(), || format!("bound as {bound}"))?;
    ensure(token.accepts_masked(&masked), || format!("refused as masked {masked}"))?;
    ensure(!token.accepts_masked(&bound), || format!("accepted as masked {bound}"))?;

    let protection = CsrfProtection::new(secret);
    let check = |given: &str, host: &str| protection.check(Some(&token), given, host).is_ok();
    ensure(check(&masked, "any.host"), || format!("refused {masked}"))?;
    ensure(check(&bound, &case.host), || format!("refused at its host {bound}"))?;
    ensure(!check(&bound, "any.host"), || format!("accepted at any host {bound}"))
}
