//! `check`: the answers of one's own backend.

use std::path::PathBuf;

use crate::{
    console,
    failure::Failure,
    vectors::{self, Outcome},
};

/// Run the answers of your own backend against this program, and say which differ
///
/// The script that makes such a folder is part of this program. In the folder of a Phoenix or Plug project:
/// `phoenix-token check --script > generate.exs`, and then `mix run generate.exs answers`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// The folder with the files, or with folders of them
    #[arg(required_unless_present = "script")]
    dir: Option<PathBuf>,
    /// Print the script that makes such a folder
    #[arg(long, conflicts_with = "dir")]
    script: bool,
}

const EXAMPLE: &str = "\
Example:
  $ phoenix-token check --script > generate.exs
  $ phoenix-token check answers";

/// `vectors/generate.exs` in one file, after its parts. That for cookies is of no use without Plug.
const SCRIPT: &str = concat!(
    include_str!("../../../vectors/generate/json.exs"),
    include_str!("../../../vectors/generate/term.exs"),
    include_str!("../../../vectors/generate/random.exs"),
    include_str!("../../../vectors/generate/clock.exs"),
    include_str!("../../../vectors/generate/messages.exs"),
    include_str!("../../../vectors/generate/tokens.exs"),
    include_str!("../../../vectors/generate/terms.exs"),
    "if Code.ensure_loaded?(Plug.Conn) do\n",
    include_str!("../../../vectors/generate/cookies.exs"),
    "end\n",
    include_str!("../../../vectors/generate.exs"),
);

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let Some(dir) = &args.dir else { return console::line(SCRIPT.trim_end()) };
    let Outcome { told, failures, unreadable } = vectors::run(dir);
    if let Some(unreadable) = unreadable {
        return Err(Failure::usage("DIR", unreadable));
    }
    let differs = !failures.is_empty();
    let verdict = match differs {
        false => "all answers are the same".to_owned(),
        true => format!("these answers differ:\n{failures}"),
    };
    match console::line(&told).and_then(|()| console::line(&verdict)) {
        // They differ whether or not anybody reads it.
        Ok(()) | Err(Failure::Closed) if differs => {
            Err(Failure::Refused("the backend and this program do not agree".to_owned()))
        }
        written => written,
    }
}
