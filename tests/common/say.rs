//! Lines that are shown also when a test passes.

use std::{fmt, io::Write};

/// Prints a line that is shown also when the test passes.
pub fn say(line: impl fmt::Display) {
    // `println!` would be captured by the test harness.
    let _ = writeln!(std::io::stdout(), "{line}");
}
