//! What a run counted and where it failed.

use std::{collections::BTreeMap, fmt, io::Write};

use super::{difference::Difference, etf::Likeness};

/// Failures of one file that are told in full.
const TOLD: usize = 10;

#[derive(Debug, Default)]
pub struct Report {
    pub cases: usize,
    pub tampered: usize,
    pub differences: BTreeMap<Difference, usize>,
    pub likeness: BTreeMap<Likeness, usize>,
    /// What OTP takes and no OTP writes.
    pub oddities: BTreeMap<&'static str, usize>,
    failures: Vec<String>,
}

impl Report {
    /// Counts a case, and keeps its failure.
    pub fn case(&mut self, index: usize, result: Result<(), String>) {
        self.cases += 1;
        if let Err(failure) = result {
            self.failures.push(format!("case {index}: {failure}"));
        }
    }

    /// A failure of the file as a whole.
    pub fn fail(&mut self, failure: &str) {
        self.failures.push(failure.to_owned());
    }

    pub fn differs(&mut self, difference: Difference) {
        *self.differences.entry(difference).or_default() += 1;
    }

    pub fn likeness(&mut self, likeness: Likeness) {
        *self.likeness.entry(likeness).or_default() += 1;
    }

    pub fn oddity(&mut self, name: &'static str) {
        *self.oddities.entry(name).or_default() += 1;
    }

    /// Adds the counts of another.
    pub fn add(&mut self, other: &Self) {
        fn add<K: Copy + Ord>(to: &mut BTreeMap<K, usize>, from: &BTreeMap<K, usize>) {
            for (key, count) in from {
                *to.entry(*key).or_default() += count;
            }
        }
        self.cases += other.cases;
        self.tampered += other.tampered;
        add(&mut self.differences, &other.differences);
        add(&mut self.likeness, &other.likeness);
        add(&mut self.oddities, &other.oddities);
    }

    /// The first failures, a line each; `None` if there are none.
    pub fn failures(&self) -> Option<String> {
        let told = self.failures.iter().take(TOLD).cloned().collect::<Vec<_>>().join("\n  ");
        let untold = self.failures.len().saturating_sub(TOLD);
        match self.failures.len() {
            0 => None,
            _ if untold == 0 => Some(told),
            _ => Some(format!("{told}\n  and {untold} more")),
        }
    }
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

/// Prints a line that is shown also when the test passes.
pub fn say(line: impl fmt::Display) {
    // `println!` would be captured by the test harness.
    let _ = writeln!(std::io::stdout(), "{line}");
}
