//! Data in and out: JSON or Elixir's literals.

use clap::ValueEnum;
use phoenix_token::term::Term;

use crate::{console, failure::Failure, input::Input, json, literal};

#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub(crate) struct DataArgs {
    /// The data in JSON, `-` for standard input; its objects become maps with strings as keys
    #[arg(long, value_name = "JSON", allow_hyphen_values = true)]
    data: Option<String>,
    /// The data as an Elixir literal such as `%{user_id: 1}`, `-` for standard input
    #[arg(long, value_name = "LITERAL", allow_hyphen_values = true)]
    elixir: Option<String>,
}

impl DataArgs {
    pub(crate) fn read(&self, input: &mut Input) -> Result<Term, Failure> {
        let argument = self.argument();
        match (&self.data, &self.elixir) {
            (_, Some(literal)) => {
                let text = input.text(argument, literal)?;
                literal::parse(&text).map_err(|error| Failure::usage(argument, error))
            }
            (data, None) => {
                let text = input.text(argument, data.as_deref().unwrap_or_default())?;
                json::parse(&text).map_err(|error| Failure::usage(argument, error))
            }
        }
    }

    /// The argument that the data comes from.
    pub(crate) fn argument(&self) -> &'static str {
        if self.elixir.is_some() { "--elixir" } else { "--data" }
    }
}

#[derive(clap::Args)]
pub(crate) struct FormatArgs {
    /// How data is shown; in JSON, what JSON has no word for is shown as Elixir's text
    #[arg(long, value_enum, default_value = "elixir")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Json,
    Elixir,
}

impl FormatArgs {
    pub(crate) fn text(&self, term: &Term) -> String {
        match self.format {
            Format::Json => json::text(term),
            Format::Elixir => term.to_string(),
        }
    }

    /// Writes the term to standard output.
    pub(crate) fn show(&self, term: &Term) -> Result<(), Failure> {
        console::line(&self.text(term))
    }
}
