//! Erlang's term order.
//!
//! number < atom < reference < pid < tuple < map < nil < list < bit string. Tuples are compared by
//! size and then element by element, maps by size, then keys, then values, lists element by element.
//! Numbers are compared by value, but as keys of maps all integers come before all floats.
//! Source: "Term Comparisons" of the Erlang reference manual.

use alloc::vec::Vec;
use core::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use super::Term;

impl PartialOrd for Term {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Term {
    /// Erlang's `<` and `>`. What Erlang calls equal (`==`) though it differs (`=/=`) is told apart
    /// here: where all else is equal, an integer comes before a float, and `-0.0` before `0.0`.
    fn cmp(&self, other: &Self) -> Ordering {
        compare(self, other, false)
    }
}

/// The order of the keys of a map.
pub(crate) fn of_keys(one: &Term, other: &Term) -> Ordering {
    match (one, other) {
        // What nearly all keys are.
        (Term::Atom(one), Term::Atom(other)) => one.cmp(other),
        (Term::Binary(one), Term::Binary(other)) => one.cmp(other),
        (Term::Integer(one), Term::Integer(other)) => one.cmp(other),
        _ => compare(one, other, true),
    }
}

impl PartialEq for Term {
    /// Erlang's `=:=`.
    fn eq(&self, other: &Self) -> bool {
        compare(self, other, true).is_eq()
    }
}

impl Eq for Term {}

impl Hash for Term {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut later = Vec::new();
        let mut next = Some(self);
        while let Some(term) = next {
            core::mem::discriminant(term).hash(state);
            match term {
                Self::Atom(atom) => atom.hash(state),
                Self::Integer(integer) => integer.hash(state),
                Self::Float(float) => float.hash(state),
                Self::Binary(bytes) => bytes.hash(state),
                Self::Bitstring(bits) => bits.hash(state),
                Self::Pid(pid) => pid.hash(state),
                Self::Reference(reference) => reference.hash(state),
                Self::List(terms) | Self::Tuple(terms) => {
                    terms.len().hash(state);
                    later.extend(terms);
                }
                Self::ImproperList(list) => {
                    list.as_slice().len().hash(state);
                    later.extend(list.as_slice());
                }
                Self::Map(map) => {
                    map.len().hash(state);
                    later.extend(map.keys_and_values());
                }
            }
            next = later.pop();
        }
    }
}

/// How a key compares with the atom of that name, which is in UTF-8.
pub(crate) fn with_atom(key: &Term, name: &[u8]) -> Ordering {
    match key {
        Term::Atom(atom) => atom.as_bytes().cmp(name),
        Term::Integer(_) | Term::Float(_) => Ordering::Less,
        _ => Ordering::Greater,
    }
}

/// How a key compares with that binary.
pub(crate) fn with_binary(key: &Term, bytes: &[u8]) -> Ordering {
    match key {
        Term::Binary(key) => key.as_slice().cmp(bytes),
        Term::Bitstring(key) => key.bytes().cmp(bytes).then(Ordering::Less),
        _ => Ordering::Less,
    }
}

fn compare(one: &Term, other: &Term, exact: bool) -> Ordering {
    let mut state = Compare { jobs: Vec::new(), exact, tie: Ordering::Equal };
    let mut met = state.meet(one, other);
    loop {
        met = match met {
            Met::Containers(job) => state.go_on(job),
            Met::Compared(Ordering::Equal) => match state.jobs.pop() {
                Some(job) => state.go_on(job),
                None => return state.tie,
            },
            Met::Compared(unequal) => return unequal,
        };
    }
}

struct Compare<'a> {
    /// What is still to be compared, the next last: of each pair of containers around the present one
    /// what follows.
    jobs: Vec<Job<'a>>,
    /// Inside a key.
    exact: bool,
    /// The first difference that Erlang's `==` does not see.
    tie: Ordering,
}

enum Job<'a> {
    /// As many of the one as of the other.
    Terms(&'a [Term], &'a [Term]),
    Lists(List<'a>, List<'a>),
    /// Of as many pairs.
    Maps(&'a [(Term, Term)], &'a [(Term, Term)]),
    Keys(&'a [(Term, Term)], &'a [(Term, Term)]),
    Values(&'a [(Term, Term)], &'a [(Term, Term)]),
    Exact(bool),
}

/// Two terms, seen for the first time.
enum Met<'a> {
    Compared(Ordering),
    /// Containers of one kind, whose elements are to be compared.
    Containers(Job<'a>),
}

impl<'a> Compare<'a> {
    fn go_on(&mut self, job: Job<'a>) -> Met<'a> {
        match job {
            Job::Terms(one, other) => self.run(one, other, |term| term, Job::Terms),
            Job::Maps(one, other) => {
                self.jobs.push(Job::Values(one, other));
                self.jobs.push(Job::Exact(self.exact));
                self.exact = true;
                self.run(one, other, |(key, _)| key, Job::Keys)
            }
            Job::Keys(one, other) => self.run(one, other, |(key, _)| key, Job::Keys),
            Job::Values(one, other) => self.run(one, other, |(_, value)| value, Job::Values),
            Job::Lists(one, other) => {
                let rest = |elements, others| {
                    let others = List { elements: others, ..other };
                    Job::Lists(List { elements, ..one }, others)
                };
                match self.run(one.elements, other.elements, |element| element, rest) {
                    Met::Compared(Ordering::Equal) => {}
                    met => return met,
                }
                match one.elements.len().cmp(&other.elements.len()) {
                    Ordering::Equal => self.meet(one.tail, other.tail),
                    // What is left of the longer list stands against the tail of the shorter one.
                    Ordering::Less => Met::Compared(rank(one.tail).cmp(&LIST_RANK)),
                    Ordering::Greater => Met::Compared(LIST_RANK.cmp(&rank(other.tail))),
                }
            }
            Job::Exact(exact) => {
                self.exact = exact;
                Met::Compared(Ordering::Equal)
            }
        }
    }

    /// Compares in a plain loop as long as no containers meet. If they do, `rest` makes a job of
    /// what is behind them.
    #[inline]
    fn run<T>(
        &mut self,
        ones: &'a [T],
        others: &'a [T],
        part: impl Fn(&'a T) -> &'a Term,
        rest: impl Fn(&'a [T], &'a [T]) -> Job<'a>,
    ) -> Met<'a> {
        let (mut ones, mut others) = (ones.iter(), others.iter());
        while let (Some(one), Some(other)) = (ones.next(), others.next()) {
            match self.meet(part(one), part(other)) {
                Met::Compared(Ordering::Equal) => {}
                Met::Compared(unequal) => return Met::Compared(unequal),
                containers @ Met::Containers(_) => {
                    self.jobs.push(rest(ones.as_slice(), others.as_slice()));
                    return containers;
                }
            }
        }
        Met::Compared(Ordering::Equal)
    }

    /// Compares what can be compared at once.
    fn meet(&mut self, one: &'a Term, other: &'a Term) -> Met<'a> {
        #[cfg(test)]
        crate::testing::count(&crate::testing::COMPARED_TERMS);
        Met::Compared(match (one, other) {
            (Term::Integer(one), Term::Integer(other)) => one.cmp(other),
            (Term::Float(one), Term::Float(other)) => {
                if one.get() == other.get() {
                    self.tied(one.cmp(other))
                } else {
                    one.cmp(other)
                }
            }
            (Term::Integer(_), Term::Float(_)) if self.exact => Ordering::Less,
            (Term::Float(_), Term::Integer(_)) if self.exact => Ordering::Greater,
            (Term::Integer(one), Term::Float(other)) => match one.cmp_float(*other) {
                Ordering::Equal => self.tied(Ordering::Less),
                unequal => unequal,
            },
            (Term::Float(one), Term::Integer(other)) => match other.cmp_float(*one) {
                Ordering::Equal => self.tied(Ordering::Greater),
                unequal => unequal.reverse(),
            },
            (Term::Atom(one), Term::Atom(other)) => one.cmp(other),
            (Term::Reference(one), Term::Reference(other)) => one.cmp(other),
            (Term::Pid(one), Term::Pid(other)) => one.cmp(other),
            (Term::Binary(one), Term::Binary(other)) => one.cmp(other),
            (Term::Bitstring(one), Term::Bitstring(other)) => one.cmp(other),
            // Equal bytes: the binary is the longer one, its last byte has all 8 bits.
            (Term::Binary(one), Term::Bitstring(other)) => {
                one.as_slice().cmp(other.bytes()).then(Ordering::Greater)
            }
            (Term::Bitstring(one), Term::Binary(other)) => {
                one.bytes().cmp(other.as_slice()).then(Ordering::Less)
            }
            (Term::Tuple(one), Term::Tuple(other)) => {
                let by_size = one.len().cmp(&other.len());
                if by_size.is_eq() {
                    return Met::Containers(Job::Terms(one, other));
                }
                by_size
            }
            (Term::Map(one), Term::Map(other)) => {
                let (one, other) = (one.as_slice(), other.as_slice());
                let by_size = one.len().cmp(&other.len());
                if by_size.is_eq() {
                    return Met::Containers(Job::Maps(one, other));
                }
                by_size
            }
            _ => match (parts(one), parts(other)) {
                (Some(one), Some(other)) => return Met::Containers(Job::Lists(one, other)),
                _ => rank(one).cmp(&rank(other)),
            },
        })
    }

    /// Equal, but not the same: decides if nothing else does.
    fn tied(&mut self, order: Ordering) -> Ordering {
        self.tie = self.tie.then(order);
        Ordering::Equal
    }
}

/// A list that is not empty, in the course of being compared.
#[derive(Clone, Copy)]
struct List<'a> {
    elements: &'a [Term],
    tail: &'a Term,
}

fn parts(term: &Term) -> Option<List<'_>> {
    static EMPTY: Term = Term::List(Vec::new());
    match term {
        Term::List(elements) if !elements.is_empty() => Some(List { elements, tail: &EMPTY }),
        Term::ImproperList(list) => Some(List { elements: list.elements(), tail: list.tail() }),
        _ => None,
    }
}

const LIST_RANK: u8 = 7;

fn rank(term: &Term) -> u8 {
    match term {
        Term::Integer(_) | Term::Float(_) => 0,
        Term::Atom(_) => 1,
        Term::Reference(_) => 2,
        Term::Pid(_) => 3,
        Term::Tuple(_) => 4,
        Term::Map(_) => 5,
        Term::List(elements) if elements.is_empty() => 6,
        Term::List(_) | Term::ImproperList(_) => LIST_RANK,
        Term::Binary(_) | Term::Bitstring(_) => 8,
    }
}

#[cfg(test)]
mod tests;
