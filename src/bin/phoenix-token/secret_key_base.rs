//! Where the secret key base comes from.

use std::{env, path::PathBuf};

use phoenix_token::SecretKeyBase;
use zeroize::Zeroizing;

use crate::{failure::Failure, input::Input};

const VARIABLE: &str = "SECRET_KEY_BASE";

#[derive(clap::Args)]
pub(crate) struct SecretArgs {
    /// A file with the secret key base, `-` for standard input; SECRET_KEY_BASE unless given
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

/// The secret with the name of where it came from.
pub(crate) struct Secret {
    pub(crate) secret: SecretKeyBase,
    pub(crate) source: &'static str,
}

impl SecretArgs {
    pub(crate) fn read(&self, input: &mut Input) -> Result<Secret, Failure> {
        let (source, bytes) = match &self.secret_file {
            Some(path) => ("--secret-file", input.file("--secret-file", path)?),
            None => match env::var_os(VARIABLE) {
                Some(value) => (VARIABLE, Zeroizing::new(value.into_encoded_bytes())),
                None => {
                    return Err(Failure::usage(VARIABLE, "not set, and no --secret-file is given"));
                }
            },
        };
        let secret = SecretKeyBase::new(bytes.as_slice());
        Ok(Secret { secret: secret.map_err(|error| Failure::key(error, source))?, source })
    }
}
