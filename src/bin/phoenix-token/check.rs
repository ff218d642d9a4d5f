//! `check`: the answers of one's own backend.

use std::path::PathBuf;

use crate::{
    console,
    failure::Failure,
    vectors::{self, Outcome},
};

/// Run the answers of your own backend against this program, and say which differ
///
/// In the folder of a Phoenix or Plug project, `mix run path/to/vectors/generate.exs answers` writes
/// such a folder; the script is in this program's repository.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// The folder with the files, or with folders of them
    dir: PathBuf,
}

const EXAMPLE: &str = "\
Example:
  $ phoenix-token check answers";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let Outcome { told, failures, unreadable } = vectors::run(&args.dir);
    if let Some(unreadable) = unreadable {
        return Err(Failure::usage("DIR", unreadable));
    }
    console::line(&told)?;
    if failures.is_empty() {
        return console::line("all answers are the same");
    }
    console::line(&format!("these answers differ:\n{failures}"))?;
    Err(Failure::Refused("the backend and this program do not agree".to_owned()))
}
