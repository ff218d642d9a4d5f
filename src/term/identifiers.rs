//! Pids and references: kept and written back, of no other use outside their node.

use alloc::{boxed::Box, vec::Vec};
use core::{
    cmp::Ordering,
    hash::{Hash, Hasher},
};

use super::{
    Atom,
    reader::{PidParts, ReferenceParts},
};

/// A process identifier, as read from a term.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pid(Box<PidFields>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct PidFields {
    node: Atom,
    id: u32,
    serial: u32,
    creation: u32,
}

impl Pid {
    /// The node that the process runs on.
    pub fn node(&self) -> &Atom {
        &self.0.node
    }

    /// The ID field of the external term format.
    pub fn id(&self) -> u32 {
        self.0.id
    }

    /// The Serial field.
    pub fn serial(&self) -> u32 {
        self.0.serial
    }

    /// Which start of the node it was.
    pub fn creation(&self) -> u32 {
        self.0.creation
    }

    pub(super) fn from_reader(parts: PidParts<'_>) -> Self {
        let PidParts { node, id, serial, creation } = parts;
        Self(Box::new(PidFields { node: Atom::from_reader(node), id, serial, creation }))
    }
}

/// A reference, as read from a term.
///
/// As in Erlang, zero words at the end do not tell two references apart.
#[derive(Clone, Debug)]
pub struct Reference(Box<ReferenceFields>);

#[derive(Clone, Debug)]
struct ReferenceFields {
    node: Atom,
    creation: u32,
    ids: Vec<u32>,
}

impl Reference {
    /// The node that made it.
    pub fn node(&self) -> &Atom {
        &self.0.node
    }

    /// Which start of the node it was.
    pub fn creation(&self) -> u32 {
        self.0.creation
    }

    /// The words of the ID field, one to five.
    pub fn ids(&self) -> &[u32] {
        &self.0.ids
    }

    pub(super) fn from_reader(parts: ReferenceParts<'_>) -> Self {
        let ReferenceParts { node, creation, ids } = parts;
        let (words, _) = ids.as_chunks();
        let ids = words.iter().map(|word| u32::from_be_bytes(*word)).collect();
        Self(Box::new(ReferenceFields { node: Atom::from_reader(node), creation, ids }))
    }
}

impl PartialOrd for Pid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pid {
    /// As OTP: by serial and ID before the node.
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |pid: &Self| (pid.0.serial, pid.0.id);
        key(self)
            .cmp(&key(other))
            .then_with(|| self.0.node.cmp(&other.0.node))
            .then_with(|| self.0.creation.cmp(&other.0.creation))
    }
}

impl ReferenceFields {
    /// The words from the last one that is not zero to the first.
    fn significant_ids(&self) -> impl Iterator<Item = &u32> {
        self.ids.iter().rev().skip_while(|id| **id == 0)
    }
}

impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Reference {}

impl PartialOrd for Reference {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Reference {
    /// As OTP: by node and creation, then as one number whose last word is the highest.
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, other) = (&self.0, &other.0);
        (one.node.cmp(&other.node))
            .then_with(|| one.creation.cmp(&other.creation))
            .then_with(|| one.significant_ids().count().cmp(&other.significant_ids().count()))
            .then_with(|| one.significant_ids().cmp(other.significant_ids()))
    }
}

impl Hash for Reference {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.0.node, self.0.creation).hash(state);
        self.0.significant_ids().for_each(|id| id.hash(state));
    }
}
