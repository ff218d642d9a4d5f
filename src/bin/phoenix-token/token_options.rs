//! What `sign`, `encrypt`, `verify` and `decrypt` have in common: the key; and how tokens are made.

use phoenix_token::{MaxAge, Sign, Timestamp, TokenKey, TokenKeyBuilder, term::Term};

use crate::{
    data::DataArgs,
    failure::Failure,
    input::Input,
    key_options::KeyOptions,
    secret_key_base::{Secret, SecretArgs},
};

#[derive(clap::Args)]
pub(crate) struct TokenKeyArgs {
    /// The salt that names the kind of token, as given to Phoenix.Token
    #[arg(long)]
    salt: String,
    #[command(flatten)]
    options: KeyOptions,
    #[command(flatten)]
    secret: SecretArgs,
}

/// Which keys are wanted of the derived one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Signing,
    Encryption,
    /// As Plug.Crypto 1.x encrypts.
    A128Gcm,
}

impl TokenKeyArgs {
    pub(crate) fn key(&self, wanted: Use, input: &mut Input) -> Result<TokenKey, Failure> {
        let Secret { secret, source } = self.secret.read(input)?;
        let builder = self.options.set(
            TokenKey::builder(&secret, &self.salt),
            TokenKeyBuilder::iterations,
            TokenKeyBuilder::length,
            TokenKeyBuilder::digest,
        );
        let builder = match wanted {
            Use::Signing => builder.signing_only(),
            Use::Encryption => builder,
            Use::A128Gcm => builder.a128gcm(),
        };
        builder.build().map_err(|error| Failure::key(error, source))
    }
}

/// What a token is made of.
#[derive(clap::Args)]
pub(crate) struct MakeArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Seconds for which the token is valid, or `infinity`; a day unless given
    #[arg(long, value_name = "SECONDS", value_parser = max_age, allow_hyphen_values = true)]
    max_age: Option<MaxAge>,
    /// When it was signed, in seconds since 1970; now unless given
    #[arg(long, value_name = "SECONDS", value_parser = moment, allow_hyphen_values = true)]
    signed_at: Option<Timestamp>,
    /// Compress the data where that makes it smaller
    #[arg(long)]
    compressed: bool,
}

impl MakeArgs {
    pub(crate) fn read(&self, input: &mut Input) -> Result<(Term, Sign), Failure> {
        let mut sign = self.signed_at.map_or_else(Sign::new, Sign::at);
        if let Some(max_age) = self.max_age {
            sign = sign.max_age(max_age);
        }
        if self.compressed {
            sign = sign.compressed();
        }
        Ok((self.data.read(input)?, sign))
    }

    /// The argument that the data came from.
    pub(crate) fn argument(&self) -> &'static str {
        self.data.argument()
    }
}

pub(crate) fn max_age(text: &str) -> Result<MaxAge, &'static str> {
    if text == "infinity" {
        return Ok(MaxAge::INFINITY);
    }
    match text.parse::<i64>() {
        Ok(seconds) => Ok(MaxAge::seconds(seconds)),
        Err(_) => text.parse().ok().and_then(MaxAge::seconds_f64).ok_or("seconds or `infinity`"),
    }
}

fn moment(text: &str) -> Result<Timestamp, &'static str> {
    if let Ok(seconds) = text.parse() {
        return Ok(Timestamp::from_secs(seconds));
    }
    let millis = text.parse::<f64>().ok().map(|seconds| (seconds * 1000.0).trunc());
    let millis = millis.filter(|millis| millis.abs() < 9.0e18).ok_or("seconds since 1970")?;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole, and was compared")]
    Ok(Timestamp::from_millis(millis as i64))
}
