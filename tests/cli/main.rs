//! The command `phoenix-token`, run as a user runs it.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic, and is not a public interface"
)]

mod changed_answers;
mod changed_tokens;
mod check;
mod cookies;
mod csrf;
mod data;
#[path = "../common/databases.rs"]
mod databases;
mod examples;
#[path = "../../src/bin/phoenix-token/vectors/hex.rs"]
#[allow(dead_code, reason = "it takes what term_json needs")]
mod hex;
mod secrets;
mod sessions;
#[path = "../../src/bin/phoenix-token/vectors/term_json.rs"]
#[allow(dead_code, reason = "the vectors' own program needs more of it")]
mod term_json;
#[path = "../common/terms.rs"]
mod terms;
mod tokens;
mod usage;
mod wanted_differences;

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Output, Stdio},
};

/// Of 64 bytes, as cookies ask.
pub const SECRET: &str = "f3qVnFkUoVs0b3x3SBBj6w0DkYGzC7mM1wBhgCHlbOdrd2r1yU8gX4iQmPpLzTeA";

/// The built command, without anything of this environment but the path.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_phoenix-token"));
    command.env_clear().stdin(Stdio::null());
    command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command
}

/// Runs it with the secret in the environment.
pub fn run(args: &[&str]) -> Ran {
    finish(command().env("SECRET_KEY_BASE", SECRET).args(args))
}

/// Runs it with the secret in the environment and this on standard input.
pub fn run_with(stdin: &str, args: &[&str]) -> Ran {
    feed(stdin, command().env("SECRET_KEY_BASE", SECRET).args(args))
}

pub fn finish(command: &mut Command) -> Ran {
    command.output().unwrap().into()
}

pub fn feed(stdin: &str, command: &mut Command) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that does not read it closes it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap().into()
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// The one line that it wrote, having ended well.
    #[track_caller]
    pub fn line(&self) -> &str {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{self:?}");
        let line = self.out.strip_suffix('\n').unwrap();
        assert!(!line.contains('\n'), "{line}");
        line
    }

    /// Having refused or failed, it wrote one sentence: this one.
    #[track_caller]
    pub fn says(&self, code: i32, sentence: &str) {
        let err = format!("phoenix-token: {sentence}\n");
        assert_eq!((self.code, self.out.as_str(), self.err.as_str()), (Some(code), "", &*err));
    }
}

/// A new folder of this test's own.
pub fn folder() -> PathBuf {
    databases::folder("cli")
}

pub fn vectors() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/plug_crypto-2.1.1"))
}

/// The cases of a file of vectors.
pub fn cases(name: &str) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(vectors().join(name)).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().clone()
}
