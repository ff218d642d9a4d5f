//! How keys are derived: the options that tokens and session cookies have in common.

use clap::ValueEnum;
use phoenix_token::key_generator;

#[derive(clap::Args)]
pub(crate) struct KeyOptions {
    /// Iterations of PBKDF2; 1000 unless given
    #[arg(long, value_name = "N")]
    key_iterations: Option<u32>,
    /// Bytes of the key; 32 unless given
    #[arg(long, value_name = "BYTES")]
    key_length: Option<usize>,
    /// The hash of PBKDF2; sha256 unless given
    #[arg(long, value_enum)]
    key_digest: Option<Digest>,
}

impl KeyOptions {
    /// Sets on a builder, by these functions of it, what is given.
    pub(crate) fn set<B>(
        &self,
        builder: B,
        iterations: fn(B, u32) -> B,
        length: fn(B, usize) -> B,
        digest: fn(B, key_generator::Digest) -> B,
    ) -> B {
        let builder = given(builder, self.key_iterations, iterations);
        let builder = given(builder, self.key_length, length);
        given(builder, self.key_digest.map(key_generator::Digest::from), digest)
    }
}

fn given<B, V>(builder: B, value: Option<V>, set: fn(B, V) -> B) -> B {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
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
