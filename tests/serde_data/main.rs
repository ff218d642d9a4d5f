//! Rust types as terms: what is written, what is read, and what is refused in which words.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

#[cfg(feature = "cbor")]
mod cbor;
#[cfg(feature = "jiff")]
mod dates;
mod depth;
mod made_up;
mod reading;
mod refusals;
mod representations;
mod terms;
mod types;

use std::fmt::Debug;

use phoenix_token::{
    serde::{
        Error, Options, from_slice, from_slice_owned, from_term, to_term, to_vec, to_vec_with,
    },
    term::{Limits, Term},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// All the ways there and back agree, and the term reads like `elixir`.
#[track_caller]
pub(crate) fn both_ways<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    value: T,
    elixir: &str,
) {
    assert_eq!(laws(&value).to_string(), elixir);
}

#[track_caller]
pub(crate) fn laws<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> Term {
    let bytes = to_vec(value).unwrap();
    let term = Term::decode(&bytes).unwrap();
    assert_eq!(term.encode().unwrap(), bytes, "the bytes are those that the term has");
    assert_eq!(from_slice::<T>(&bytes).as_ref(), Ok(value));
    assert_eq!(from_slice_owned::<T>(&bytes, Limits::new()).as_ref(), Ok(value));
    assert_eq!(to_term(value).as_ref(), Ok(&term));
    assert_eq!(from_term::<T>(&term).as_ref(), Ok(value));
    assert_eq!(to_vec(&term).as_ref(), Ok(&bytes), "a term is written as it is");
    assert_eq!(from_slice::<Term>(&bytes).as_ref(), Ok(&term), "a term is read as it is");
    let binary_keys = to_vec_with(value, Options::new().binary_keys()).unwrap();
    assert_eq!(from_slice::<T>(&binary_keys).as_ref(), Ok(value));
    term
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) id: u64,
    pub(crate) admin: bool,
    pub(crate) e_mail: Option<String>,
}

pub(crate) fn ada() -> User {
    User { name: "Ada".into(), id: 42, admin: true, e_mail: None }
}

pub(crate) fn atom(name: &'static str) -> Term {
    Term::atom(name).unwrap()
}

pub(crate) fn float(value: f64) -> Term {
    Term::Float(phoenix_token::term::Float::new(value).unwrap())
}

pub(crate) fn two_to_the_128() -> Term {
    let bytes = [131, 110, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    Term::decode(&bytes).unwrap()
}

#[track_caller]
pub(crate) fn takes<T: DeserializeOwned + PartialEq + Debug>(term: impl Into<Term>, value: T) {
    assert_eq!(from_term::<T>(&term.into()), Ok(value));
}

/// The message after "the data does not fit: ".
#[track_caller]
pub(crate) fn refuses<T: DeserializeOwned + Debug>(term: impl Into<Term>, message: &str) {
    match from_term::<T>(&term.into()) {
        Err(error @ Error::Data(_)) => {
            assert_eq!(error.to_string(), format!("the data does not fit: {message}"));
        }
        other => panic!("{other:?}"),
    }
}
