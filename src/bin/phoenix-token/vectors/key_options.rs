//! How keys are derived: the options that tokens and session cookies have in common.

use serde::Deserialize;

use super::file::Digest;
use phoenix_token::key_generator::{self, Params};

/// The options of Plug.Crypto but for times and ages.
#[derive(Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyOptions {
    key_iterations: Option<u32>,
    key_length: Option<usize>,
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

    pub(crate) fn params(&self) -> Params {
        self.set(Params::new(), Params::iterations, Params::length, Params::digest)
    }
}

fn given<B, V>(builder: B, value: Option<V>, set: fn(B, V) -> B) -> B {
    match value {
        Some(value) => set(builder, value),
        None => builder,
    }
}
