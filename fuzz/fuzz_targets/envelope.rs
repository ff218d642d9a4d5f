//! Any payload under a known key: data for whom has the time, by the rule that Plug.Crypto states.
#![no_main]

use std::time::Duration;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use phoenix_token::{
    MaxAge, Verify, VerifyError,
    VerifyError::Invalid,
    key_generator::Digest,
    message_verifier,
    term::{DecodeError, Term},
};
use phoenix_token_fuzz::{NOW, SIGNING_KEY, TOKEN_KEY};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    max_age: Option<i32>,
    tolerance_ms: u16,
    payload: &'a [u8],
}

fuzz_target!(|input: Input| {
    let tolerance = Duration::from_millis(input.tolerance_ms.into());
    let mut options = Verify::at(NOW).tolerance(tolerance);
    if let Some(seconds) = input.max_age {
        options = options.max_age(MaxAge::seconds(seconds.into()));
    }
    let token = message_verifier::sign(input.payload, &SIGNING_KEY, Digest::Sha256);
    let verified = TOKEN_KEY.verify_term(&token, &options);

    let through_serde = TOKEN_KEY.verify_with::<Term>(&token, &options);
    assert_eq!(through_serde, verified);
    match (verified, by_the_rule(&input)) {
        (Ok(verified), Ok(data)) => assert_eq!(verified.data, data),
        (Err(VerifyError::Expired { .. }), Err(VerifyError::Expired { .. })) => {}
        (Err(error), Err(expected)) => assert_eq!(error, expected),
        (verified, expected) => panic!("{verified:?}, by the rule {expected:?}"),
    }
});

const EXPIRED: VerifyError = VerifyError::Expired { since: None };

/// The envelope as Plug.Crypto matches it, of a term that was built.
fn by_the_rule(input: &Input) -> Result<Term, VerifyError> {
    let payload = Term::decode(input.payload).map_err(|error| match error {
        DecodeError::Local => VerifyError::Local,
        _ => Invalid,
    })?;
    let day = Term::from(86_400);
    let (data, signed_at, max_age) = match &payload {
        Term::Tuple(elements) => match &elements[..] {
            [data, signed_at, max_age] => (data, signed_at, max_age),
            [data, signed_at] => (data, signed_at, &day),
            _ => return Err(Invalid),
        },
        Term::Map(map) => {
            let get = |key| map.get_atom(key).ok_or(Invalid);
            (get("data")?, get("signed")?, &day)
        }
        _ => return Err(Invalid),
    };
    let given = input.max_age.map(Term::from);
    let tolerance_ms = input.tolerance_ms.into();
    check_age(signed_at, given.as_ref().unwrap_or(max_age), tolerance_ms)?;
    Ok(data.clone())
}

/// `:infinity` → ok; `max_age <= 0` → expired; `signed_at > now` (and a tolerance) → invalid;
/// `signed_at + trunc(max_age * 1000) < now` → expired; else ok. No number where one belongs raises.
fn check_age(signed_at: &Term, max_age: &Term, tolerance_ms: i128) -> Result<(), VerifyError> {
    if max_age.as_atom().is_some_and(|atom| atom.as_str() == "infinity") {
        return Ok(());
    }
    let now = i128::from(NOW.as_millis());
    let max_age = Number::of(max_age)?;
    if max_age.compare(0).is_le() {
        return Err(EXPIRED);
    }
    let signed_at = Number::of(signed_at)?;
    if signed_at.compare(now + tolerance_ms).is_gt() {
        return Err(Invalid);
    }
    let expiry = match (signed_at, max_age.in_millis()?) {
        (Number::Integer(signed_at), Number::Integer(age)) => {
            Number::Integer(signed_at.saturating_add(age))
        }
        (signed_at, age) => Number::finite(signed_at.to_f64() + age.to_f64())?,
    };
    if expiry.compare(now).is_lt() { Err(EXPIRED) } else { Ok(()) }
}

/// An integer beyond `i128` is the nearest one: it is in the far past or future as well.
#[derive(Clone, Copy)]
enum Number {
    Integer(i128),
    Float(f64),
}

impl Number {
    fn of(term: &Term) -> Result<Self, VerifyError> {
        match term {
            Term::Integer(integer) => {
                let extreme = if integer.is_negative() { i128::MIN } else { i128::MAX };
                Ok(Self::Integer(integer.to_i128().unwrap_or(extreme)))
            }
            Term::Float(float) => Ok(Self::Float(float.get())),
            _ => Err(Invalid),
        }
    }

    fn finite(float: f64) -> Result<Self, VerifyError> {
        if float.is_finite() { Ok(Self::Float(float)) } else { Err(Invalid) }
    }

    /// `trunc(seconds * 1000)`.
    fn in_millis(self) -> Result<Self, VerifyError> {
        match self {
            Self::Integer(seconds) => Ok(Self::Integer(seconds.saturating_mul(1000))),
            Self::Float(seconds) if (seconds * 1000.0).is_infinite() => Err(Invalid),
            Self::Float(seconds) => Ok(Self::Integer((seconds * 1000.0) as i128)),
        }
    }

    fn to_f64(self) -> f64 {
        match self {
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }

    /// Against an integer that a float can hold.
    fn compare(self, integer: i128) -> std::cmp::Ordering {
        match self {
            Self::Integer(own) => own.cmp(&integer),
            Self::Float(own) => own.partial_cmp(&(integer as f64)).expect("finite"),
        }
    }
}
