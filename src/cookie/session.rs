//! The session: a map, most often of strings to terms.

use alloc::vec::Vec;
use core::fmt;

use crate::term::{Iter, Map, Term};
#[cfg(feature = "serde")]
use crate::{error::DataError, serde};

/// What a session cookie holds: `Plug.Conn.get_session/1`.
///
/// Entries of any kind are kept, also those that this program knows nothing of, and written back as
/// they were. Plug's keys are strings; others are kept too.
///
/// `Debug` shows the keys and no values, which must not get into logs.
///
/// # Example
/// ```
/// use phoenix_token::cookie::Session;
///
/// let mut session = Session::new();
/// session.put("cart", &[(1, "apples"), (2, "pears")])?;
/// let cart: Option<Vec<(u32, String)>> = session.get("cart")?;
/// assert_eq!(cart.map(|cart| cart.len()), Some(2));
/// assert_eq!(session.get::<String>("locale")?, None);
/// # Ok::<(), phoenix_token::DataError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Session {
    entries: Map,
}

/// Entries: `put_session`, `get_session`, `delete_session` and `clear_session` of `Plug.Conn`.
impl Session {
    /// The empty session.
    pub const fn new() -> Self {
        Self { entries: Map::new() }
    }

    /// The entry as a Rust type; `None` where there is none, and where it is `nil`, as
    /// `get_session` makes no difference between the two.
    ///
    /// # Errors
    /// [`DataError`] where it is of another kind: what another program put there is no attack.
    #[cfg(feature = "serde")]
    pub fn get<T: ::serde::de::DeserializeOwned>(&self, key: &str) -> Result<Option<T>, DataError> {
        match self.get_term(key) {
            None => Ok(None),
            Some(term) if term.is_nil() => Ok(None),
            Some(term) => Ok(Some(serde::from_term(term)?)),
        }
    }

    /// Puts a Rust value in, in place of what was there.
    ///
    /// # Errors
    /// [`DataError`] where the value has no place in a term; the entry is as before then.
    #[cfg(feature = "serde")]
    pub fn put<T: ::serde::Serialize + ?Sized>(
        &mut self,
        key: &str,
        value: &T,
    ) -> Result<(), DataError> {
        let term = serde::to_term(value)?;
        self.put_term(key, term);
        Ok(())
    }

    /// The entry as it is.
    pub fn get_term(&self, key: &str) -> Option<&Term> {
        self.entries.get_str(key)
    }

    /// Puts a term in and gives back what was there.
    pub fn put_term(&mut self, key: &str, value: impl Into<Term>) -> Option<Term> {
        self.entries.insert(key.into(), value.into())
    }

    /// Takes an entry out.
    pub fn remove(&mut self, key: &str) -> Option<Term> {
        self.entries.remove(&key.into())
    }

    /// Takes all entries out.
    ///
    /// Do so whenever a user logs in or out, as the code of phx.gen.auth does: else whoever has
    /// planted a cookie of his own in a browser before (session fixation) shares what comes to be in
    /// it, the CSRF token among it. [`log_in`](Self::log_in) does it by itself. What shall survive,
    /// such as a locale, is taken out before and put in after.
    pub fn clear(&mut self) {
        self.entries = Map::new();
    }

    /// The keys that are strings.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|(key, _)| key.as_str())
    }

    /// All entries.
    pub fn iter(&self) -> Iter<'_> {
        self.entries.iter()
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All entries as a map.
    pub fn as_map(&self) -> &Map {
        &self.entries
    }
}

impl From<Map> for Session {
    fn from(entries: Map) -> Self {
        Self { entries }
    }
}

impl From<Session> for Map {
    fn from(session: Session) -> Self {
        session.entries
    }
}

impl<'a> IntoIterator for &'a Session {
    type Item = (&'a Term, &'a Term);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.keys().collect();
        write!(f, "Session({keys:?}, [values elided])")
    }
}
