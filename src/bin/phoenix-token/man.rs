//! `man`: the manual pages.

use std::path::PathBuf;

use clap::CommandFactory as _;

use crate::{Cli, console, failure::Failure};

/// Print the manual page, or write those of all commands into a folder
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

const EXAMPLE: &str = "\
Example:
  $ mkdir -p ~/.local/share/man/man1
  $ phoenix-token man --dir ~/.local/share/man/man1";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let command = Cli::command();
    let Some(folder) = &args.dir else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(command).render(&mut page);
        rendered.map_err(|error| Failure::output(&error))?;
        return console::write(&page);
    };
    clap_mangen::generate_to(command, folder)
        .map_err(|error| Failure::usage("--dir", format!("{}: {error}", folder.display())))
}
