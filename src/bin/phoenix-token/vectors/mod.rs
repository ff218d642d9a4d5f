//! The crate against the answers of a real backend: every case of every file in a folder, each
//! checked for its exact result, at its own time, but where the list of wanted differences applies.
//!
//! `vectors/README.md` has the format, and `vectors/generate.exs` makes such files. The repository's own
//! vectors are run by the same code: a folder with `mod.rs`, so that the tests can take it in by its
//! path.

// A module for each file: `token` reads `token.json`.
mod age_at_clock;
mod csrf;
mod etf_decode;
mod etf_encode;
mod key_derivation;
mod message_encryptor;
mod message_verifier;
mod payload_layout;
mod session_cookie;
mod signed_cookie;
mod token;

// What they have in common.
mod base64url;
mod difference;
mod etf;
mod file;
mod hex;
mod key_options;
mod opening;
mod report;
mod runner;
mod tamper;
mod term_json;

use std::path::Path;

use self::runner::Entry;
pub(crate) use self::runner::Outcome;

/// The files that may stand in a folder, and what runs them.
const FILES: &[(&str, Entry)] = &[
    ("age_at_clock.json", age_at_clock::run),
    ("csrf.json", csrf::run),
    ("etf_decode.json", etf_decode::run),
    ("etf_encode.json", etf_encode::run),
    ("key_derivation.json", key_derivation::run),
    ("message_encryptor.json", message_encryptor::run),
    ("message_verifier.json", message_verifier::run),
    ("payload_layout.json", payload_layout::run),
    ("session_cookie.json", session_cookie::run),
    ("signed_cookie.json", signed_cookie::run),
    ("token.json", token::run),
];

/// Runs the files in `folder`, or those in each folder of it.
pub(crate) fn run(folder: &Path) -> Outcome {
    runner::run(folder, FILES)
}
