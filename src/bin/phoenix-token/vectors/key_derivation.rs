//! PBKDF2, byte for byte.

use serde::Deserialize;

use super::{
    file::{self, Digest, ensure},
    hex::{self, Hex},
    report::Report,
};
use phoenix_token::key_generator::{Params, derive};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    secret: Hex,
    salt: Hex,
    iterations: u32,
    length: usize,
    digest: Digest,
    key: Hex,
}

pub(crate) fn run(text: &str, report: &mut Report) -> Result<(), String> {
    file::each(text, report, |case: &Case, _| {
        let params = Params::new()
            .iterations(case.iterations)
            .length(case.length)
            .digest(case.digest.into());
        let key = derive(&case.secret, &case.salt, &params).map_err(|error| error.to_string())?;
        ensure(key.secret_bytes() == &case.key[..], || {
            format!("derived {}", hex::encode(key.secret_bytes()))
        })
    })
}
