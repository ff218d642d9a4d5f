//! The command `phoenix-token`: tokens, cookies and sessions of a Phoenix application, from a shell.
//!
//! Secrets come from the environment, a file or standard input, and never from an argument, which
//! every user of the machine can read. Exit codes: 0 valid, 1 refused, 2 usage or environment.
#![forbid(unsafe_code)]

mod check;
mod completions;
mod console;
mod csrf;
mod data;
mod decrypt;
mod elided;
mod encrypt;
mod failure;
mod input;
mod inspect;
mod json;
mod key_options;
mod literal;
mod man;
mod opening;
mod secret;
mod secret_key_base;
mod session;
mod sessions;
mod sign;
mod terminal;
mod token_options;
mod vectors;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{failure::Failure, input::Input};

/// Tokens, cookies and sessions of a Phoenix application.
///
/// The secret key base comes from SECRET_KEY_BASE or from --secret-file (`-` is standard input).
/// Exit codes: 0 valid, 1 refused, 2 usage.
#[derive(Parser)]
#[command(name = "phoenix-token", version, after_help = EXAMPLE)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLE: &str = "\
Example:
  $ export SECRET_KEY_BASE=\"$(phoenix-token secret)\"
  $ phoenix-token sign --salt 'user auth' --data 42 | phoenix-token verify --salt 'user auth' -
  42";

#[derive(Subcommand)]
enum Command {
    Sign(sign::Args),
    Verify(verify::Args),
    Encrypt(encrypt::Args),
    Decrypt(decrypt::Args),
    Inspect(inspect::Args),
    Session(session::Args),
    Csrf(csrf::Args),
    Sessions(sessions::Args),
    Secret(secret::Args),
    Check(check::Args),
    Completions(completions::Args),
    Man(man::Args),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Where nobody reads it there is nobody to tell.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let mut input = Input::default();
    let done = match cli.command {
        Command::Sign(args) => sign::run(args, &mut input),
        Command::Verify(args) => verify::run(args, &mut input),
        Command::Encrypt(args) => encrypt::run(args, &mut input),
        Command::Decrypt(args) => decrypt::run(args, &mut input),
        Command::Inspect(args) => inspect::run(args, &mut input),
        Command::Session(args) => session::run(args, &mut input),
        Command::Csrf(args) => csrf::run(args, &mut input),
        Command::Sessions(args) => sessions::run(args, &mut input),
        Command::Secret(args) => secret::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    };
    let (sentence, code) = match done {
        Ok(()) | Err(Failure::Closed) => return ExitCode::SUCCESS,
        Err(Failure::Refused(sentence)) => (sentence, 1),
        Err(Failure::Usage(sentence)) => (sentence, 2),
    };
    console::tell(&format!("phoenix-token: {sentence}"));
    ExitCode::from(code)
}
