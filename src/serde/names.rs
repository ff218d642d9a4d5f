//! Names of newtype structs by which the types of [`term`](crate::term) and this crate's serializer
//! and deserializer know each other. To every other format a newtype struct is its content.

/// Reading: any term, as its bytes.
pub(super) const TERM: &str = "$phoenix_token::Term";

/// The text inside is an atom.
pub(super) const ATOM: &str = "$phoenix_token::Atom";

/// Writing: the bytes inside are a term, written as they are.
pub(super) const ENCODED: &str = "$phoenix_token::Encoded";
