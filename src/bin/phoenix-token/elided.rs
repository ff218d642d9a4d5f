//! What is left out of a session or token that is shown: whoever has it is logged in.

use std::borrow::Cow;

use phoenix_token::term::{Map, Term};

use crate::failure::Failure;

#[derive(clap::Args)]
pub(crate) struct RevealArgs {
    /// Show this entry, which is left out unless named: at any depth, entries of maps and pairs that end in
    /// `token`, `live_socket_id`, and 32 bytes that are no text under any name, as the token of a session has
    #[arg(long, value_name = "KEY")]
    reveal: Vec<String>,
}

const ELIDED: &str = "[elided]";

/// Bytes of the token of a session, in a session and in a remember-me cookie.
const SESSION_TOKEN_BYTES: usize = 32;

impl RevealArgs {
    /// The term without what opens a session, wherever that stands. The name is the key it stands
    /// under, or what all of it is called.
    ///
    /// It recurses, once for each level: terms that are read have 256 at most.
    pub(crate) fn shown(&self, name: &str, term: &Term) -> Term {
        let shown = |elements: &[Term]| {
            elements.iter().map(|element| self.shown(name, element)).collect::<Vec<_>>()
        };
        match term {
            Term::Map(map) => self.shown_map(name, map),
            Term::List(elements) => Term::List(shown(elements)),
            Term::ImproperList(list) => {
                Term::list_with_tail(shown(list.elements()), self.shown(name, list.tail()))
            }
            Term::Tuple(elements) => match elements.as_slice() {
                // A pair of a keyword list, or one alone.
                [key, value] if let Some(name) = text(key) => {
                    Term::tuple([self.shown(name, key), self.value(name, value)])
                }
                elements => Term::Tuple(shown(elements)),
            },
            _ if is_session_token(term) && !self.reveals(name) => ELIDED.into(),
            _ => term.clone(),
        }
    }

    /// The map, which is called `name`, without what opens a session.
    pub(crate) fn shown_map(&self, name: &str, map: &Map) -> Term {
        let mut elided_keys = 0_usize;
        let pairs = map.iter().map(|(key, value)| {
            let shown = self.shown(name, key);
            let value = match key_name(key) {
                Some(name) => self.value(&name, value),
                None => self.shown(name, value),
            };
            if shown == *key {
                return (shown, value);
            }
            // Its own name for each, since one entry would displace the other.
            elided_keys = elided_keys.saturating_add(1);
            let key = match elided_keys {
                1 => ELIDED.to_owned(),
                count => format!("[elided {count}]"),
            };
            (key.into(), value)
        });
        Term::map(pairs.collect::<Vec<_>>())
    }

    fn value(&self, name: &str, value: &Term) -> Term {
        let is_secret = name.ends_with("token") || name == "live_socket_id";
        if is_secret && !value.is_nil() && !self.reveals(name) {
            ELIDED.into()
        } else {
            self.shown(name, value)
        }
    }

    fn reveals(&self, name: &str) -> bool {
        self.reveal.iter().any(|revealed| revealed == name)
    }
}

/// Random bytes are no text: 32 of them are printable at most once in 2^34.
fn is_session_token(term: &Term) -> bool {
    let bytes = term.as_bytes().filter(|bytes| bytes.len() == SESSION_TOKEN_BYTES);
    // As Elixir has it, which prints other bytes as numbers.
    bytes.is_some() && !term.to_string().starts_with('"')
}

/// A key as it is named to `--reveal`: a string, an atom or a number. What is under another key goes by
/// the one around that.
fn key_name(key: &Term) -> Option<Cow<'_, str>> {
    match key {
        Term::Integer(_) | Term::Float(_) => Some(Cow::Owned(key.to_string())),
        _ => text(key).map(Cow::Borrowed),
    }
}

fn text(key: &Term) -> Option<&str> {
    key.as_str().or_else(|| key.as_atom().map(|atom| atom.as_str()))
}

/// What was left out of a session when it was shown would be lost when it is written.
pub(crate) fn check(session: &Map, argument: &str) -> Result<(), Failure> {
    match session.iter().find(|(key, value)| is_elided(key) || is_elided(value)) {
        None => Ok(()),
        Some((key, _)) => Err(Failure::usage(
            argument,
            format!("the entry {key} was left out when the session was read; see --reveal there"),
        )),
    }
}

/// Whether something was left out of it, which in JSON may stand in a tuple's text.
fn is_elided(term: &Term) -> bool {
    let quoted = format!("\"{ELIDED}\"");
    let mut open = vec![term];
    while let Some(term) = open.pop() {
        match term {
            Term::Binary(_) => {
                let found = |text: &str| text == ELIDED || text.contains(&quoted);
                if term.as_str().is_some_and(found) {
                    return true;
                }
            }
            Term::List(elements) | Term::Tuple(elements) => open.extend(elements),
            Term::ImproperList(list) => {
                open.extend(list.elements());
                open.push(list.tail());
            }
            Term::Map(map) => open.extend(map.iter().flat_map(|(key, value)| [key, value])),
            _ => {}
        }
    }
    false
}
