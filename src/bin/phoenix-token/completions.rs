//! `completions`: for the shells.

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::{Cli, console, failure::Failure};

/// Print the completions of a shell
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

const EXAMPLE: &str = "\
Example:
  $ mkdir -p ~/.local/share/bash-completion/completions
  $ phoenix-token completions bash > ~/.local/share/bash-completion/completions/phoenix-token";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "phoenix-token", &mut script);
    console::write(&script)
}
