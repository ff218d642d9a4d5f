//! `Plug.Crypto.sign` and `encrypt` with their options: made again, checked under each age, under
//! other secrets and salts, and tampered with.

use serde::Deserialize;

use super::{
    base64url,
    etf::Likeness,
    file::{self, Age, ensure, nullable},
    hex::Hex,
    key_options::KeyOptions,
    opening::{FutureRule, Opening, Operation, TokenResult},
    report::Report,
    tamper,
    term_json::TermJson,
};
use phoenix_token::{
    EncryptionKey, KeyError, MaxAge, SecretKeyBase, Sign, Timestamp, TokenKey, TokenKeyBuilder,
    Verify, VerifyError, key_generator, message_encryptor, term::Term,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    operation: Operation,
    secret_key_base: String,
    salt: String,
    data: TermJson,
    data_etf: Hex,
    options: KeyOptions,
    signed_at_ms: i64,
    #[serde(deserialize_with = "nullable")]
    max_age: Option<Age>,
    token: String,
    generated_at_ms: i64,
    checks: Vec<Check>,
    wrong: Vec<Wrong>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Check {
    #[serde(deserialize_with = "nullable")]
    pub(crate) max_age: Option<Age>,
    pub(crate) result: TokenResult,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wrong {
    why: String,
    salt: Option<String>,
    secret_key_base: Option<String>,
    result: TokenResult,
}

const TAMPERED_EACH: usize = 4;

pub(crate) fn run(text: &str, report: &mut Report) -> Result<(), String> {
    let mut rule = None;
    file::each(text, report, |case: &Case, report| check(case, &mut rule, report))
}

fn check(case: &Case, rule: &mut Option<FutureRule>, report: &mut Report) -> Result<(), String> {
    let key = key(case, &case.secret_key_base, &case.salt).map_err(|error| error.to_string())?;
    let opening = Opening {
        key: &key,
        operation: case.operation,
        token: &case.token,
        now: Timestamp::from_millis(case.generated_at_ms),
        max_age: None,
    };
    ensure(!case.checks.is_empty(), || "no checks".to_owned())?;
    for Check { max_age, result } in &case.checks {
        Opening { max_age: *max_age, ..opening }
            .check(result, rule, report)
            .map_err(|error| format!("max_age {max_age:?}: {error}"))?;
    }
    for wrong in &case.wrong {
        let secret = wrong.secret_key_base.as_ref().unwrap_or(&case.secret_key_base);
        let salt = wrong.salt.as_ref().unwrap_or(&case.salt);
        let key = self::key(case, secret, salt).map_err(|error| error.to_string())?;
        Opening { key: &key, ..opening }
            .check(&wrong.result, rule, report)
            .map_err(|error| format!("{}: {error}", wrong.why))?;
    }
    check_contents(case, opening)?;
    check_made_again(case, &key, report)?;

    let ageless = Verify::at(opening.now).max_age(MaxAge::INFINITY);
    for tampered in tamper::each_position(&case.token, TAMPERED_EACH) {
        report.tampered();
        let answer = match case.operation {
            Operation::Sign => key.verify_term(&tampered, &ageless),
            Operation::Encrypt => key.decrypt_term(&tampered, &ageless),
        };
        ensure(answer == Err(VerifyError::Invalid), || format!("{answer:?} for {tampered}"))?;
    }
    Ok(())
}

fn key(case: &Case, secret: &str, salt: &str) -> Result<TokenKey, KeyError> {
    let secret = SecretKeyBase::new(secret)?;
    if case.options == KeyOptions::default() && !is_v1(case) {
        return Ok(TokenKey::derive(&secret, salt));
    }
    let builder = case.options.set(
        TokenKey::builder(&secret, salt),
        TokenKeyBuilder::iterations,
        TokenKeyBuilder::length,
        TokenKeyBuilder::digest,
    );
    match case.operation {
        Operation::Sign => builder.signing_only().build(),
        Operation::Encrypt if is_v1(case) => builder.a128gcm().build(),
        Operation::Encrypt => builder.build(),
    }
}

fn is_v1(case: &Case) -> bool {
    case.token.starts_with("QTEyOEdDTQ.")
}

/// When it was signed and for how long, as the token itself says.
fn check_contents(case: &Case, opening: Opening<'_>) -> Result<(), String> {
    let whenever = Verify::at(Timestamp::from_millis(case.signed_at_ms));
    let own_age: MaxAge = case.max_age.map_or(MaxAge::DEFAULT, MaxAge::from);
    match opening.open(whenever) {
        Ok(verified) => {
            let own = (Some(Timestamp::from_millis(case.signed_at_ms)), own_age);
            ensure((verified.signed_at, verified.max_age) == own, || format!("{verified:?}"))
        }
        // An age of zero and less is over from the start.
        Err(VerifyError::Expired { .. }) => {
            let over = case.max_age.and_then(Age::millis).is_some_and(|millis| millis <= 0);
            ensure(over, || "expired when it was signed".to_owned())
        }
        Err(error) => Err(format!("{error:?} when it was signed")),
    }
}

/// The same data at the same time gives the same payload; and signed, the same token.
fn check_made_again(case: &Case, key: &TokenKey, report: &mut Report) -> Result<(), String> {
    let data = case.data.to_term()?;
    let decoded = Term::decode(&case.data_etf).map_err(|error| error.to_string())?;
    ensure(decoded == data, || format!("{decoded:?} for {data:?}"))?;
    let signed_at = Sign::at(Timestamp::from_millis(case.signed_at_ms));
    let sign = case.max_age.map_or(signed_at, |max_age| signed_at.max_age(max_age));
    let (token, serde) = match case.operation {
        Operation::Sign => (key.sign_term(&data, &sign), key.sign_with(&data, &sign)),
        Operation::Encrypt => {
            let token = key.encrypt_with(&data, &sign);
            (token.clone(), token)
        }
    };
    let token = token.map_err(|error| error.to_string())?;
    ensure(serde.as_ref() == Ok(&token), || format!("{serde:?} through serde"))?;

    let header = |token: &str| token.split('.').next().map(str::to_owned);
    ensure(header(&token) == header(&case.token), || format!("made {token}"))?;
    let theirs = payload(case, &case.token)?;
    let ours = payload(case, &token)?;
    let likeness = report.alike(&ours, &theirs, &case.data)?;
    if case.operation == Operation::Encrypt {
        return Ok(());
    }
    ensure((token == case.token) == (likeness == Likeness::Bytes), || format!("made {token}"))
}

/// What was signed or encrypted.
fn payload(case: &Case, token: &str) -> Result<Vec<u8>, String> {
    if case.operation == Operation::Sign {
        let payload = token.split('.').nth(1).and_then(base64url::decode);
        return payload.ok_or_else(|| format!("no payload in {token}"));
    }
    let params = case.options.params();
    let secret = case.secret_key_base.as_bytes();
    let key = key_generator::derive(secret, case.salt.as_bytes(), &params)
        .and_then(|key| EncryptionKey::new(key.secret_bytes()))
        .map_err(|error| error.to_string())?;
    message_encryptor::decrypt(token, b"A128GCM", &key, b"").map_err(|error| error.to_string())
}
