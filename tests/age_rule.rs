//! The age rule of Plug.Crypto, transcribed anew over exact numbers as the BEAM has them, against the
//! answers of the crate:
//!
//! with the verifier's age if given, else the token's: `:infinity` → ok; `max_age <= 0` → expired;
//! `signed_at > now` (and a tolerance) → invalid; `signed_at + trunc(max_age * 1000) < now` →
//! expired; else ok. What raises is invalid.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap,
    reason = "a test may panic"
)]

#[path = "common/exact.rs"]
#[allow(unreachable_pub, reason = "shared with other tests")]
mod exact;
#[path = "common/terms.rs"]
mod terms;

use std::{cmp::Ordering, time::Duration};

use exact::Exact;
use phoenix_token::{
    MaxAge, SecretKeyBase, SigningKey, Timestamp, TokenKey, Verify, VerifyError,
    key_generator::{self, Digest, Params},
    message_verifier,
    term::{Float, Term},
};
use proptest::prelude::*;

/// Beyond so many milliseconds from 1970, which are 4 × 10²⁵ years, sums may be cut to `i128`.
const REASON: i128 = 1 << 120;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn the_verdict_is_that_of_the_rule(case in case()) {
        let expected = case.by_the_rule();
        let verdict = case.verify();
        let signed_at = case.signed_at_number();
        let early = signed_at.is_some_and(|at| at.compare(-REASON).is_lt());
        let late = signed_at.is_some_and(|at| at.compare(REASON).is_gt());
        match (&verdict, expected) {
            (Ok(()), Verdict::Valid) => {}
            (Err(VerifyError::Invalid), Verdict::Invalid) => {}
            (Err(VerifyError::Expired { since }), Verdict::Expired(expected)) => {
                prop_assert!(early || late || *since == expected, "{case:?}: {since:?}, {expected:?}");
            }
            // What was cut to i128 may end earlier, and never later.
            (Err(VerifyError::Expired { .. }), Verdict::Valid) if early => {}
            (verdict, expected) => prop_assert!(false, "{case:?}: {verdict:?}, {expected:?}"),
        }
    }
}

#[test]
fn each_verdict_is_met_often() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let mut seen = [0; 3];
    for _ in 0..5000 {
        let case = case().new_tree(&mut runner).unwrap().current();
        seen[match case.by_the_rule() {
            Verdict::Valid => 0,
            Verdict::Expired(_) => 1,
            Verdict::Invalid => 2,
        }] += 1;
    }
    assert!(seen.iter().all(|&times| times > 500), "{seen:?}");
}

#[derive(Clone, Debug)]
struct Case {
    now: i64,
    /// As in the token.
    signed_at: Term,
    max_age: Term,
    given: Option<Given>,
    tolerance: Option<Duration>,
}

/// What a verifier may say of the age.
#[derive(Clone, Copy, Debug)]
enum Given {
    Seconds(i64),
    Fraction(f64),
    Duration(Duration),
    Infinity,
}

/// A number of the wire: an integer beyond `i128` is the nearest one.
#[derive(Clone, Copy, Debug)]
enum Number {
    Integer(i128),
    Float(f64),
}

#[derive(Debug)]
enum Verdict {
    Valid,
    Expired(Option<Timestamp>),
    Invalid,
}

impl Case {
    fn by_the_rule(&self) -> Verdict {
        let infinity = match self.given {
            Some(given) => matches!(given, Given::Infinity),
            None => self.max_age == Term::atom("infinity").unwrap(),
        };
        if infinity {
            return Verdict::Valid;
        }
        let Some(max_age) = self.max_age_number() else { return Verdict::Invalid };
        // `max_age * 1000` raises where a float has no room for it.
        let millis = max_age.seconds_to_millis();
        let expiry = match (self.signed_at_number(), &millis) {
            (Some(signed_at), Some(millis)) => signed_at.plus(millis),
            _ => None,
        };
        if max_age.compare(0).is_le() {
            return Verdict::Expired(expiry.as_ref().map(moment));
        }
        let Some(signed_at) = self.signed_at_number() else { return Verdict::Invalid };
        if let Some(tolerance) = self.tolerance {
            let latest = Exact::from_i128(i128::from(self.now))
                .plus(&Exact::from_i128(i128::try_from(tolerance.as_millis()).unwrap()));
            if signed_at.exact().cmp(&latest).is_gt() {
                return Verdict::Invalid;
            }
        }
        match expiry {
            None => Verdict::Invalid,
            Some(expiry) if expiry < Exact::from_i128(i128::from(self.now)) => {
                Verdict::Expired(Some(moment(&expiry)))
            }
            Some(_) => Verdict::Valid,
        }
    }

    fn verify(&self) -> Result<(), VerifyError> {
        let payload = Term::tuple([Term::from(42), self.signed_at.clone(), self.max_age.clone()]);
        let token =
            message_verifier::sign(&payload.encode().unwrap(), &signing_key(), Digest::Sha256);
        let options = Verify::at(Timestamp::from_millis(self.now));
        let options = match self.tolerance {
            Some(tolerance) => options.tolerance(tolerance),
            None => options.accept_any_future(),
        };
        let options = match self.given {
            None => options,
            Some(Given::Seconds(seconds)) => options.max_age(MaxAge::seconds(seconds)),
            Some(Given::Fraction(seconds)) => {
                options.max_age(MaxAge::seconds_f64(seconds).unwrap())
            }
            Some(Given::Duration(duration)) => options.max_age(duration),
            Some(Given::Infinity) => options.max_age(MaxAge::INFINITY),
        };
        token_key().verify_term(&token, &options).map(|verified| {
            assert_eq!(verified.data, Term::from(42));
        })
    }

    fn signed_at_number(&self) -> Option<Number> {
        Number::of(&self.signed_at)
    }

    fn max_age_number(&self) -> Option<Number> {
        match self.given {
            None => Number::of(&self.max_age),
            Some(Given::Seconds(seconds)) => Some(Number::Integer(seconds.into())),
            Some(Given::Fraction(seconds)) => Some(Number::Float(seconds)),
            Some(Given::Duration(duration)) if duration.subsec_nanos() == 0 => {
                Some(Number::Integer(duration.as_secs().into()))
            }
            Some(Given::Duration(duration)) => Some(Number::Float(duration.as_secs_f64())),
            Some(Given::Infinity) => None,
        }
    }
}

impl Number {
    fn of(term: &Term) -> Option<Self> {
        match term {
            Term::Integer(integer) => {
                let nearest = if integer.is_negative() { i128::MIN } else { i128::MAX };
                Some(Self::Integer(integer.to_i128().unwrap_or(nearest)))
            }
            Term::Float(float) => Some(Self::Float(float.get())),
            _ => None,
        }
    }

    fn exact(self) -> Exact {
        match self {
            Self::Integer(integer) => Exact::from_i128(integer),
            Self::Float(float) => Exact::from_f64(float),
        }
    }

    fn compare(self, integer: i128) -> Ordering {
        self.exact().cmp(&Exact::from_i128(integer))
    }

    /// `trunc(seconds * 1000)`, of integers exactly, of floats after the rounding of the product.
    fn seconds_to_millis(self) -> Option<Exact> {
        match self {
            Self::Integer(seconds) => Some(Exact::from_i128(seconds).thousandfold()),
            Self::Float(seconds) => {
                let millis = seconds * 1000.0;
                millis.is_finite().then(|| Exact::from_f64(millis).truncated())
            }
        }
    }

    /// Of a float and an integer the sum is a float, rounded; `None` where that has no room.
    fn plus(self, whole: &Exact) -> Option<Exact> {
        match self {
            Self::Integer(own) => Some(Exact::from_i128(own).plus(whole)),
            Self::Float(own) => {
                let sum = own + whole.to_f64();
                sum.is_finite().then(|| Exact::from_f64(sum))
            }
        }
    }
}

/// To the millisecond, and to the ends of what a `Timestamp` can tell.
fn moment(exact: &Exact) -> Timestamp {
    let ends = [i64::MIN, i64::MAX].map(|end| Exact::from_i128(end.into()));
    let whole = exact.truncated().clamp(ends[0].clone(), ends[1].clone());
    Timestamp::from_millis(whole.to_i64())
}

fn case() -> impl Strategy<Value = Case> {
    let anything = (any_now(), field(), field(), proptest::option::of(given()), tolerance())
        .prop_map(|(now, signed_at, max_age, given, tolerance)| Case {
            now,
            signed_at,
            max_age,
            given,
            tolerance,
        });
    prop_oneof![1 => anything, 2 => at_a_boundary()]
}

/// Signed just so that the token ends, or begins, within two milliseconds of now.
fn at_a_boundary() -> impl Strategy<Value = Case> {
    let age = prop_oneof![
        (1_i64..100_000_000).prop_map(Term::from),
        (0.0_f64..100_000.0).prop_map(|age| Term::from(Float::new(age).unwrap())),
        (0_u32..40)
            .prop_map(|power| Term::from(Float::new(1.5 / f64::from(1 << power.min(30))).unwrap())),
        any::<u64>().prop_map(Term::from),
    ];
    (any_now(), age, -2_i64..=2, any::<bool>(), any::<bool>(), tolerance()).prop_map(
        |(now, max_age, off, is_end, is_float, tolerance)| {
            let millis = match &max_age {
                Term::Float(float) => (float.get() * 1000.0) as i128,
                term => Number::of(term).map_or(0, |number| match number {
                    Number::Integer(seconds) => seconds * 1000,
                    Number::Float(_) => 0,
                }),
            };
            let start = match (is_end, tolerance) {
                (true, _) => -millis,
                (false, tolerance) => tolerance.unwrap_or_default().as_millis() as i128,
            };
            let signed_at = i128::from(now) + start + i128::from(off);
            let signed_at = match is_float {
                false => Term::from(signed_at),
                // Half a millisecond is seen where floats are that fine.
                true => Term::from(Float::new(signed_at as f64 + 0.5).unwrap()),
            };
            Case { now, signed_at, max_age, given: None, tolerance }
        },
    )
}

fn any_now() -> impl Strategy<Value = i64> {
    prop_oneof![
        4 => 1_600_000_000_000_i64..2_000_000_000_000,
        1 => any::<i64>(),
        1 => prop_oneof![Just(0), Just(i64::MIN), Just(i64::MAX)],
    ]
}

/// Integers and floats of any size, `:infinity`, and what is no number.
fn field() -> impl Strategy<Value = Term> {
    prop_oneof![
        3 => terms::integer(),
        3 => terms::float(),
        2 => (-1000_i64..2_000_000_000_000).prop_map(Term::from),
        1 => Just(Term::atom("infinity").unwrap()),
        1 => terms::term(),
    ]
}

fn given() -> impl Strategy<Value = Given> {
    prop_oneof![
        any::<i64>().prop_map(Given::Seconds),
        (-1000_i64..1_000_000_000).prop_map(Given::Seconds),
        any::<f64>().prop_filter("finite", |float| float.is_finite()).prop_map(Given::Fraction),
        (any::<u64>(), 0_u32..1_000_000_000)
            .prop_map(|(seconds, nanos)| Given::Duration(Duration::new(seconds, nanos))),
        any::<u64>().prop_map(|seconds| Given::Duration(Duration::from_secs(seconds))),
        Just(Given::Infinity),
    ]
}

fn tolerance() -> impl Strategy<Value = Option<Duration>> {
    prop_oneof![
        Just(None),
        Just(Some(Duration::ZERO)),
        Just(Some(Duration::from_secs(60))),
        any::<u64>().prop_map(|seconds| Some(Duration::from_secs(seconds))),
    ]
}

fn secret() -> SecretKeyBase {
    SecretKeyBase::new("a secret key base of twenty bytes").unwrap()
}

fn token_key() -> TokenKey {
    TokenKey::builder(&secret(), "age").iterations(1).build().unwrap()
}

fn signing_key() -> SigningKey {
    let params = Params::new().iterations(1);
    let derived = key_generator::derive(secret().secret_bytes(), b"age", &params).unwrap();
    SigningKey::new(derived.secret_bytes()).unwrap()
}
