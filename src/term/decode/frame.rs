//! Containers that hold other containers, while they are read.

use alloc::vec::Vec;

use super::{Budget, map, take};
use crate::{
    error::DecodeError,
    term::{
        ImproperList, Term,
        reader::{Head, Reader},
    },
};

/// A container some of whose terms are still to come.
pub(super) enum Frame {
    /// With no element left the tail is next.
    List {
        elements: Vec<Term>,
        left: usize,
        end: End,
    },
    Tuple {
        elements: Vec<Term>,
        left: usize,
    },
    Map {
        pairs: Vec<(Term, Term)>,
        left: usize,
        /// Whether the last pair has no value yet, but `nil` in its place.
        open: bool,
    },
}

#[derive(PartialEq)]
pub(super) enum End {
    Ahead,
    Proper,
    /// The tail stands behind the elements.
    Improper,
}

impl Frame {
    /// Takes terms up to the end, or up to a container that holds others.
    pub(super) fn fill(
        &mut self,
        reader: &mut Reader<'_>,
        budget: &mut Budget,
    ) -> Result<Option<Self>, DecodeError> {
        while !self.is_complete() {
            if self.lengthen(reader, budget)? {
                continue;
            }
            if let Some(place) = self.next_place()
                && let Some(inner) = take(place, reader, budget)?
            {
                return Ok(Some(inner));
            }
        }
        Ok(None)
    }

    /// Takes a list, or the head of one, that stands as the tail of this list: it makes this one
    /// longer and opens no level.
    fn lengthen(
        &mut self,
        reader: &mut Reader<'_>,
        budget: &mut Budget,
    ) -> Result<bool, DecodeError> {
        let Self::List { elements, left: left @ 0, end } = self else { return Ok(false) };
        let mut ahead = reader.clone();
        match ahead.head()? {
            Head::Nil => *end = End::Proper,
            Head::List(count) => {
                budget.promise(count.saturating_add(1))?;
                make_room(elements, count, ahead.rest().len());
                *left = count;
            }
            Head::String(bytes) => {
                elements.reserve_exact(bytes.len());
                elements.extend(bytes.iter().map(|&byte| Term::from(byte)));
                *end = End::Proper;
            }
            _ => return Ok(false),
        }
        *reader = ahead;
        Ok(true)
    }

    /// Room for the next term.
    fn next_place(&mut self) -> Option<&mut Term> {
        match self {
            Self::List { elements, left, .. } | Self::Tuple { elements, left } if *left > 0 => {
                *left = left.saturating_sub(1);
                elements.push(Term::NIL);
            }
            Self::List { elements, end, .. } => {
                *end = End::Improper;
                elements.reserve_exact(1);
                elements.push(Term::NIL);
            }
            Self::Tuple { .. } => return None,
            Self::Map { pairs, left, open } => {
                if *open {
                    *left = left.saturating_sub(1);
                } else {
                    pairs.push((Term::NIL, Term::NIL));
                }
                *open = !*open;
            }
        }
        self.last_place()
    }

    /// The room that was given last.
    pub(super) fn last_place(&mut self) -> Option<&mut Term> {
        match self {
            Self::List { elements, .. } | Self::Tuple { elements, .. } => elements.last_mut(),
            Self::Map { pairs, open, .. } => {
                let (key, value) = pairs.last_mut()?;
                Some(if *open { key } else { value })
            }
        }
    }

    fn is_complete(&self) -> bool {
        match self {
            Self::List { end, .. } => *end != End::Ahead,
            Self::Tuple { left, .. } | Self::Map { left, .. } => *left == 0,
        }
    }

    pub(super) fn finish(self) -> Result<Term, DecodeError> {
        Ok(match self {
            Self::List { mut elements, end, .. } => {
                // Room for tails that did not come: a term keeps none.
                elements.shrink_to_fit();
                match end {
                    End::Improper => Term::ImproperList(ImproperList::from_vec(elements)),
                    End::Ahead | End::Proper => Term::List(elements),
                }
            }
            Self::Tuple { elements, .. } => Term::Tuple(elements),
            Self::Map { pairs, .. } => Term::Map(map(pairs)?),
        })
    }
}

/// Room for `count` more elements, and for as many again as there are, since tails may come one by
/// one; but never for more than the bytes that are left could bring. So no byte ever has room for
/// more than two elements, the memory that is given back included.
fn make_room(elements: &mut Vec<Term>, count: usize, bytes_left: usize) {
    let spare = elements.capacity().saturating_sub(elements.len());
    if count > spare {
        elements.reserve_exact(elements.len().min(bytes_left).max(count));
    }
}
