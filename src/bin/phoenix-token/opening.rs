//! How `verify` and `decrypt` open a token, and what they say of one that is refused.

use std::time::Duration;

use phoenix_token::{MaxAge, Timestamp, Verified, Verify, VerifyError, term::Term};
use zeroize::Zeroizing;

use crate::{data::FormatArgs, failure::Failure, input::Input, token_options::max_age};

#[derive(clap::Args)]
pub(crate) struct OpenArgs {
    /// The token, `-` for standard input
    ///
    /// What still opens something, such as a live remember-me cookie, belongs on standard input: arguments
    /// can be read by every user of the machine.
    token: String,
    /// Seconds for which a token is valid, or `infinity`; as the token says unless given
    #[arg(long, value_name = "SECONDS", value_parser = max_age, allow_hyphen_values = true)]
    max_age: Option<MaxAge>,
    /// Seconds by which a token may be signed ahead of this clock, or `any`; 60 unless given
    #[arg(long, value_name = "SECONDS", value_parser = tolerance)]
    tolerance: Option<Tolerance>,
    #[command(flatten)]
    format: FormatArgs,
}

#[derive(Clone, Copy)]
enum Tolerance {
    UpTo(Duration),
    Any,
}

impl OpenArgs {
    pub(crate) fn token(&self, input: &mut Input) -> Result<Zeroizing<String>, Failure> {
        input.text("TOKEN", &self.token)
    }

    /// Shows the data of the token that `open` opens, or says why it is refused.
    pub(crate) fn show(
        &self,
        open: impl Fn(&Verify) -> Result<Verified<Term>, VerifyError>,
    ) -> Result<(), Failure> {
        let now = Timestamp::now();
        let verify = self.verify(now);
        let error = match open(&verify) {
            Ok(verified) => return self.format.show(&verified.data),
            Err(error) => error,
        };
        Err(match more_of(&error, open, &verify, now) {
            Some(sentence) => Failure::Refused(sentence),
            None => Failure::refused(&error, "token"),
        })
    }

    fn verify(&self, now: Timestamp) -> Verify {
        let verify = Verify::at(now);
        let verify = self.max_age.map_or(verify, |max_age| verify.max_age(max_age));
        match self.tolerance {
            None => verify,
            Some(Tolerance::UpTo(tolerance)) => verify.tolerance(tolerance),
            Some(Tolerance::Any) => verify.accept_any_future(),
        }
    }
}

/// What the library's error leaves unsaid. Who runs this command holds the key.
fn more_of(
    error: &VerifyError,
    open: impl Fn(&Verify) -> Result<Verified<Term>, VerifyError>,
    verify: &Verify,
    now: Timestamp,
) -> Option<String> {
    match error {
        VerifyError::Invalid => {
            let signed_at = open(&verify.accept_any_future()).ok()?.signed_at?;
            let millis = signed_at.as_millis().saturating_sub(now.as_millis());
            // Whole seconds that would do as a tolerance.
            let seconds = u64::try_from(millis).ok()?.div_ceil(1000);
            Some(format!("the token was signed {seconds} s ahead of this clock, see --tolerance"))
        }
        VerifyError::Expired { .. } => {
            let signed_at = open(&verify.max_age(MaxAge::INFINITY)).ok()?.signed_at?;
            let was_never_valid =
                matches!(open(&verify.now(signed_at)), Err(VerifyError::Expired { .. }));
            was_never_valid.then(|| {
                "the token was never valid, because its max age is zero or less".to_owned()
            })
        }
        _ => None,
    }
}

fn tolerance(text: &str) -> Result<Tolerance, &'static str> {
    if text == "any" {
        return Ok(Tolerance::Any);
    }
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.map(Tolerance::UpTo).ok_or("seconds or `any`")
}
