//! Atoms.

use alloc::{borrow::Cow, string::String};
use core::fmt;

use super::reader::MAX_ATOM_CHARS;
use crate::error::EncodeError;

/// An atom: a name of at most 255 characters. Here it is data; no table of atoms grows.
///
/// # Example
/// ```
/// use phoenix_token::term::Atom;
///
/// let admin = Atom::new("admin")?;
/// assert_eq!(admin, "admin");
/// # Ok::<(), phoenix_token::term::EncodeError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Atom(Cow<'static, str>);

impl Atom {
    /// `nil`: absence, as in Elixir.
    pub const NIL: Self = Self(Cow::Borrowed("nil"));
    /// `true`
    pub const TRUE: Self = Self(Cow::Borrowed("true"));
    /// `false`
    pub const FALSE: Self = Self(Cow::Borrowed("false"));

    /// The atom of that name; one that is `&'static` is not copied.
    ///
    /// # Errors
    /// [`EncodeError::AtomTooLong`] for more than 255 characters.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, EncodeError> {
        let name = name.into();
        if name.len() > MAX_ATOM_CHARS && name.chars().count() > MAX_ATOM_CHARS {
            return Err(EncodeError::AtomTooLong);
        }
        Ok(Self(name))
    }

    /// A name that the reader has checked.
    pub(super) fn from_reader(name: Cow<'_, str>) -> Self {
        match &*name {
            "nil" => Self::NIL,
            "true" => Self::TRUE,
            "false" => Self::FALSE,
            _ => Self(Cow::Owned(name.into_owned())),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as a string.
    pub fn into_string(self) -> String {
        self.0.into_owned()
    }
}

impl AsRef<str> for Atom {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Atom {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Atom {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl From<bool> for Atom {
    fn from(value: bool) -> Self {
        if value { Self::TRUE } else { Self::FALSE }
    }
}

impl fmt::Debug for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
