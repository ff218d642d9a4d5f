//! What comes from files and from standard input, which can be read for one thing only.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use zeroize::Zeroizing;

use crate::failure::Failure;

#[derive(Default)]
pub(crate) struct Input {
    /// The argument that standard input was read for.
    stdin: Option<&'static str>,
}

/// More than any secret, token or data has.
const MAX_BYTES: u64 = 16 << 20;

impl Input {
    /// What a file holds, or standard input for `-`, without the end of its last line.
    pub(crate) fn file(
        &mut self,
        argument: &'static str,
        path: &Path,
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        if path == Path::new("-") {
            return self.stdin(argument);
        }
        let unreadable =
            |error| Failure::usage(argument, format!("{} cannot be read: {error}", path.display()));
        read(argument, fs::File::open(path).map_err(unreadable)?)?.map_err(unreadable)
    }

    /// What an argument holds, or standard input where it is `-`.
    pub(crate) fn text(
        &mut self,
        argument: &'static str,
        given: &str,
    ) -> Result<Zeroizing<String>, Failure> {
        if given != "-" {
            return Ok(Zeroizing::new(given.to_owned()));
        }
        let bytes = self.stdin(argument)?;
        let text = std::str::from_utf8(&bytes);
        let text = text.map_err(|_| Failure::usage(argument, "standard input is not UTF-8"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    fn stdin(&mut self, argument: &'static str) -> Result<Zeroizing<Vec<u8>>, Failure> {
        if let Some(other) = self.stdin.replace(argument) {
            let problem = format!("standard input is read for {other} already");
            return Err(Failure::usage(argument, problem));
        }
        let bytes = read(argument, io::stdin().lock())?;
        bytes.map_err(|error| {
            Failure::usage(argument, format!("standard input cannot be read: {error}"))
        })
    }
}

fn read(argument: &str, from: impl Read) -> Result<io::Result<Zeroizing<Vec<u8>>>, Failure> {
    let mut bytes = Zeroizing::new(Vec::new());
    if let Err(error) = from.take(MAX_BYTES.saturating_add(1)).read_to_end(&mut bytes) {
        return Ok(Err(error));
    }
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(Failure::usage(argument, "more than 16 MiB"));
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    Ok(Ok(bytes))
}
