//! Signed payloads of older releases, and payloads that are no token.

use serde::Deserialize;

use super::{
    file::{self, ensure},
    opening::{Opening, Operation},
    report::Report,
    token::Check,
};
use phoenix_token::{SecretKeyBase, Timestamp, TokenKey};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    why: String,
    secret_key_base: String,
    salt: String,
    generated_at_ms: i64,
    token: String,
    checks: Vec<Check>,
}

pub(crate) fn run(text: &str, report: &mut Report) -> Result<(), String> {
    let mut rule = None;
    file::each(text, report, |case: &Case, report| {
        let secret = SecretKeyBase::new(case.secret_key_base.as_str());
        let key = TokenKey::derive(&secret.map_err(|error| error.to_string())?, &case.salt);
        ensure(!case.checks.is_empty(), || "no checks".to_owned())?;
        for Check { max_age, result } in &case.checks {
            let opening = Opening {
                key: &key,
                operation: Operation::Sign,
                token: &case.token,
                now: Timestamp::from_millis(case.generated_at_ms),
                max_age: *max_age,
            };
            opening
                .check(result, &mut rule, report)
                .map_err(|error| format!("{}, max_age {max_age:?}: {error}", case.why))?;
        }
        Ok(())
    })
}
