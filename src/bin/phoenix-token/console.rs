//! Standard output and standard error.

use std::io::{self, Write};

use zeroize::Zeroizing;

use crate::failure::Failure;

/// Writes a line to standard output.
///
/// At once: text without the end of its line would be copied into the buffer of standard output, which
/// nobody wipes.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut line = Zeroizing::new(Vec::with_capacity(text.len().saturating_add(1)));
    line.extend_from_slice(text.as_bytes());
    line.push(b'\n');
    write(&line)
}

/// Writes to standard output, all of it.
pub(crate) fn write(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}

/// Writes a line to standard error. Where that is closed there is nobody to tell.
pub(crate) fn tell(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
