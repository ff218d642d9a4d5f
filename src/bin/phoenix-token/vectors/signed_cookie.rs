//! `put_resp_cookie(sign: true)` and `encrypt: true`: values read and written again, and the whole
//! header at a fixed time.

use std::time::Duration;

use serde::Deserialize;

use super::{
    base64url,
    etf::Likeness,
    file::{self, ensure, nullable},
    opening::Operation,
    report::Report,
    tamper,
    term_json::TermJson,
};
use phoenix_token::{
    Keyring, SecretKeyBase, Timestamp, Verify, VerifyError,
    cookie::{RememberMe, SameSite, SetCookie, TokenCookie},
    term::Term,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    secret_key_base: String,
    name: String,
    kind: Operation,
    #[serde(deserialize_with = "nullable")]
    max_age: Option<u64>,
    value: TermJson,
    generated_at_ms: i64,
    cookie: String,
    set_cookie_at_2026_01_02_03_04_05: String,
}

const TAMPERED_EACH: usize = 3;
const AT_2026_01_02_03_04_05: Timestamp = Timestamp::from_secs(1_767_323_045);

pub(crate) fn run(text: &str, report: &mut Report) -> Result<(), String> {
    file::each(text, report, check)
}

fn check(case: &Case, report: &mut Report) -> Result<(), String> {
    let cookie = cookie(case, "", &case.name)?;
    let header = cookie.set_cookie().header(&case.cookie, AT_2026_01_02_03_04_05);
    ensure(header.as_ref() == Ok(&case.set_cookie_at_2026_01_02_03_04_05), || {
        format!("sent as {header:?}")
    })?;

    let signed_at = check_read(case, &cookie)?;
    check_written_again(case, &cookie, signed_at, report)?;
    check_remember_me(case)?;

    let now = Verify::at(Timestamp::from_millis(case.generated_at_ms));
    for tampered in tamper::each_position(&case.cookie, TAMPERED_EACH) {
        report.tampered();
        let answer = cookie.read_term(&tampered, &now);
        ensure(answer == Err(VerifyError::Invalid), || format!("{answer:?} for {tampered}"))?;
    }
    let others = [self::cookie(case, "x", &case.name)?, self::cookie(case, "", "another_name")?];
    for other in others {
        let answer = other.read_term(&case.cookie, &now);
        ensure(answer == Err(VerifyError::Invalid), || format!("{answer:?} by another key"))?;
        let ring = Keyring::new(other).and(cookie.clone()).map_err(|error| error.to_string())?;
        let verified = ring.read_term(&case.cookie, &now).map_err(|error| error.to_string())?;
        let right = (1, &case.value.to_term()?);
        ensure((verified.key, &verified.data) == right, || format!("{verified:?} by the ring"))?;
    }
    Ok(())
}

/// The value, within its age and not beyond.
fn check_read(case: &Case, cookie: &TokenCookie) -> Result<Timestamp, String> {
    let generated = Timestamp::from_millis(case.generated_at_ms);
    let verified = cookie
        .read_with::<Term>(&case.cookie, &Verify::at(generated))
        .map_err(|error| error.to_string())?;
    ensure(verified.data == case.value.to_term()?, || format!("read {:?}", verified.data))?;
    let signed_at = verified.signed_at.ok_or_else(|| "no signed_at".to_owned())?;
    let life = case.max_age.unwrap_or(86_400);
    let life_ms = i64::try_from(life.saturating_mul(1000)).unwrap_or(i64::MAX);
    let end = signed_at.as_millis().saturating_add(life_ms);
    let read = |millis| cookie.read_term(&case.cookie, &Verify::at(Timestamp::from_millis(millis)));
    ensure(read(end).is_ok(), || "expired too early".to_owned())?;
    let expired = Err(VerifyError::Expired { since: Some(Timestamp::from_millis(end)) });
    ensure(read(end.saturating_add(1)) == expired, || format!("valid for longer than {life} s"))?;
    Ok(signed_at)
}

/// The same data at the same time gives the same value, where it is signed.
fn check_written_again(
    case: &Case,
    cookie: &TokenCookie,
    signed_at: Timestamp,
    report: &mut Report,
) -> Result<(), String> {
    let written = cookie.write_at(&case.value.to_term()?, signed_at);
    let written = written.map_err(|error| error.to_string())?;
    if case.kind == Operation::Encrypt {
        let now = Verify::at(signed_at);
        let read = |value: &str| {
            cookie.read_term(value, &now).map_err(|error| format!("{error}: {value}"))
        };
        let (ours, theirs) = (read(&written)?, read(&case.cookie)?);
        ensure(ours == theirs, || format!("wrote {ours:?}, not {theirs:?}"))?;
        let header = |cookie: &str| cookie.split('.').next().map(str::to_owned);
        return ensure(header(&written) == header(&case.cookie), || format!("wrote {written}"));
    }
    let payload = |value: &str| value.split('.').nth(1).and_then(base64url::decode);
    let payloads = payload(&written).zip(payload(&case.cookie));
    let (ours, theirs) = payloads.ok_or_else(|| format!("wrote {written}"))?;
    let likeness = report.alike(&ours, &theirs, &case.value)?;
    ensure((written == case.cookie) == (likeness == Likeness::Bytes), || written.clone())
}

/// Where it is the cookie of phx.gen.auth, the ready-made one has its name and attributes.
fn check_remember_me(case: &Case) -> Result<(), String> {
    let of_phoenix = case.kind == Operation::Sign
        && case.name == "_my_app_web_user_remember_me"
        && case.max_age == Some(RememberMe::MAX_AGE.as_secs());
    if !of_phoenix {
        return Ok(());
    }
    let header =
        RememberMe::options("my_app").secure(false).header(&case.cookie, AT_2026_01_02_03_04_05);
    ensure(header.as_ref() == Ok(&case.set_cookie_at_2026_01_02_03_04_05), || {
        format!("sent as {header:?}")
    })
}

/// The cookie of the case, with something appended to its secret, or under another name.
fn cookie(case: &Case, secret: &str, name: &str) -> Result<TokenCookie, String> {
    let secret = SecretKeyBase::new(format!("{}{secret}", case.secret_key_base));
    let secret = secret.map_err(|error| error.to_string())?;
    let mut set_cookie = SetCookie::new(name.to_owned()).same_site(SameSite::Lax).secure(false);
    if let Some(seconds) = case.max_age {
        set_cookie = set_cookie.max_age(Duration::from_secs(seconds));
    }
    let cookie = match case.kind {
        Operation::Sign => TokenCookie::signed(&secret, set_cookie),
        Operation::Encrypt if case.cookie.starts_with("QTEyOEdDTQ.") => {
            TokenCookie::encrypted_a128gcm(&secret, set_cookie)
        }
        Operation::Encrypt => TokenCookie::encrypted(&secret, set_cookie),
    };
    cookie.map_err(|error| error.to_string())
}
