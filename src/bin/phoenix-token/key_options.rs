//! How keys are derived: the options that tokens and session cookies have in common.

use clap::ValueEnum;
use phoenix_token::key_generator;

#[derive(clap::Args)]
pub(crate) struct KeyOptions {
    /// Iterations of PBKDF2; 1000 unless given
    #[arg(long, value_name = "N")]
    pub(crate) key_iterations: Option<u32>,
    /// Bytes of the key; 32 unless given
    #[arg(long, value_name = "BYTES")]
    pub(crate) key_length: Option<usize>,
    /// The hash of PBKDF2; sha256 unless given
    #[arg(long, value_enum)]
    pub(crate) key_digest: Option<Digest>,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl From<Digest> for key_generator::Digest {
    fn from(digest: Digest) -> Self {
        match digest {
            Digest::Sha256 => Self::Sha256,
            Digest::Sha384 => Self::Sha384,
            Digest::Sha512 => Self::Sha512,
        }
    }
}
