//! `encrypt`: Phoenix.Token.encrypt/4.

use crate::{
    console,
    failure::Failure,
    input::Input,
    token_options::{MakeArgs, TokenKeyArgs, Use},
};

/// Encrypt a token, as Phoenix.Token.encrypt/4 does
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    #[command(flatten)]
    make: MakeArgs,
    #[command(flatten)]
    key: TokenKeyArgs,
    /// As Plug.Crypto 1.x encrypts; later releases read it too
    #[arg(long)]
    a128gcm: bool,
}

const EXAMPLE: &str = "\
Example:
  $ export SECRET_KEY_BASE=\"$(phoenix-token secret)\"
  $ phoenix-token encrypt --salt 'payment' --data '{\"card\": 7}'";

pub(crate) fn run(args: Args, input: &mut Input) -> Result<(), Failure> {
    let wanted = if args.a128gcm { Use::A128Gcm } else { Use::Encryption };
    let key = args.key.key(wanted, input)?;
    let (term, sign) = args.make.read(input)?;
    let token = key.encrypt_with(&term, &sign);
    console::line(&token.map_err(|error| Failure::sign(&error, args.make.argument()))?)
}
