//! The age rule at the millisecond.

use serde::Deserialize;

use super::{
    file::{Age, Source, ensure, nullable},
    hex::Hex,
    opening::{FutureRule, Opening, Operation, Refusal, TokenResult},
    report::Report,
    term_json::TermJson,
};
use phoenix_token::{SecretKeyBase, Timestamp, TokenKey, Verify};

/// All cases have one key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "source")]
    _source: Source,
    secret_key_base: String,
    salt: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    signed_at_ms: i64,
    max_age_in_token: Age,
    #[serde(deserialize_with = "nullable")]
    max_age_given: Option<Age>,
    now_ms: i64,
    token: String,
    result: AgeResult,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum AgeResult {
    Ok,
    Expired,
    Invalid,
}

pub(crate) fn run(text: &str, report: &mut Report) -> Result<(), String> {
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let secret = SecretKeyBase::new(file.secret_key_base.as_str());
    let key = TokenKey::derive(&secret.map_err(|error| error.to_string())?, &file.salt);
    let mut rule = None;
    for (index, case) in file.cases.iter().enumerate() {
        let result = check(case, &key, &mut rule, report);
        report.case(index, result);
    }
    Ok(())
}

fn check(
    case: &Case,
    key: &TokenKey,
    rule: &mut Option<FutureRule>,
    report: &mut Report,
) -> Result<(), String> {
    let now = Timestamp::from_millis(case.now_ms);
    let opening = Opening {
        key,
        operation: Operation::Sign,
        token: &case.token,
        now,
        max_age: case.max_age_given,
    };
    let expected = match case.result {
        AgeResult::Ok => TokenResult::Ok(TermJson::Binary(Hex(b"d".to_vec()))),
        AgeResult::Expired => TokenResult::Error(Refusal::Expired),
        AgeResult::Invalid => TokenResult::Error(Refusal::Invalid),
    };
    opening.check(&expected, rule, report)?;

    // The end of life is the first moment but one at which it is expired.
    let age = case.max_age_given.unwrap_or(case.max_age_in_token);
    let Some(millis) = age.millis().filter(|millis| *millis > 0) else { return Ok(()) };
    let end = case.signed_at_ms.saturating_add(millis);
    let accepted = |at| {
        let options = Verify::at(Timestamp::from_millis(at)).accept_any_future();
        let options = case.max_age_given.map_or(options, |given| options.max_age(given));
        opening.open(options).is_ok()
    };
    ensure(accepted(end), || format!("ends before {end}"))?;
    ensure(!accepted(end.saturating_add(1)), || format!("does not end at {end}"))
}
