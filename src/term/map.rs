//! Maps.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{Term, order};

/// A map: pairs of a key and a value, in Erlang's order of map keys; no key stands twice.
///
/// Keys are compared as Erlang's `=:=` does: `1` and `1.0` are two keys.
///
/// # Example
/// ```
/// use phoenix_token::term::{Map, Term};
///
/// let mut user = Map::new();
/// user.insert(Term::atom("id")?, Term::from(42));
/// user.insert(Term::from("name"), Term::from("Ada"));
///
/// assert_eq!(user.get_atom("id"), Some(&Term::from(42)));
/// assert_eq!(user.get_str("name").and_then(Term::as_str), Some("Ada"));
/// # Ok::<(), phoenix_token::term::EncodeError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Map(Vec<(Term, Term)>);

impl Map {
    /// The empty map.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no pair.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of that key.
    pub fn get(&self, key: &Term) -> Option<&Term> {
        self.value_at(self.position(key).ok()?)
    }

    /// The value of the key that is the atom of that name.
    pub fn get_atom(&self, name: &str) -> Option<&Term> {
        self.value_at(self.search(|key| order::with_atom(key, name.as_bytes())).ok()?)
    }

    /// The value of the key that is the binary of that text.
    pub fn get_str(&self, text: &str) -> Option<&Term> {
        self.value_at(self.search(|key| order::with_binary(key, text.as_bytes())).ok()?)
    }

    /// Puts a pair in and gives back the value that the key had before.
    pub fn insert(&mut self, key: Term, value: Term) -> Option<Term> {
        match self.position(&key) {
            Ok(at) => self.0.get_mut(at).map(|(_, old)| core::mem::replace(old, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// Takes a pair out and gives its value.
    pub fn remove(&mut self, key: &Term) -> Option<Term> {
        let at = self.position(key).ok()?;
        Some(self.0.remove(at).1)
    }

    /// The pairs, in Erlang's order of map keys.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.0.iter())
    }

    /// `None` where a key stands twice.
    pub(super) fn from_pairs(mut pairs: Vec<(Term, Term)>) -> Option<Self> {
        if !ascending(&pairs) {
            pairs.sort_unstable_by(|(one, _), (other, _)| order::of_keys(one, other));
            if !ascending(&pairs) {
                return None;
            }
        }
        Some(Self(pairs))
    }

    /// The pairs of another map.
    pub(super) fn from_sorted(pairs: Vec<(Term, Term)>) -> Self {
        Self(pairs)
    }

    pub(super) fn keys_and_values(&self) -> KeysAndValues<'_> {
        KeysAndValues { pairs: self.0.iter(), value: None }
    }

    pub(super) fn as_slice(&self) -> &[(Term, Term)] {
        &self.0
    }

    fn position(&self, key: &Term) -> Result<usize, usize> {
        self.search(|other| order::of_keys(other, key))
    }

    fn search(&self, compare: impl Fn(&Term) -> Ordering) -> Result<usize, usize> {
        self.0.binary_search_by(|(key, _)| compare(key))
    }

    fn value_at(&self, at: usize) -> Option<&Term> {
        self.0.get(at).map(|(_, value)| value)
    }
}

/// The pairs of a [`Map`], in Erlang's order of map keys.
#[derive(Clone, Debug)]
pub struct Iter<'a>(core::slice::Iter<'a, (Term, Term)>);

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a Term, &'a Term);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Map {
    type Item = (&'a Term, &'a Term);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl IntoIterator for Map {
    type Item = (Term, Term);
    type IntoIter = alloc::vec::IntoIter<(Term, Term)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Each key, and then its value.
pub(super) struct KeysAndValues<'a> {
    pairs: core::slice::Iter<'a, (Term, Term)>,
    value: Option<&'a Term>,
}

impl<'a> Iterator for KeysAndValues<'a> {
    type Item = &'a Term;

    fn next(&mut self) -> Option<&'a Term> {
        self.value.take().or_else(|| {
            let (key, value) = self.pairs.next()?;
            self.value = Some(value);
            Some(key)
        })
    }
}

impl FromIterator<(Term, Term)> for Map {
    /// Of several pairs with the same key the last one stays.
    fn from_iter<I: IntoIterator<Item = (Term, Term)>>(pairs: I) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        // The sort is stable, so that the last of equal keys is still the last.
        pairs.sort_by(|(one, _), (other, _)| order::of_keys(one, other));
        pairs.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                core::mem::swap(later, kept);
            }
            same
        });
        Self(pairs)
    }
}

impl Extend<(Term, Term)> for Map {
    fn extend<I: IntoIterator<Item = (Term, Term)>>(&mut self, pairs: I) {
        let old = core::mem::take(&mut self.0);
        *self = old.into_iter().chain(pairs).collect();
    }
}

fn ascending(pairs: &[(Term, Term)]) -> bool {
    pairs.is_sorted_by(|(one, _), (other, _)| order::of_keys(one, other) == Ordering::Less)
}
