//! Lists that do not end in the empty list.

use alloc::vec::Vec;

use super::Term;

/// A list with a tail that is no list, as `[1 | 2]`. Rare; proper lists are [`Term::List`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ImproperList {
    /// One element or more, and the tail behind them.
    elements_and_tail: Vec<Term>,
}

impl ImproperList {
    /// `None` where there are no elements, or where the tail is itself a list and so makes another
    /// one: [`Term::list_with_tail`] takes these too.
    pub fn new(elements: impl Into<Vec<Term>>, tail: Term) -> Option<Self> {
        let mut elements = elements.into();
        if elements.is_empty() || matches!(tail, Term::List(_) | Term::ImproperList(_)) {
            return None;
        }
        elements.push(tail);
        Some(Self { elements_and_tail: elements })
    }

    /// The elements, at least one.
    pub fn elements(&self) -> &[Term] {
        self.elements_and_tail.split_last().map_or(&[], |(_, elements)| elements)
    }

    /// What stands in place of the empty list; never a list.
    pub fn tail(&self) -> &Term {
        static EMPTY: Term = Term::List(Vec::new());
        // There always is a tail.
        self.elements_and_tail.last().unwrap_or(&EMPTY)
    }

    /// One element or more, and behind them what is no list.
    pub(super) fn from_vec(elements_and_tail: Vec<Term>) -> Self {
        Self { elements_and_tail }
    }

    /// The elements, and the tail behind them.
    pub(super) fn as_slice(&self) -> &[Term] {
        &self.elements_and_tail
    }

    pub(super) fn into_vec(self) -> Vec<Term> {
        self.elements_and_tail
    }
}
