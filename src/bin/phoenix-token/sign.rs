//! `sign`: Phoenix.Token.sign/4.

use crate::{
    console,
    failure::Failure,
    input::Input,
    token_options::{MakeArgs, TokenKeyArgs, Use},
};

/// Sign a token, as Phoenix.Token.sign/4 does
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    #[command(flatten)]
    make: MakeArgs,
    #[command(flatten)]
    key: TokenKeyArgs,
}

const EXAMPLE: &str = "\
Example:
  $ export SECRET_KEY_BASE=\"$(phoenix-token secret)\"
  $ phoenix-token sign --salt 'user auth' --data 42
  $ phoenix-token sign --salt 'user auth' --elixir '%{user_id: 1}' --max-age 3600";

pub(crate) fn run(args: Args, input: &mut Input) -> Result<(), Failure> {
    let key = args.key.key(Use::Signing, input)?;
    let (term, sign) = args.make.read(input)?;
    let token = key.sign_term(&term, &sign);
    console::line(&token.map_err(|error| Failure::sign(&error, args.make.argument()))?)
}
