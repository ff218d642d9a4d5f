//! Encrypted messages of both layouts: genuine ones are tampered with; every spelling has its
//! result. Nonces cannot be fixed from outside the crate, so that byte identity is tested inside it.

use serde::Deserialize;

use super::{
    file::{self, ensure},
    hex::Hex,
    message_verifier::{MessageResult, check_result},
    report::Report,
    tamper,
};
use phoenix_token::{EncryptionKey, Invalid, message_encryptor};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    secret: Hex,
    sign_secret: Hex,
    aad: Hex,
    token: String,
    result: MessageResult,
    message: Option<Hex>,
}

const TAMPERED_EACH: usize = 4;

pub(crate) fn run(text: &str, report: &mut Report) -> Result<(), String> {
    file::each(text, report, check)
}

fn check(case: &Case, report: &mut Report) -> Result<(), String> {
    let Case { aad, sign_secret, .. } = case;
    let key = EncryptionKey::new(&case.secret[..]).map_err(|error| error.to_string())?;
    let open = |token: &str| message_encryptor::decrypt(token, aad, &key, sign_secret);
    check_result(&case.token, &case.result, report, open)?;
    let Some(message) = &case.message else { return Ok(()) };
    ensure(open(&case.token).as_ref() == Ok(&message.0), || "message is not the result".into())?;

    for tampered in tamper::each_position(&case.token, TAMPERED_EACH) {
        report.tampered();
        ensure(open(&tampered) == Err(Invalid), || format!("accepted {tampered}"))?;
    }
    let again = if case.token.starts_with("XCP.") {
        message_encryptor::encrypt(message, aad, &key)
    } else {
        let other = [&sign_secret[..], b"x"].concat();
        ensure(message_encryptor::decrypt(&case.token, aad, &key, &other) == Err(Invalid), || {
            "accepted under another sign secret".to_owned()
        })?;
        message_encryptor::v1::encrypt(message, aad, &key, sign_secret)
    };
    let again = again.map_err(|error| error.to_string())?;
    ensure(again != case.token, || format!("wrote with the same nonce {again}"))?;
    ensure(again.len() == case.token.len(), || format!("wrote in another length {again}"))?;
    ensure(open(&again) == Ok(message.0.clone()), || format!("refused its own {again}"))?;

    let other_aad = [&aad[..], b"x"].concat();
    let other_key = case.secret.iter().map(|byte| !byte).collect::<Vec<_>>();
    let other_key = EncryptionKey::new(other_key).map_err(|error| error.to_string())?;
    for (key, aad) in [(&key, &other_aad), (&other_key, &aad.0)] {
        let result = message_encryptor::decrypt(&case.token, aad, key, sign_secret);
        ensure(result == Err(Invalid), || "accepted under another key or AAD".to_owned())?;
    }
    Ok(())
}
