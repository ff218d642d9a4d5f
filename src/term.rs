//! Terms of Erlang and Elixir, and their external format.
//!
//! A [`Term`] is whatever a token or a session may hold, kept whole: what the crate does not
//! understand (a pid, a reference) is written back as it was. Source of the format: ["External Term
//! Format"](https://www.erlang.org/doc/apps/erts/erl_ext_dist.html) of the ERTS reference manual.

mod atom;
mod bitstring;
pub(crate) mod check;
mod clone;
#[cfg(feature = "compressed")]
pub(crate) mod compressed;
mod convert;
pub(crate) mod decode;
mod display;
pub(crate) mod encode;
mod float;
mod identifiers;
mod integer;
mod limits;
mod list;
mod map;
pub(crate) mod name;
pub(crate) mod order;
pub(crate) mod reader;
mod stack;
pub(crate) mod tag;
pub(crate) mod writer;

use alloc::vec::Vec;

pub use crate::error::{DecodeError, EncodeError};
pub use atom::Atom;
pub use bitstring::Bitstring;
pub use float::{Float, NotFinite};
pub use identifiers::{Pid, Reference};
pub use integer::{Integer, IntegerError};
pub use limits::Limits;
pub use list::ImproperList;
pub use map::{Iter, Map};

/// A term of Erlang or Elixir: any but functions and ports, which no token may hold.
///
/// Compared as Erlang does: `==` here is `=:=` there, and `<` puts terms of all types into Erlang's
/// one order. Printed as Elixir's `inspect` does.
///
/// # Example
/// ```
/// use phoenix_token::term::Term;
///
/// let user = Term::map([(Term::atom("id")?, 42.into()), (Term::atom("name")?, "Ada".into())]);
/// assert_eq!(Term::decode(&user.encode()?)?, user);
///
/// let id = user.as_map().and_then(|user| user.get_atom("id")).and_then(Term::as_i64);
/// assert_eq!(id, Some(42));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub enum Term {
    /// `:name`, and so `nil`, `true` and `false`.
    Atom(Atom),
    /// An integer of any size.
    Integer(Integer),
    /// A finite double.
    Float(Float),
    /// Bytes; Elixir's strings are such, in UTF-8.
    Binary(Vec<u8>),
    /// Bits that make no whole number of bytes.
    Bitstring(Bitstring),
    /// `[a, b]`; charlists are lists of integers.
    List(Vec<Term>),
    /// `[a | b]`
    ImproperList(ImproperList),
    /// `{a, b}`
    Tuple(Vec<Term>),
    /// `%{key => value}`; Elixir's structs are maps with the atom `__struct__` as a key.
    Map(Map),
    /// A process.
    Pid(Pid),
    /// A reference.
    Reference(Reference),
}
