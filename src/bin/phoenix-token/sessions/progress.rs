//! A bar on standard error while rows are deleted, where that is a terminal.

use std::io::{self, IsTerminal as _, Write as _};

pub(super) struct Progress {
    is_shown: bool,
    rows: u64,
    steps: usize,
}

const WIDTH: usize = 24;

impl Progress {
    pub(super) fn new() -> Self {
        Self { is_shown: io::stderr().is_terminal(), rows: 0, steps: 0 }
    }

    /// After each statement. How many rows there are is not known, so the bar goes to and fro.
    pub(super) fn advance(&mut self, rows: u64) {
        self.rows = self.rows.saturating_add(rows);
        if self.is_shown {
            let _ = write!(io::stderr().lock(), "\r{} {} rows", bar(self.steps), self.rows);
        }
        self.steps = self.steps.saturating_add(1);
    }

    /// Takes the bar away, and says how many rows there were.
    pub(super) fn finish(self) -> u64 {
        if self.is_shown {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
        self.rows
    }
}

fn bar(step: usize) -> String {
    let period = WIDTH.saturating_mul(2);
    let phase = step.checked_rem(period).unwrap_or(0);
    let at = phase.min(period.saturating_sub(phase));
    let cell = |cell: usize| if cell.abs_diff(at) <= 2 { '=' } else { ' ' };
    format!("[{}]", (0..=WIDTH).map(cell).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_goes_to_and_fro() {
        let at = |step| bar(step).chars().filter(|c| *c == '=').count();
        assert!(bar(0).starts_with("[==="));
        assert!(bar(WIDTH).ends_with("===]"));
        assert_eq!(bar(0), bar(2 * WIDTH));
        assert!((0..100).all(|step| (3..=5).contains(&at(step))));
    }
}
