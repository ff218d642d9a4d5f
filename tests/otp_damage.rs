//! A million damaged terms and tokens, judged here and by a real Erlang/OTP over a pipe: every
//! truncation, every byte under nine masks, parts put into one another; plain and compressed.
//! `PHOENIX_TOKEN_REQUIRE_OTP=1` makes a missing OTP a failure, and `PHOENIX_TOKEN_OTP_ROUNDS=20`
//! asks for twenty million.
#![cfg(feature = "compressed")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

mod common;

use std::{collections::BTreeMap, time::Duration};

use common::{
    agreement, base64url, damage, description,
    difference::{self, Difference},
    hex,
    otp::{Otp, TokenVerdict},
    rng::Rng,
    say::say,
};
use phoenix_token::{
    SecretKeyBase, SigningKey, Timestamp, TokenKey, Verify, VerifyError,
    key_generator::{self, Digest, Params},
    message_verifier,
    term::Term,
};

/// Damaged terms and damaged tokens of a round.
const TERMS: usize = 750_000;
const TOKENS: usize = 250_000;

/// Cases of one request to OTP.
const BATCH: usize = 25_000;

/// What an OTP without a network calls itself.
const OWN_NODE: &[u8] = b"nonode@nohost";

#[test]
fn damaged_bytes_have_the_same_verdict() {
    let mut all = BTreeMap::new();
    for round in 0..rounds() {
        // Atoms of damaged bytes stay in an OTP for good, so each round has one of its own.
        let Some(mut otp) = Otp::start("damaged terms") else { return };
        let mut rng = Rng::new(4 + round);
        let sources = sources(&mut otp, &mut rng, round);
        let mut damaged: Vec<Vec<u8>> = Vec::new();
        for etf in sources.iter().filter(|etf| etf.len() < 60) {
            damaged.extend(damage::truncations(etf).chain(damage::flips(etf)));
        }
        // A third at least is left to splices.
        damaged.truncate(TERMS / 3 * 2);
        while damaged.len() < TERMS {
            let (one, other) = (rng.choose(&sources), rng.choose(&sources));
            damaged.push(damage::splice(&mut rng.fork(), one, other));
        }
        for batch in damaged.chunks(BATCH) {
            let verdicts = otp.judge(batch);
            let counts = agreement::count(batch, &verdicts).unwrap_or_else(|all| panic!("{all}"));
            counts.into_iter().for_each(|(kind, count)| *all.entry(kind).or_insert(0) += count);
        }
    }
    tell("terms", &all, TERMS);
}

#[test]
fn damaged_tokens_have_the_same_verdict() {
    let key = key();
    let mut all = BTreeMap::new();
    for round in 0..rounds() {
        let Some(mut otp) = Otp::start("damaged tokens") else { return };
        let mut rng = Rng::new(1000 + round);
        let sources = sources(&mut otp, &mut rng, round);
        let payloads: Vec<_> = sources.iter().filter_map(|etf| payload(&mut rng, etf)).collect();
        let mut damaged: Vec<String> = Vec::new();
        for payload in payloads.iter().filter(|payload| payload.len() < 100) {
            let inside = damage::truncations(payload).chain(damage::flips(payload));
            damaged.extend(inside.map(|payload| signed(&mut rng, &payload)));
            let token = signed(&mut rng, payload);
            let outside =
                damage::truncations(token.as_bytes()).chain(damage::flips(token.as_bytes()));
            damaged.extend(outside.filter_map(|token| String::from_utf8(token).ok()));
            if damaged.len() > TOKENS / 3 * 2 {
                break;
            }
        }
        damaged.truncate(TOKENS / 3 * 2);
        while damaged.len() < TOKENS {
            let (one, other) = (rng.choose(&payloads), rng.choose(&payloads));
            let payload = damage::splice(&mut rng.fork(), one, other);
            damaged.push(signed(&mut rng, &payload));
        }
        for batch in damaged.chunks(BATCH) {
            let (fatal, asked): (Vec<_>, Vec<_>) = batch
                .iter()
                .cloned()
                .partition(|token| difference::is_fatal_to_otp(&payload_of(token)));
            for token in fatal {
                assert!(key.verify_term(&token, &Verify::at(NOW)).is_err(), "{token}");
                let kind = TokenAgreement::Oddity(difference::REFERENCE_OF_NO_WORDS);
                *all.entry(kind).or_insert(0) += 1;
            }
            let verdicts = otp.verify(&derived(), NOW.as_millis(), &asked);
            for (token, theirs) in asked.iter().zip(verdicts) {
                let kind = token_agreement(&key, token, &theirs);
                *all.entry(kind.unwrap_or_else(|failure| panic!("{failure}"))).or_insert(0) += 1;
            }
        }
    }
    let met = |kind| all.get(&kind).is_some_and(|&times| times > 100);
    assert!(TokenAgreement::ALWAYS_MET.into_iter().all(met) || all.is_empty(), "{all:?}");
    tell("tokens", &all, TOKENS);
}

const _: () = assert!(TERMS + TOKENS >= 1_000_000);

fn tell<K: std::fmt::Debug>(what: &str, all: &BTreeMap<K, usize>, each_round: usize) {
    let cases: usize = all.values().sum();
    assert_eq!(cases, each_round * usize::try_from(rounds()).unwrap());
    say(format_args!("OTP: {cases} damaged {what}: {all:?}"));
}

/// 1, or what `PHOENIX_TOKEN_OTP_ROUNDS` says.
fn rounds() -> u64 {
    let wanted = std::env::var("PHOENIX_TOKEN_OTP_ROUNDS");
    wanted.map_or(1, |number| number.parse().expect("a number"))
}

/// Terms of both sides, plain and compressed.
fn sources(otp: &mut Otp, rng: &mut Rng, round: u64) -> Vec<Vec<u8>> {
    let mut sources = Vec::new();
    for written in otp.generate(4 + round, 1200) {
        // Numbers in a pid or reference of its own OTP holds against what it has given out.
        if written.canonical.windows(OWN_NODE.len()).any(|window| window == OWN_NODE) {
            continue;
        }
        sources.push(written.canonical);
        sources.extend(written.others);
    }
    for _ in 0..1200 {
        let term = description::random(rng, 3).to_term().unwrap();
        sources.push(term.encode().unwrap());
        sources.push(term.encode_compressed().unwrap());
    }
    sources.retain(|etf| etf.len() < 400);
    sources
}

const NOW: Timestamp = Timestamp::from_millis(1_767_323_045_500);

/// A payload that holds the term, in one of the three layouts, of some moment and age.
fn payload(rng: &mut Rng, etf: &[u8]) -> Option<Vec<u8>> {
    let data = Term::decode(etf).ok()?;
    let atom = |name| Term::atom(name).unwrap();
    let now = NOW.as_millis();
    let moments = [now, now - 1000, now - 86_400_000, now + 1, now - 86_400_001, 0];
    let signed_at = rng.choose(&moments);
    let signed_at = match rng.below(6) {
        0 => Term::from(phoenix_token::term::Float::new(1_767_323_045_499.5)?),
        1 => Term::from(i128::from(*signed_at) << rng.below(60)),
        _ => Term::from(*signed_at),
    };
    let max_age = match rng.below(6) {
        0 => atom("infinity"),
        1 => Term::from(phoenix_token::term::Float::new(1.5)?),
        2 => Term::from(0),
        3 => Term::from(i128::MAX >> rng.below(100)),
        _ => Term::from(86_400),
    };
    let payload = match rng.below(6) {
        0 => Term::tuple([data, signed_at]),
        1 => Term::map([(atom("data"), data), (atom("signed"), signed_at)]),
        _ => Term::tuple([data, signed_at, max_age]),
    };
    if rng.below(2) == 0 { payload.encode().ok() } else { payload.encode_compressed().ok() }
}

fn signed(rng: &mut Rng, payload: &[u8]) -> String {
    let digests = [Digest::Sha256, Digest::Sha256, Digest::Sha384, Digest::Sha512];
    message_verifier::sign(payload, &SigningKey::new(derived()).unwrap(), *rng.choose(&digests))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum TokenAgreement {
    Refused,
    Raises,
    Expired,
    Future,
    Valid,
    Wanted(Difference),
    Oddity(&'static str),
}

impl TokenAgreement {
    const ALWAYS_MET: [Self; 7] = [
        Self::Refused,
        Self::Raises,
        Self::Expired,
        Self::Future,
        Self::Valid,
        Self::Wanted(Difference::NonCanonicalBase64),
        Self::Wanted(Difference::TrailingOrNodeInternal),
    ];
}

fn token_agreement(
    key: &TokenKey,
    token: &str,
    theirs: &TokenVerdict,
) -> Result<TokenAgreement, String> {
    let ours = key.verify_term(token, &Verify::at(NOW).tolerance(Duration::ZERO));
    match (theirs, &ours) {
        (TokenVerdict::Refused, Err(VerifyError::Invalid)) => Ok(TokenAgreement::Refused),
        (TokenVerdict::Raises, Err(VerifyError::Invalid | VerifyError::Local)) => {
            Ok(TokenAgreement::Raises)
        }
        (TokenVerdict::Expired, Err(VerifyError::Expired { .. })) => Ok(TokenAgreement::Expired),
        (TokenVerdict::Valid(canonical), Ok(verified))
            if verified.data.encode().as_ref() == Ok(canonical) =>
        {
            Ok(TokenAgreement::Valid)
        }
        (theirs, Err(VerifyError::Invalid)) => {
            if base64url::canonical(token).is_none_or(|canonical| canonical != token) {
                return Ok(TokenAgreement::Wanted(Difference::NonCanonicalBase64));
            }
            let payload = payload_of(token);
            let reason = difference::oddity(&payload).map(TokenAgreement::Oddity);
            let listed = || difference::in_term(&payload).map(|(it, _)| TokenAgreement::Wanted(it));
            let future = || (*theirs == TokenVerdict::Future).then_some(TokenAgreement::Future);
            reason.or_else(listed).or_else(future).ok_or_else(|| {
                format!("OTP {theirs:02x?}, here {ours:?}: {}", hex::encode(&payload))
            })
        }
        (theirs, ours) => Err(format!("OTP {theirs:02x?}, here {ours:?}: {token}")),
    }
}

fn payload_of(token: &str) -> Vec<u8> {
    token.split('.').nth(1).and_then(base64url::decode).unwrap_or_default()
}

fn derived() -> Vec<u8> {
    let params = Params::new().iterations(1);
    let derived = key_generator::derive(secret().secret_bytes(), b"damage", &params);
    derived.unwrap().secret_bytes().to_vec()
}

fn key() -> TokenKey {
    TokenKey::builder(&secret(), "damage").iterations(1).build().unwrap()
}

fn secret() -> SecretKeyBase {
    SecretKeyBase::new("a secret key base of twenty bytes").unwrap()
}
