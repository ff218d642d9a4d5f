//! `inspect`: what a token says of itself, without a key.

use phoenix_token::{UntrustedContent, UntrustedKind, inspect, key_generator::Digest, term::Term};

use crate::{console, data::FormatArgs, elided::RevealArgs, failure::Failure, input::Input};

/// Show what a token or cookie says of itself, without its key: nobody has checked it
///
/// What opens a session is left out wherever it stands, in maps, lists and pairs: the entries named at --reveal.
/// Those 32 bytes that have no key around them, as in a remember-me cookie, are shown by `--reveal data`
/// (`session` in a session cookie, `term` where no token is around them).
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    /// The token or the value of the cookie, `-` for standard input
    ///
    /// What still opens something, such as a live cookie, belongs on standard input: arguments can be read
    /// by every user of the machine.
    token: String,
    #[command(flatten)]
    format: FormatArgs,
    #[command(flatten)]
    reveal: RevealArgs,
}

const EXAMPLE: &str = "\
Example:
  $ phoenix-token inspect SFMyNTY.g2gDYQFuBgDQAJP_iwFiO5rKAA.rI1dX_zEnhl3oipsxcmz2MQX8wnn_u7Fw4DHuPnckYk
  nothing of this was checked
  form: signed, HS256
  payload: 19 bytes
  data: 1
  signed at: 2023-11-24 04:25:06Z
  max age: 1000000000 s";

pub(crate) fn run(args: Args, input: &mut Input) -> Result<(), Failure> {
    let token = input.text("TOKEN", &args.token)?;
    let Some(untrusted) = inspect(&token) else {
        return Err(Failure::Refused("neither a token nor a cookie of Plug".to_owned()));
    };
    let form = match untrusted.untrusted_kind {
        UntrustedKind::Signed(Digest::Sha256) => "signed, HS256",
        UntrustedKind::Signed(Digest::Sha384) => "signed, HS384",
        UntrustedKind::Signed(Digest::Sha512) => "signed, HS512",
        UntrustedKind::Xcp => "encrypted, XCP (Plug.Crypto 2)",
        UntrustedKind::A128Gcm => "encrypted, A128GCM (Plug.Crypto 1)",
        _ => "unknown",
    };
    let mut lines = vec![
        "nothing of this was checked".to_owned(),
        format!("form: {form}"),
        format!("payload: {} bytes", untrusted.payload_bytes),
    ];
    if let Some(content) = &untrusted.untrusted_content {
        lines.extend(args.content(content));
    }
    console::line(&lines.join("\n"))
}

impl Args {
    fn content(&self, content: &UntrustedContent) -> Vec<String> {
        match content {
            UntrustedContent::Token { untrusted_data, untrusted_signed_at, untrusted_max_age } => {
                let mut lines = vec![self.line("data", untrusted_data)];
                lines.extend(untrusted_signed_at.map(|at| format!("signed at: {at}")));
                lines.extend(untrusted_max_age.map(|age| format!("max age: {age}")));
                lines
            }
            UntrustedContent::Session { untrusted_session } => {
                vec![self.line("session", untrusted_session)]
            }
            UntrustedContent::Term { untrusted_term } => vec![self.line("term", untrusted_term)],
            _ => vec!["no term".to_owned()],
        }
    }

    fn line(&self, name: &str, untrusted_term: &Term) -> String {
        format!("{name}: {}", self.format.text(&self.reveal.shown(name, untrusted_term)))
    }
}
