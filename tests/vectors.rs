//! The crate against the answers of the real libraries: every case of every folder under `vectors/`,
//! or under the folder that `PHOENIX_TOKEN_VECTORS` names. `vectors/README.md` has the format, and
//! `vectors/generate.exs` makes such files from a backend of your own.
//!
//! Each case is checked for its exact result, at its own time, but where the list of wanted
//! differences applies; the run prints how often it did.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde", feature = "compressed"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may panic"
)]

mod common;

/// A module for each file; `tests/vectors/<name>.rs` reads `<name>.json`.
mod vectors {
    #![allow(unreachable_pub, reason = "a test is not a public interface")]

    pub mod age_at_clock;
    pub mod csrf;
    pub mod etf_decode;
    pub mod etf_encode;
    pub mod file;
    pub mod key_derivation;
    pub mod message_encryptor;
    pub mod message_verifier;
    pub mod opening;
    pub mod payload_layout;
    pub mod runner;
    pub mod session_cookie;
    pub mod signed_cookie;
    pub mod token;
}

use std::path::PathBuf;

use common::report::say;
use vectors::runner::{self, Entry};

/// The files that may stand in a folder, and what runs them.
const FILES: &[(&str, Entry)] = &[
    ("age_at_clock.json", vectors::age_at_clock::run),
    ("csrf.json", vectors::csrf::run),
    ("etf_decode.json", vectors::etf_decode::run),
    ("etf_encode.json", vectors::etf_encode::run),
    ("key_derivation.json", vectors::key_derivation::run),
    ("message_encryptor.json", vectors::message_encryptor::run),
    ("message_verifier.json", vectors::message_verifier::run),
    ("payload_layout.json", vectors::payload_layout::run),
    ("session_cookie.json", vectors::session_cookie::run),
    ("signed_cookie.json", vectors::signed_cookie::run),
    ("token.json", vectors::token::run),
];

#[test]
fn every_case_has_its_exact_result() {
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors"));
    let folder = std::env::var_os("PHOENIX_TOKEN_VECTORS").map_or_else(own, PathBuf::from);
    let runner::Outcome { told, failures } = runner::run(&folder, FILES);
    say(told);
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn the_runner_refuses_what_it_does_not_know() {
    let case = r#"{"key":"00","token":"","result":"error"}"#;
    let refused = |name: &str, text: &str| {
        let folder = tempfile(name, text);
        let outcome = runner::run(&folder, FILES);
        std::fs::remove_dir_all(&folder).unwrap();
        outcome.failures
    };
    let file = "message_verifier.json";
    let whole = |case: &str| format!(r#"{{"source":{{}},"cases":[{case}]}}"#);

    assert!(refused("jwt.json", &whole(case)).contains("unknown file"));
    assert!(refused("empty.txt", "").contains("no vectors"));
    assert!(refused(file, &whole("")).contains("no cases"));
    assert!(refused(file, "").contains("EOF"));
    for (known, unknown) in
        [("\"token\"", "\"tokens\""), ("\"error\"", "\"maybe\""), ("\"00\"", "\"0G\"")]
    {
        let refusal = refused(file, &whole(&case.replace(known, unknown)));
        assert!(refusal.contains("unknown") || refusal.contains("not hex"), "{refusal}");
    }
    let source = whole(case).replace("{}", r#"{"phoenix":"1.8"}"#);
    assert!(refused(file, &source).contains("unknown field"));
}

#[test]
fn the_runner_notices_a_wrong_result() {
    let token = r#"{"key":"00","token":"SFMyNTY..AA","result":{"ok":""}}"#;
    let folder =
        tempfile("message_verifier.json", &format!(r#"{{"source":{{}},"cases":[{token}]}}"#));
    let outcome = runner::run(&folder, FILES);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(outcome.failures.contains("case 0"), "{}", outcome.failures);
}

/// A new folder with one file.
fn tempfile(name: &str, text: &str) -> PathBuf {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let unique = format!("phoenix-token-vectors-{}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(unique);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), text).unwrap();
    folder
}
