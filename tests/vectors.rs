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

#[path = "common/say.rs"]
#[allow(unreachable_pub, reason = "shared with other tests")]
mod say;
// What the command `check` runs.
#[path = "../src/bin/phoenix-token/vectors/mod.rs"]
mod vectors;

use std::path::PathBuf;

use say::say;
use vectors::Outcome;

#[test]
fn every_case_has_its_exact_result() {
    let own = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors"));
    let folder = std::env::var_os("PHOENIX_TOKEN_VECTORS").map_or_else(own, PathBuf::from);
    let Outcome { told, failures, unreadable } = vectors::run(&folder);
    say(told);
    assert!(failures.is_empty() && unreadable.is_none(), "{unreadable:?} {failures}");
}

#[test]
fn the_runner_refuses_what_it_does_not_know() {
    let case = r#"{"key":"00","token":"","result":"error"}"#;
    let refused = |name: &str, text: &str| {
        let folder = tempfile(name, text);
        let outcome = vectors::run(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        outcome.unreadable.unwrap_or(outcome.failures)
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
    let outcome = vectors::run(&folder);
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
