//! Names of atoms as they stand on the wire.

use alloc::borrow::Cow;

/// The name of an atom, at most 255 characters. Borrowed in either encoding, so that to look at one
/// allocates nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name<'a> {
    Utf8(&'a str),
    /// A byte for each character, one or more of them beyond ASCII.
    Latin1(&'a [u8]),
}

impl<'a> Name<'a> {
    pub(crate) fn latin1(bytes: &'a [u8]) -> Self {
        match core::str::from_utf8(bytes) {
            Ok(text) if bytes.is_ascii() => Self::Utf8(text),
            _ => Self::Latin1(bytes),
        }
    }

    pub(crate) fn to_text(self) -> Cow<'a, str> {
        match self {
            Self::Utf8(text) => Cow::Borrowed(text),
            Self::Latin1(bytes) => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
        }
    }
}

impl PartialEq<&str> for Name<'_> {
    fn eq(&self, other: &&str) -> bool {
        match self {
            Self::Utf8(text) => text == other,
            Self::Latin1(bytes) => bytes.iter().copied().map(char::from).eq(other.chars()),
        }
    }
}
