//! `session`: Plug.Session with `store: :cookie`.

use clap::Subcommand;
use phoenix_token::{
    cookie::{Session, SessionCookie, SessionCookieBuilder},
    term::{Map, Term},
};

use crate::{
    console,
    data::{DataArgs, FormatArgs},
    elided::{self, RevealArgs},
    failure::Failure,
    input::Input,
    key_options::KeyOptions,
    secret_key_base::{Secret, SecretArgs},
};

/// Read and write the session cookie of Plug.Session
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the session of a cookie
    #[command(after_help = READ_EXAMPLE)]
    Read {
        /// The value of the cookie, `-` for standard input; with --key also a whole `Cookie` header
        ///
        /// A live cookie opens its session, and arguments can be read by every user of the machine: give
        /// it on standard input.
        cookie: String,
        #[command(flatten)]
        key: CookieArgs,
        #[command(flatten)]
        format: FormatArgs,
        #[command(flatten)]
        reveal: RevealArgs,
    },
    /// Write the cookie of a session
    #[command(after_help = WRITE_EXAMPLE)]
    Write {
        #[command(flatten)]
        data: DataArgs,
        #[command(flatten)]
        key: CookieArgs,
        /// As Plug.Crypto 1.x encrypts; later releases read it too
        #[arg(long, requires = "encryption_salt")]
        a128gcm: bool,
    },
}

const EXAMPLE: &str = "\
Example:
  $ export SECRET_KEY_BASE=\"$(phoenix-token secret)\"
  $ cookie=\"$(phoenix-token session write --signing-salt Sb5x9SKE --data '{\"user_token\": \"x\"}')\"
  $ printf %s \"$cookie\" | phoenix-token session read --signing-salt Sb5x9SKE -
  %{\"user_token\" => \"[elided]\"}
  $ printf %s \"$cookie\" | phoenix-token session read --signing-salt Sb5x9SKE --reveal user_token -
  %{\"user_token\" => \"x\"}";

const READ_EXAMPLE: &str = "\
Example:
  $ export SECRET_KEY_BASE=\"$(phoenix-token secret)\"
  $ cookie=\"$(phoenix-token session write --signing-salt Sb5x9SKE --data '{\"locale\": \"pl\"}')\"
  $ printf %s \"$cookie\" | phoenix-token session read --signing-salt Sb5x9SKE -
  %{\"locale\" => \"pl\"}";

const WRITE_EXAMPLE: &str = "\
Example:
  $ export SECRET_KEY_BASE=\"$(phoenix-token secret)\"
  $ phoenix-token session write --signing-salt Sb5x9SKE --key _my_app_key --data '{\"locale\": \"pl\"}'
  $ phoenix-token session write --signing-salt Sb5x9SKE --encryption-salt u3pQ7FhX --elixir '%{locale: \"pl\"}'";

/// The `@session_options` of the endpoint.
#[derive(clap::Args)]
struct CookieArgs {
    /// The signing_salt of the endpoint's session options
    #[arg(long, value_name = "SALT")]
    signing_salt: String,
    /// The encryption_salt, where there is one
    #[arg(long, value_name = "SALT")]
    encryption_salt: Option<String>,
    /// The key: the name of the cookie, to find it by or to write it with
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    #[command(flatten)]
    options: KeyOptions,
    #[command(flatten)]
    secret: SecretArgs,
}

pub(crate) fn run(args: Args, input: &mut Input) -> Result<(), Failure> {
    match args.command {
        Command::Read { cookie, key, format, reveal } => {
            let given = input.text("COOKIE", &cookie)?;
            let value = key.find(&given)?;
            // What Plug.Crypto 1.x wrote may have keys of another length.
            let session_cookie = key.session_cookie(!value.starts_with("XCP."), input)?;
            let session = session_cookie.read(value);
            let session = session.map_err(|error| Failure::refused(&error, "session cookie"))?;
            format.show(&reveal.shown_map("session", session.as_map()))
        }
        Command::Write { data, key, a128gcm } => {
            let session_cookie = key.session_cookie(a128gcm, input)?;
            let session = session(data.read(input)?, data.argument())?;
            let value = session_cookie.write(&session);
            let value = value.map_err(|error| Failure::sign(&error, data.argument()))?;
            match &key.key {
                Some(name) => console::line(&format!("{name}={value}")),
                None => console::line(&value),
            }
        }
    }
}

impl CookieArgs {
    fn session_cookie(&self, a128gcm: bool, input: &mut Input) -> Result<SessionCookie, Failure> {
        let Secret { secret, source } = self.secret.read(input)?;
        let mut builder = self.options.set(
            SessionCookie::builder(&secret, &self.signing_salt),
            SessionCookieBuilder::iterations,
            SessionCookieBuilder::length,
            SessionCookieBuilder::digest,
        );
        if let Some(salt) = &self.encryption_salt {
            builder = builder.encryption_salt(salt);
        }
        let builder = if a128gcm { builder.a128gcm() } else { builder };
        builder.build().map_err(|error| Failure::key(error, source))
    }

    /// The value of the cookie of that name in a `Cookie` header, or all of what was given.
    fn find<'a>(&self, given: &'a str) -> Result<&'a str, Failure> {
        let given = given.trim();
        let Some(name) = self.key.as_deref().filter(|_| given.contains('=')) else {
            return Ok(given);
        };
        let mut cookies =
            without_name(given).split(';').filter_map(|cookie| cookie.trim().split_once('='));
        let found = cookies.find(|(other, _)| *other == name).map(|(_, value)| value);
        found.ok_or_else(|| Failure::Refused(format!("there is no cookie {name}")))
    }
}

/// The value of a `Cookie` header; HTTP/2 has its name in lower case.
fn without_name(header: &str) -> &str {
    match header.split_once(':') {
        Some((name, value)) if name.eq_ignore_ascii_case("cookie") => value,
        _ => header,
    }
}

/// The session of some data: keys that are atoms become strings, as `put_session` has it.
fn session(data: Term, argument: &str) -> Result<Session, Failure> {
    let Term::Map(map) = data else {
        return Err(Failure::usage(argument, "a session is a map"));
    };
    elided::check(&map, argument)?;
    let key = |key: &Term| match key {
        Term::Atom(atom) => Some(Term::from(atom.as_str())),
        Term::Binary(_) => key.as_str().map(Term::from),
        _ => None,
    };
    let pairs = map.iter().map(|(name, value)| Some((key(name)?, value.clone())));
    let session = pairs.collect::<Option<Map>>().filter(|session| session.len() == map.len());
    let session = session
        .ok_or_else(|| Failure::usage(argument, "the keys of a session are strings, each once"))?;
    Ok(Session::from(session))
}
