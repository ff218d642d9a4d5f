//! Rust values to terms, and a term's content as Rust values.

use alloc::{borrow::Cow, string::String, vec::Vec};

use super::{
    Atom, Bitstring, EncodeError, Float, ImproperList, Integer, Map, Pid, Reference, Term,
};

/// Terms from Rust values.
impl Term {
    /// The atom `nil`, Elixir's absence of a value. Erlang's nil, the empty list, is
    /// `Term::list([])`.
    pub const NIL: Self = Self::Atom(Atom::NIL);

    /// The atom of that name.
    ///
    /// # Errors
    /// [`EncodeError::AtomTooLong`] for more than 255 characters.
    pub fn atom(name: impl Into<Cow<'static, str>>) -> Result<Self, EncodeError> {
        Atom::new(name).map(Self::Atom)
    }

    /// Bytes.
    pub fn binary(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Binary(bytes.into())
    }

    /// The code points of the text as a list of integers, `~c"text"` in Elixir: Erlang's strings.
    pub fn charlist(text: &str) -> Self {
        Self::List(text.chars().map(|character| u32::from(character).into()).collect())
    }

    /// The bytes as a list of integers, which the format writes as compactly as a binary.
    pub fn byte_list(bytes: impl AsRef<[u8]>) -> Self {
        Self::List(bytes.as_ref().iter().map(|&byte| byte.into()).collect())
    }

    /// `[a, b]`
    pub fn list(elements: impl Into<Vec<Self>>) -> Self {
        Self::List(elements.into())
    }

    /// `[a, b | tail]`: the tail alone where there are no elements, a proper list where it is one.
    pub fn list_with_tail(elements: impl Into<Vec<Self>>, tail: Self) -> Self {
        let mut elements = elements.into();
        match tail {
            tail if elements.is_empty() => tail,
            Self::List(more) => {
                elements.extend(more);
                Self::List(elements)
            }
            Self::ImproperList(list) => {
                elements.extend(list.into_vec());
                Self::ImproperList(ImproperList::from_vec(elements))
            }
            tail => {
                elements.push(tail);
                Self::ImproperList(ImproperList::from_vec(elements))
            }
        }
    }

    /// `{a, b}`
    pub fn tuple(elements: impl Into<Vec<Self>>) -> Self {
        Self::Tuple(elements.into())
    }

    /// `%{key => value}`; of several pairs with the same key the last one stays.
    pub fn map(pairs: impl IntoIterator<Item = (Self, Self)>) -> Self {
        Self::Map(pairs.into_iter().collect())
    }
}

/// What a term holds.
impl Term {
    /// Whether it is the atom `nil`.
    pub fn is_nil(&self) -> bool {
        self.as_atom().is_some_and(|atom| atom == "nil")
    }

    /// The atom, if it is one.
    pub fn as_atom(&self) -> Option<&Atom> {
        if let Self::Atom(atom) = self { Some(atom) } else { None }
    }

    /// `true` or `false`, if it is one of the two.
    pub fn as_bool(&self) -> Option<bool> {
        match self.as_atom()?.as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_integer(&self) -> Option<&Integer> {
        if let Self::Integer(integer) = self { Some(integer) } else { None }
    }

    /// The integer, if it is one that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.as_integer()?.to_i64()
    }

    /// The float, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        if let Self::Float(float) = self { Some(float.get()) } else { None }
    }

    /// The bytes of a binary.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        if let Self::Binary(bytes) = self { Some(bytes) } else { None }
    }

    /// The text of a binary in UTF-8: a string of Elixir.
    pub fn as_str(&self) -> Option<&str> {
        core::str::from_utf8(self.as_bytes()?).ok()
    }

    /// The elements of a proper list.
    pub fn as_list(&self) -> Option<&[Self]> {
        if let Self::List(elements) = self { Some(elements) } else { None }
    }

    /// The elements of a tuple.
    pub fn as_tuple(&self) -> Option<&[Self]> {
        if let Self::Tuple(elements) = self { Some(elements) } else { None }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        if let Self::Map(map) = self { Some(map) } else { None }
    }
}

impl From<&str> for Term {
    fn from(text: &str) -> Self {
        Self::Binary(text.into())
    }
}

impl From<String> for Term {
    fn from(text: String) -> Self {
        Self::Binary(text.into())
    }
}

impl From<&[u8]> for Term {
    fn from(bytes: &[u8]) -> Self {
        Self::Binary(bytes.into())
    }
}

impl From<Vec<u8>> for Term {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl From<bool> for Term {
    fn from(value: bool) -> Self {
        Self::Atom(value.into())
    }
}

impl<T: Into<Self>> From<Option<T>> for Term {
    /// `nil` for `None`.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::NIL, Into::into)
    }
}

impl From<Vec<Self>> for Term {
    fn from(elements: Vec<Self>) -> Self {
        Self::List(elements)
    }
}

/// The variants whose content is a type of its own.
macro_rules! wrap {
    ($($variant:ident)*) => {$(
        impl From<$variant> for Term {
            fn from(value: $variant) -> Self {
                Self::$variant(value)
            }
        }
    )*};
}

wrap!(Atom Integer Float Bitstring ImproperList Map Pid Reference);

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl From<$type> for Term {
            fn from(value: $type) -> Self {
                Self::Integer(value.into())
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize);
