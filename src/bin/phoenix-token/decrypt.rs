//! `decrypt`: Phoenix.Token.decrypt/4.

use crate::{
    failure::Failure,
    input::Input,
    opening::OpenArgs,
    token_options::{TokenKeyArgs, Use},
};

/// Decrypt a token, as Phoenix.Token.decrypt/4 does, and show its data
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    #[command(flatten)]
    open: OpenArgs,
    #[command(flatten)]
    key: TokenKeyArgs,
}

const EXAMPLE: &str = "\
Example:
  $ export SECRET_KEY_BASE=\"$(phoenix-token secret)\"
  $ phoenix-token encrypt --salt payment --data 7 | phoenix-token decrypt --salt payment -
  7";

pub(crate) fn run(args: Args, input: &mut Input) -> Result<(), Failure> {
    let token = args.open.token(input)?;
    // What Plug.Crypto 1.x wrote may have a key of another length.
    let wanted = if token.starts_with("XCP.") { Use::Encryption } else { Use::A128Gcm };
    let key = args.key.key(wanted, input)?;
    args.open.show(|verify| key.decrypt_term(token.as_str(), verify))
}
