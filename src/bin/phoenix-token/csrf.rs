//! `csrf`: Plug.CSRFProtection.

use std::path::PathBuf;

use clap::Subcommand;
use phoenix_token::csrf_protection::{CsrfProtection, CsrfToken};

use crate::{console, failure::Failure, input::Input, secret_key_base::SecretArgs};

/// Make and check the tokens of Plug.CSRFProtection
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a token for a session, which keeps it as `_csrf_token`
    #[command(after_help = NEW_EXAMPLE)]
    New,
    /// Make a token for a form of that session
    #[command(after_help = MASK_EXAMPLE)]
    Mask {
        #[command(flatten)]
        session: SessionTokenArgs,
        /// For a form that is posted to this host; needs the secret key base
        #[arg(long)]
        host: Option<String>,
        #[command(flatten)]
        secret: SecretArgs,
    },
    /// Check the token of a form
    #[command(after_help = CHECK_EXAMPLE)]
    Check {
        /// The token that came with the form, `-` for standard input
        token: String,
        #[command(flatten)]
        session: SessionTokenArgs,
        /// The host of the request; a token that is bound to a host needs it, and the secret key base
        #[arg(long, default_value = "", hide_default_value = true)]
        host: String,
        /// Another host whose tokens are taken, `.example.com` for all under it
        #[arg(long, value_name = "HOST")]
        allow_host: Vec<String>,
        #[command(flatten)]
        secret: SecretArgs,
    },
}

const EXAMPLE: &str = "\
Example:
  $ phoenix-token csrf new > session_token
  $ phoenix-token csrf mask --session-token-file session_token > form_token
  $ phoenix-token csrf check --session-token-file session_token - < form_token
  accepted";

const NEW_EXAMPLE: &str = "\
Example:
  $ phoenix-token csrf new > session_token";

const MASK_EXAMPLE: &str = "\
Example:
  $ phoenix-token csrf new > session_token
  $ phoenix-token csrf mask --session-token-file session_token";

const CHECK_EXAMPLE: &str = "\
Example:
  $ phoenix-token csrf new > session_token
  $ token=\"$(phoenix-token csrf mask --session-token-file session_token)\"
  $ phoenix-token csrf check --session-token-file session_token -- \"$token\"
  accepted";

#[derive(clap::Args)]
struct SessionTokenArgs {
    /// A file with the `_csrf_token` of the session, `-` for standard input
    #[arg(long, value_name = "FILE")]
    session_token_file: PathBuf,
}

pub(crate) fn run(args: Args, input: &mut Input) -> Result<(), Failure> {
    let unmade = |error| Failure::Usage(format!("{error}"));
    match args.command {
        Command::New => {
            let token = CsrfToken::generate().map_err(unmade)?;
            console::line(&String::from_utf8_lossy(token.secret_bytes()))
        }
        Command::Mask { session, host, secret } => {
            let token = session.read(input)?;
            let made = match host {
                Some(host) => token.bind_to_host(&secret.read(input)?.secret, &host),
                None => token.mask(),
            };
            console::line(&made.map_err(unmade)?)
        }
        Command::Check { token, session, host, allow_host, secret } => {
            let given = input.text("TOKEN", &token)?;
            let session = session.read(input)?;
            let accepted = if given.starts_with("SFMyNTY.") {
                let protection = CsrfProtection::new(&secret.read(input)?.secret);
                let protection =
                    allow_host.into_iter().fold(protection, CsrfProtection::allow_host);
                protection.check(Some(&session), given.as_str(), &host).is_ok()
            } else {
                session.accepts_masked(&given)
            };
            match accepted {
                true => console::line("accepted"),
                false => Err(Failure::Refused("the CSRF token is invalid".to_owned())),
            }
        }
    }
}

impl SessionTokenArgs {
    fn read(&self, input: &mut Input) -> Result<CsrfToken, Failure> {
        const ARGUMENT: &str = "--session-token-file";
        let bytes = input.file(ARGUMENT, &self.session_token_file)?;
        CsrfToken::from_session(&bytes)
            .ok_or_else(|| Failure::usage(ARGUMENT, "not the 24 characters of a session's token"))
    }
}
