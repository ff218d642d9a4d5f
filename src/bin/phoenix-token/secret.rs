//! `secret`: `mix phx.gen.secret`.

use base64::prelude::{BASE64_STANDARD_NO_PAD, Engine as _};
use zeroize::Zeroizing;

use crate::{console, failure::Failure};

/// Make a secret key base, as `mix phx.gen.secret` does
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// How many characters of base64; at least 32, and 64 for sessions
    #[arg(default_value_t = 64, value_parser = clap::value_parser!(u32).range(32..=65536))]
    length: u32,
}

const EXAMPLE: &str = "\
Example:
  $ phoenix-token secret > secret_key_base
  $ phoenix-token sign --secret-file secret_key_base --salt 'user auth' --data 42";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let length = usize::try_from(args.length).unwrap_or(usize::MAX);
    let mut bytes = Zeroizing::new(vec![0; length]);
    getrandom::fill(&mut bytes)
        .map_err(|_| Failure::Usage("the operating system gave no randomness".to_owned()))?;
    let text = Zeroizing::new(BASE64_STANDARD_NO_PAD.encode(&*bytes));
    console::line(text.get(..length).unwrap_or_default())
}
