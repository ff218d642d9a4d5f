//! What a run counted and where it failed.

use std::{collections::BTreeMap, fmt};

use super::{
    difference::Difference,
    etf::{self, Likeness},
    file::ensure,
    term_json::TermJson,
};

/// Failures of one file that are told in full.
const TOLD: usize = 10;

#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) cases: usize,
    pub(crate) tampered: usize,
    pub(crate) differences: BTreeMap<Difference, usize>,
    pub(crate) likeness: BTreeMap<Likeness, usize>,
    /// What OTP takes and no OTP writes.
    pub(crate) oddities: BTreeMap<&'static str, usize>,
    failures: Vec<String>,
}

impl Report {
    /// Counts a case, and keeps its failure.
    pub(crate) fn case(&mut self, index: usize, result: Result<(), String>) {
        increment(&mut self.cases, 1);
        if let Err(failure) = result {
            self.failures.push(format!("case {index}: {failure}"));
        }
    }

    /// Counts a variant of a genuine token that is to be refused.
    pub(crate) fn tampered(&mut self) {
        increment(&mut self.tampered, 1);
    }

    /// A failure of the file as a whole.
    pub(crate) fn fail(&mut self, failure: &str) {
        self.failures.push(failure.to_owned());
    }

    pub(crate) fn differs(&mut self, difference: Difference) {
        increment(self.differences.entry(difference).or_default(), 1);
    }

    pub(crate) fn likeness(&mut self, likeness: Likeness) {
        increment(self.likeness.entry(likeness).or_default(), 1);
    }

    /// Counts how alike two encodings of a term are; the pairs of its maps stand in another order only
    /// where OTP chooses one of its own.
    pub(crate) fn alike(
        &mut self,
        ours: &[u8],
        theirs: &[u8],
        term: &TermJson,
    ) -> Result<Likeness, String> {
        let likeness = etf::likeness(ours, theirs)
            .ok_or_else(|| format!("wrote {ours:02x?}, not {theirs:02x?}"))?;
        self.likeness(likeness);
        ensure(likeness < Likeness::PairOrder || term.has_unordered_map(), || {
            format!("order of pairs: {ours:02x?}, not {theirs:02x?}")
        })?;
        Ok(likeness)
    }

    pub(crate) fn oddity(&mut self, name: &'static str) {
        increment(self.oddities.entry(name).or_default(), 1);
    }

    /// Adds the counts of another.
    pub(crate) fn add(&mut self, other: &Self) {
        fn add<K: Copy + Ord>(to: &mut BTreeMap<K, usize>, from: &BTreeMap<K, usize>) {
            for (key, count) in from {
                increment(to.entry(*key).or_default(), *count);
            }
        }
        increment(&mut self.cases, other.cases);
        increment(&mut self.tampered, other.tampered);
        add(&mut self.differences, &other.differences);
        add(&mut self.likeness, &other.likeness);
        add(&mut self.oddities, &other.oddities);
    }

    /// The first failures, a line each; `None` if there are none.
    pub(crate) fn failures(&self) -> Option<String> {
        let told = self.failures.iter().take(TOLD).cloned().collect::<Vec<_>>().join("\n  ");
        let untold = self.failures.len().saturating_sub(TOLD);
        match self.failures.len() {
            0 => None,
            _ if untold == 0 => Some(told),
            _ => Some(format!("{told}\n  and {untold} more")),
        }
    }
}

fn increment(count: &mut usize, by: usize) {
    *count = count.saturating_add(by);
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cases", self.cases)?;
        if self.tampered > 0 {
            write!(f, ", {} tampered variants refused", self.tampered)?;
        }
        for (likeness, count) in &self.likeness {
            let text = match likeness {
                Likeness::Bytes => "equal to the byte",
                Likeness::AtomTags => "equal but for the tags of atoms",
                Likeness::PairOrder => "equal but for the order of pairs in maps",
            };
            write!(f, ", {count} {text}")?;
        }
        Ok(())
    }
}
