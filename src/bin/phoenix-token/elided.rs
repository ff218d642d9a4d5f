//! What is left out of a session that is shown: whoever has it is logged in.

use phoenix_token::term::{Map, Term};

use crate::failure::Failure;

#[derive(clap::Args)]
pub(crate) struct RevealArgs {
    /// Show this entry, which is left out unless named: entries that end in `token`, and
    /// `live_socket_id`
    #[arg(long, value_name = "KEY")]
    reveal: Vec<String>,
}

const ELIDED: &str = "[elided]";

impl RevealArgs {
    /// The session without the values of its secret entries.
    pub(crate) fn elided(&self, session: &Map) -> Term {
        let pairs = session.iter().map(|(key, value)| {
            let name = key.as_str().or_else(|| key.as_atom().map(|atom| atom.as_str()));
            let is_hidden = name.is_none_or(|name| self.hides(name)) && !value.is_nil();
            (key.clone(), if is_hidden { ELIDED.into() } else { value.clone() })
        });
        Term::map(pairs.collect::<Vec<_>>())
    }

    fn hides(&self, name: &str) -> bool {
        (name.ends_with("token") || name == "live_socket_id")
            && !self.reveal.iter().any(|revealed| revealed == name)
    }
}

/// An entry that was left out when it was shown would be lost when it is written.
pub(crate) fn check(session: &Map, argument: &str) -> Result<(), Failure> {
    match session.iter().find(|(_, value)| value.as_str() == Some(ELIDED)) {
        None => Ok(()),
        Some((key, _)) => Err(Failure::usage(
            argument,
            format!("the entry {key} was left out when the session was read; see --reveal there"),
        )),
    }
}
