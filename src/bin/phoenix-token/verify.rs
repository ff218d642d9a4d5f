//! `verify`: Phoenix.Token.verify/4.

use crate::{
    failure::Failure,
    input::Input,
    opening::OpenArgs,
    token_options::{TokenKeyArgs, Use},
};

/// Verify a signed token, as Phoenix.Token.verify/4 does, and show its data
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
  $ token=\"$(phoenix-token sign --salt 'user auth' --elixir '%{user_id: 1}')\"
  $ phoenix-token verify --salt 'user auth' \"$token\"
  %{user_id: 1}
  $ phoenix-token verify --salt 'user auth' --format json --max-age 60 \"$token\"
  {\"user_id\":1}";

pub(crate) fn run(args: Args, input: &mut Input) -> Result<(), Failure> {
    let key = args.key.key(Use::Signing, input)?;
    let token = args.open.token(input)?;
    args.open.show(|verify| key.verify_term(token.as_str(), verify))
}
