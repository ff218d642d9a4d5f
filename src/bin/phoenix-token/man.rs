//! `man`: the manual pages.

use std::{fs, path::PathBuf};

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

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
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.dir else { return console::write(page(command)?.1.as_bytes()) };
    let mut open = vec![command];
    while let Some(command) = open.pop() {
        open.extend(command.get_subcommands().cloned());
        let (name, text) = page(command)?;
        let path = folder.join(name);
        fs::write(&path, text)
            .map_err(|error| Failure::usage("--dir", format!("{}: {error}", path.display())))?;
    }
    Ok(())
}

/// The name and the text of a command's page.
fn page(command: Command) -> Result<(String, String), Failure> {
    let man = Man::new(command);
    let mut page = Vec::new();
    man.render(&mut page).map_err(|error| Failure::output(&error))?;
    // The lines of an example stay as they are.
    let text = String::from_utf8_lossy(&page);
    let text = text.replace(".SH EXTRA\nExample:\n", ".SH EXAMPLE\n.nf\n");
    Ok((man.get_filename(), text))
}
