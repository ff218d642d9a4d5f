//! What is left out of a session or token that is shown: whoever has it is logged in.

use std::borrow::Cow;

use phoenix_token::term::{Map, Term};

use crate::failure::Failure;

#[derive(clap::Args)]
pub(crate) struct RevealArgs {
    /// Show this entry, which is left out unless named: entries that end in `token`, `live_socket_id`,
    /// and 32 bytes under any name, as the token of a session has
    #[arg(long, value_name = "KEY")]
    reveal: Vec<String>,
}

const ELIDED: &str = "[elided]";

/// Bytes of the token of a session, in a session and in a remember-me cookie.
const SESSION_TOKEN_BYTES: usize = 32;

impl RevealArgs {
    /// The term, which is called `name`, without what opens a session.
    pub(crate) fn shown(&self, name: &str, term: &Term) -> Term {
        match term {
            Term::Map(map) => self.elided(map),
            _ if self.hides(name, term) => ELIDED.into(),
            _ => term.clone(),
        }
    }

    /// The map without the values of its secret entries.
    pub(crate) fn elided(&self, map: &Map) -> Term {
        let pairs = map.iter().map(|(key, value)| {
            let is_hidden = self.hides(&name(key), value);
            (key.clone(), if is_hidden { ELIDED.into() } else { value.clone() })
        });
        Term::map(pairs.collect::<Vec<_>>())
    }

    fn hides(&self, name: &str, value: &Term) -> bool {
        let is_secret = name.ends_with("token")
            || name == "live_socket_id"
            || matches!(value, Term::Binary(bytes) if bytes.len() == SESSION_TOKEN_BYTES);
        is_secret && !value.is_nil() && !self.reveal.iter().any(|revealed| revealed == name)
    }
}

/// A key as it is named to `--reveal`: its text where it is a string or an atom, else Elixir's.
fn name(key: &Term) -> Cow<'_, str> {
    let text = key.as_str().or_else(|| key.as_atom().map(|atom| atom.as_str()));
    text.map_or_else(|| Cow::Owned(key.to_string()), Cow::Borrowed)
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
