//! Atoms.

use alloc::{
    borrow::Cow,
    boxed::Box,
    string::{String, ToString},
};
use core::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

use super::{name::Name, reader::MAX_ATOM_CHARS};
use crate::error::EncodeError;

/// An atom: a name of at most 255 characters. Here it is data; no table of atoms grows.
///
/// A name of up to 22 bytes takes no allocation.
///
/// # Example
/// ```
/// use phoenix_token::term::Atom;
///
/// let admin = Atom::new("admin")?;
/// assert_eq!(admin, "admin");
/// # Ok::<(), phoenix_token::term::EncodeError>(())
/// ```
#[derive(Clone)]
pub struct Atom(Repr);

#[derive(Clone)]
enum Repr {
    Static(&'static str),
    /// So many of the bytes are the name, in UTF-8.
    Short(u8, [u8; SHORT]),
    Long(Box<str>),
}

/// As many as keep an atom as small as a string.
const SHORT: usize = 22;

impl Atom {
    /// `nil`: absence, as in Elixir.
    pub const NIL: Self = Self(Repr::Static("nil"));
    /// `true`
    pub const TRUE: Self = Self(Repr::Static("true"));
    /// `false`
    pub const FALSE: Self = Self(Repr::Static("false"));

    /// The atom of that name; one that is `&'static` is not copied.
    ///
    /// # Errors
    /// [`EncodeError::AtomTooLong`] for more than 255 characters.
    pub fn new(name: impl Into<Cow<'static, str>>) -> Result<Self, EncodeError> {
        let name = name.into();
        if name.len() > MAX_ATOM_CHARS && name.chars().count() > MAX_ATOM_CHARS {
            return Err(EncodeError::AtomTooLong);
        }
        Ok(Self(match name {
            Cow::Borrowed(name) => Repr::Static(name),
            Cow::Owned(name) => {
                short(name.as_bytes()).unwrap_or_else(|| Repr::Long(name.into_boxed_str()))
            }
        }))
    }

    /// A name that the reader has checked.
    pub(super) fn from_reader(name: Name<'_>) -> Self {
        let name = name.to_text();
        Self(short(name.as_bytes()).unwrap_or_else(|| Repr::Long(name.into())))
    }

    /// Becomes the atom of that name, which is ASCII alone.
    ///
    /// Set in place: to put a name together first and then move it into its term takes longer than
    /// all else that is done with it.
    #[inline]
    pub(super) fn set_ascii(&mut self, name: &[u8]) {
        match u8::try_from(name.len()) {
            Ok(length) if name.len() <= SHORT => self.0 = Repr::Short(length, [0; SHORT]),
            _ => self.0 = Repr::Long(name.iter().copied().map(char::from).collect()),
        }
        if let Repr::Short(_, bytes) = &mut self.0
            && let Some(bytes) = bytes.get_mut(..name.len())
        {
            bytes.copy_from_slice(name);
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Repr::Static(name) => name,
            // It was a `str` or ASCII: there is nothing to default to.
            Repr::Short(..) => core::str::from_utf8(self.as_bytes()).unwrap_or_default(),
            Repr::Long(name) => name,
        }
    }

    /// The name as a string.
    pub fn into_string(self) -> String {
        match self.0 {
            Repr::Long(name) => name.into_string(),
            _ => self.as_str().to_string(),
        }
    }

    /// The name in UTF-8.
    #[inline]
    pub(super) fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Static(name) => name.as_bytes(),
            Repr::Short(length, bytes) => bytes.get(..usize::from(*length)).unwrap_or(bytes),
            Repr::Long(name) => name.as_bytes(),
        }
    }
}

#[inline]
fn short(name: &[u8]) -> Option<Repr> {
    let mut bytes = [0; SHORT];
    bytes.get_mut(..name.len())?.copy_from_slice(name);
    Some(Repr::Short(u8::try_from(name.len()).ok()?, bytes))
}

impl AsRef<str> for Atom {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for Atom {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Atom {}

impl PartialOrd for Atom {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Atom {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Repr::Short(_, one), Repr::Short(_, other)) = (&self.0, &other.0) {
            // What lies behind a short name is zero, so that the first bytes mostly tell.
            let first = |bytes: &[u8; SHORT]| bytes.first_chunk().copied().map(u64::from_be_bytes);
            let order = first(one).cmp(&first(other));
            if order.is_ne() {
                return order;
            }
        }
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Hash for Atom {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialEq<str> for Atom {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl PartialEq<&str> for Atom {
    fn eq(&self, other: &&str) -> bool {
        self == *other
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
