//! Tokens as a caller sees them: laws, and each of the answers.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "common/zeros.rs"]
mod zeros;

use std::{collections::BTreeSet, time::Duration};

use phoenix_token::{
    KeyError, MaxAge, SecretKeyBase, Sign, SignError, Timestamp, TokenKey, Verified, Verify,
    VerifyError,
    key_generator::Digest,
    term::{Limits, Term},
};
use proptest::prelude::*;
use zeros::Zeros;

const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);

fn secret() -> SecretKeyBase {
    SecretKeyBase::new("a secret key base of at least twenty bytes").unwrap()
}

fn key() -> TokenKey {
    TokenKey::derive(&secret(), "user auth")
}

/// A key of one iteration, where a test needs many.
fn quick(salt: &str) -> TokenKey {
    TokenKey::builder(&secret(), salt).iterations(1).build().unwrap()
}

fn seconds_later(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + seconds * 1000)
}

/// A token over a payload that no `sign` of ours would write.
fn signed_payload(payload: &[u8]) -> String {
    use phoenix_token::{SigningKey, key_generator, message_verifier};
    let derived = key_generator::derive(
        secret().secret_bytes(),
        b"user auth",
        &key_generator::Params::default(),
    );
    let key = SigningKey::new(derived.unwrap().secret_bytes()).unwrap();
    message_verifier::sign(payload, &key, Digest::Sha256)
}

fn verify_term(token: &str, options: &Verify) -> Result<Verified<Term>, VerifyError> {
    key().verify_term(token, options)
}

#[test]
fn what_was_verified_tells_when_it_was_signed_and_when_it_ends() {
    let token = key().sign_with(&"data", &Sign::at(NOW).max_age(MaxAge::hours(2))).unwrap();
    let verified = key().verify_at::<String>(&token, seconds_later(60)).unwrap();
    assert_eq!(
        verified,
        Verified {
            data: "data".to_owned(),
            signed_at: Some(NOW),
            max_age: MaxAge::hours(2),
            key: 0
        }
    );
    assert_eq!(verified.expires_at(), Some(seconds_later(7200)));
}

#[test]
fn without_options_a_token_lives_for_a_day_and_not_a_millisecond_longer() {
    let token = key().sign_at(&1, NOW).unwrap();
    let end = seconds_later(86_400);
    assert_eq!(key().verify_at::<u8>(&token, end).unwrap().max_age, MaxAge::DEFAULT);
    let late = Timestamp::from_millis(end.as_millis() + 1);
    let expired = Err(VerifyError::Expired { since: Some(end) });
    assert_eq!(key().verify_at::<u8>(&token, late), expired);
}

#[test]
fn the_age_of_the_verifier_goes_before_that_of_the_token() {
    let for_ever = key().sign_with(&1, &Sign::at(NOW).max_age(MaxAge::INFINITY)).unwrap();
    let late = seconds_later(1_000_000_000);
    assert_eq!(key().verify_at::<u8>(&for_ever, late).unwrap().expires_at(), None);
    let an_hour = Verify::at(late).max_age(MaxAge::hours(1));
    let expired = VerifyError::Expired { since: Some(seconds_later(3600)) };
    assert_eq!(key().verify_with::<u8>(&for_ever, &an_hour), Err(expired));

    let brief = key().sign_with(&1, &Sign::at(NOW).max_age(MaxAge::seconds(1))).unwrap();
    assert!(key().verify_with::<u8>(&brief, &Verify::at(late).max_age(MaxAge::INFINITY)).is_ok());
}

#[test]
fn without_a_moment_the_clock_counts() {
    let before = Timestamp::now();
    let token = key().sign_with(&1, &Sign::new()).unwrap();
    let verified = key().verify_with::<u8>(&token, &Verify::new()).unwrap();
    assert!((before..=Timestamp::now()).contains(&verified.signed_at.unwrap()));
    let yesterday = Timestamp::from_millis(before.as_millis() - 86_500_000);
    let token = key().sign_with(&1, &Sign::at(yesterday)).unwrap();
    let expired = key().verify_with::<u8>(&token, &Verify::new());
    assert!(matches!(expired, Err(VerifyError::Expired { .. })));
}

#[test]
fn the_moment_may_be_set_with_the_other_options() {
    let options = Sign::new().max_age(MaxAge::hours(1)).signed_at(NOW);
    let token = key().sign_with(&1, &options).unwrap();
    let at =
        |now| key().verify_with::<u8>(&token, &Verify::new().tolerance(Duration::ZERO).now(now));
    assert_eq!(at(NOW).unwrap().signed_at, Some(NOW));
    assert_eq!(at(seconds_later(3600)).unwrap().max_age, MaxAge::hours(1));
    let expired = VerifyError::Expired { since: Some(seconds_later(3600)) };
    assert_eq!(at(seconds_later(3601)), Err(expired));
    // The tolerance is that of before.
    assert_eq!(at(seconds_later(-1)), Err(VerifyError::Invalid));
}

#[test]
fn whoever_signs_chooses_how_fields_become_keys() {
    #[derive(serde::Serialize)]
    struct Params {
        page: u32,
    }

    let options = Sign::at(NOW).serde(phoenix_token::serde::Options::new().binary_keys());
    let expected = Term::map([("page".into(), 2.into())]);
    let signed = key().sign_with(&Params { page: 2 }, &options).unwrap();
    assert_eq!(verify_term(&signed, &Verify::at(NOW)).unwrap().data, expected);
    let encrypted = key().encrypt_with(&Params { page: 2 }, &options).unwrap();
    assert_eq!(key().decrypt_term(&encrypted, &Verify::at(NOW)).unwrap().data, expected);
}

#[test]
fn no_token_is_missing_and_not_invalid() {
    assert_eq!(key().verify::<u8>(None), Err(VerifyError::Missing));
    assert_eq!(key().decrypt::<u8>(None), Err(VerifyError::Missing));
    assert_eq!(key().verify::<u8>(""), Err(VerifyError::Invalid));
    let header: Option<String> = None;
    assert_eq!(key().verify::<u8>(header.as_deref()), Err(VerifyError::Missing));
    let header = Some(key().sign(&7).unwrap());
    assert_eq!(key().verify::<u8>(header.as_deref()).unwrap().data, 7);
}

#[test]
fn authentic_data_of_another_type_is_no_invalid_token_and_shows_no_data() {
    let token = key().sign_at(&"secret data", NOW).unwrap();
    let error = key().verify_at::<u64>(&token, NOW).unwrap_err();
    let VerifyError::Data(_) = &error else { panic!("{error:?}") };
    assert!(!format!("{error} {error:?}").contains("secret data"), "{error}");
    let expired = key().verify_at::<u64>(&token, seconds_later(90_000));
    assert!(matches!(expired, Err(VerifyError::Expired { .. })), "the age comes first");
}

#[test]
fn the_errors_say_no_more_than_this() {
    let messages = [
        (VerifyError::Missing, "no token was given"),
        (VerifyError::Invalid, "the token is invalid"),
        (VerifyError::Expired { since: Some(NOW) }, "the token has expired"),
        (VerifyError::Local, "the token holds a node-local term"),
    ];
    for (error, message) in messages {
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn a_key_shows_nothing() {
    assert_eq!(format!("{:?}", key()), "TokenKey([secret elided])");
}

#[test]
fn a_future_token_is_valid_within_the_tolerance_only() {
    let token = key().sign_at(&1, seconds_later(60)).unwrap();
    assert!(key().verify_at::<u8>(&token, NOW).is_ok());
    let ahead = key().sign_at(&1, seconds_later(61)).unwrap();
    assert_eq!(key().verify_at::<u8>(&ahead, NOW), Err(VerifyError::Invalid));
    assert!(key().verify_with::<u8>(&ahead, &Verify::at(NOW).accept_any_future()).is_ok());
    let none = Verify::at(NOW).tolerance(Duration::ZERO);
    assert_eq!(key().verify_with::<u8>(&token, &none), Err(VerifyError::Invalid));
}

#[test]
fn keys_of_other_lengths_sign_but_do_not_encrypt() {
    let secret = secret();
    let builder = || TokenKey::builder(&secret, "salt").length(48);
    let error = builder().build().unwrap_err();
    assert_eq!(error, KeyError::Length { required: "exactly 32", actual: 48 });
    let key = builder().signing_only().build().unwrap();
    let token = key.sign_at(&1, NOW).unwrap();
    assert!(key.verify_at::<u8>(&token, NOW).is_ok());
    assert_eq!(key.encrypt_at(&1, NOW), Err(SignError::SignOnly));
    assert_eq!(key.decrypt_at::<u8>(&token, NOW), Err(VerifyError::Invalid));
    assert_eq!(
        TokenKey::builder(&secret, "salt").iterations(0).build().unwrap_err(),
        KeyError::ZeroIterations
    );
}

#[test]
fn the_same_data_is_encrypted_otherwise_each_time() {
    let old = TokenKey::builder(&secret(), "salt").a128gcm().build().unwrap();
    for key in [key(), old] {
        let tokens: BTreeSet<_> = (0..50).map(|_| key.encrypt_at(&1, NOW).unwrap()).collect();
        assert_eq!(tokens.len(), 50);
    }
}

#[test]
fn no_other_randomness_is_taken_than_the_callers() {
    let options = Sign::at(NOW);
    let token = key().encrypt_with_rng("data", &options, &mut Zeros).unwrap();
    assert!(token.starts_with(&format!("XCP.{}", "A".repeat(32))), "{token}");
    assert_eq!(key().decrypt_at::<String>(&token, NOW).unwrap().data, "data");
    assert_eq!(key().encrypt_with_rng("data", &options, &mut Zeros).as_ref(), Ok(&token));
    assert_eq!(key().encrypt_term_with_rng(&"data".into(), &options, &mut Zeros), Ok(token));
}

#[test]
fn a_term_is_encrypted_with_the_randomness_of_the_operating_system() {
    let encrypted = || key().encrypt_term(&"data".into(), &Sign::at(NOW)).unwrap();
    assert_ne!(encrypted(), encrypted());
    assert_eq!(key().decrypt_at::<String>(&encrypted(), NOW).unwrap().data, "data");
}

#[test]
fn a_backend_on_plug_crypto_1_gets_what_it_can_read() {
    let secret = secret();
    for length in [16, 24, 32, 40] {
        let key = TokenKey::builder(&secret, "salt").length(length).a128gcm().build().unwrap();
        let token = key.encrypt_at(&"data", NOW).unwrap();
        assert!(token.starts_with("QTEyOEdDTQ."), "{token}");
        assert_eq!(key.decrypt_at::<String>(&token, NOW).unwrap().data, "data");
    }
    let old = TokenKey::builder(&secret, "salt").a128gcm().build().unwrap();
    let new = TokenKey::builder(&secret, "salt").build().unwrap();
    let (by_old, by_new) = (old.encrypt_at(&1, NOW).unwrap(), new.encrypt_at(&1, NOW).unwrap());
    assert!(new.decrypt_at::<u8>(&by_old, NOW).is_ok());
    assert!(old.decrypt_at::<u8>(&by_new, NOW).is_ok());
}

#[test]
fn the_older_layouts_are_read_and_live_for_a_day() {
    let signed_at = Term::from(NOW.as_millis());
    let atom = |name| Term::atom(name).unwrap();
    let old = [
        Term::tuple(["data".into(), signed_at.clone()]),
        Term::map([
            (atom("data"), "data".into()),
            (atom("signed"), signed_at.clone()),
            (atom("other"), 1.into()),
        ]),
    ];
    for payload in old {
        let token = signed_payload(&payload.encode().unwrap());
        let verified = verify_term(&token, &Verify::at(seconds_later(86_400))).unwrap();
        assert_eq!((verified.data, verified.max_age), ("data".into(), MaxAge::DEFAULT));
        let late = verify_term(&token, &Verify::at(seconds_later(86_401)));
        assert!(matches!(late, Err(VerifyError::Expired { .. })));
    }
}

#[test]
fn an_authentic_payload_that_is_no_token_is_invalid() {
    let signed_at = Term::from(NOW.as_millis());
    let atom = |name| Term::atom(name).unwrap();
    let others = [
        Term::tuple([]),
        Term::tuple(["data".into()]),
        Term::tuple(["data".into(), signed_at.clone(), 1.into(), 1.into()]),
        Term::list(["data".into(), signed_at.clone()]),
        Term::from("data"),
        Term::map([(atom("data"), "data".into())]),
        Term::map([("data".into(), "data".into()), ("signed".into(), signed_at.clone())]),
        Term::tuple(["data".into(), "now".into(), 60.into()]),
        Term::tuple(["data".into(), signed_at.clone(), atom("never")]),
    ];
    for payload in others {
        let token = signed_payload(&payload.encode().unwrap());
        assert_eq!(verify_term(&token, &Verify::at(NOW)), Err(VerifyError::Invalid));
    }
    let whole = Term::tuple(["data".into(), signed_at, 60.into()]).encode().unwrap();
    assert!(verify_term(&signed_payload(&whole), &Verify::at(NOW)).is_ok());
    for length in 0..whole.len() {
        let token = signed_payload(&whole[..length]);
        assert_eq!(verify_term(&token, &Verify::at(NOW)), Err(VerifyError::Invalid));
    }
    let longer = [&whole[..], &[106]].concat();
    assert_eq!(verify_term(&signed_payload(&longer), &Verify::at(NOW)), Err(VerifyError::Invalid));
}

#[test]
fn a_payload_for_one_node_only_has_its_own_answer() {
    let token = signed_payload(&[131, 121, 1, 2, 3, 4, 97, 1]);
    assert_eq!(verify_term(&token, &Verify::at(NOW)), Err(VerifyError::Local));
    let forged = token.replacen("SFMyNTY.g3k", "SFMyNTY.g3o", 1);
    assert_eq!(verify_term(&forged, &Verify::at(NOW)), Err(VerifyError::Invalid));
}

#[test]
fn what_is_no_number_for_signed_at_passes_with_infinity_as_it_does_in_elixir() {
    let payload = Term::tuple(["data".into(), "now".into(), 60.into()]).encode().unwrap();
    let options = Verify::at(NOW).max_age(MaxAge::INFINITY);
    let verified = verify_term(&signed_payload(&payload), &options).unwrap();
    assert_eq!((verified.signed_at, verified.expires_at()), (None, None));
}

#[test]
fn over_a_limit_is_invalid() {
    let data = vec!["x".repeat(100); 10];
    let token = key().sign_at(&data, NOW).unwrap();
    let limited =
        |limits| key().verify_with::<Vec<String>>(&token, &Verify::at(NOW).limits(limits));
    assert_eq!(limited(Limits::new().size(1000)), Err(VerifyError::Invalid));
    assert_eq!(limited(Limits::new().depth(0)), Err(VerifyError::Invalid));
    assert!(limited(Limits::new().size(1100).depth(1)).is_ok());
}

#[test]
fn what_could_not_be_verified_is_not_signed() {
    let large = "x".repeat((4 << 20) + 1);
    let message = |error: SignError| error.to_string();
    let error = key().sign_at(&large, NOW).unwrap_err();
    assert_eq!(message(error), "the data does not fit: over the limit on size");
    let deep = |levels| (0..levels).fold(Term::from(1), |inner, _| Term::tuple([inner]));
    let options = Sign::at(NOW);
    let error = key().sign_term(&deep(257), &options).unwrap_err();
    assert_eq!(message(error), "the data does not fit: nested too deeply");
    let deepest = key().sign_term(&deep(256), &options).unwrap();
    assert_eq!(key().verify_term(&deepest, &Verify::at(NOW)).unwrap().data, deep(256));
    let more = Limits::new().depth(300);
    let deeper = key().sign_term(&deep(257), &options.limits(more)).unwrap();
    assert_eq!(key().verify_term(&deeper, &Verify::at(NOW)), Err(VerifyError::Invalid));
    assert!(key().verify_term(&deeper, &Verify::at(NOW).limits(more)).is_ok());
}

#[test]
fn a_pinned_digest_refuses_the_others() {
    let token = key().sign_at(&1, NOW).unwrap();
    let pinned = |digest| key().verify_with::<u8>(&token, &Verify::at(NOW).digest(digest)).is_ok();
    assert!(pinned(Digest::Sha256));
    assert!(!pinned(Digest::Sha384) && !pinned(Digest::Sha512));
}

#[cfg(feature = "compressed")]
#[test]
fn a_compressed_token_is_shorter_and_reads_the_same() {
    let data = "phoenix ".repeat(100);
    let plain = key().sign_at(&data, NOW).unwrap();
    let compressed = key().sign_with(&data, &Sign::at(NOW).compressed()).unwrap();
    assert!(compressed.len() < plain.len() / 4);
    assert_eq!(key().verify_at::<String>(&compressed, NOW).unwrap().data, data);
    let bomb = Verify::at(NOW).limits(Limits::new().inflated(700));
    assert_eq!(key().verify_with::<String>(&compressed, &bomb), Err(VerifyError::Invalid));
    let tiny = key().sign_with(&1, &Sign::at(NOW).compressed()).unwrap();
    assert_eq!(tiny, key().sign_at(&1, NOW).unwrap(), "what would not be shorter stays plain");
}

#[test]
fn a_failed_sign_into_leaves_the_buffer_as_it_was() {
    let mut out = "before".to_owned();
    assert!(key().sign_into(&f64::NAN, &Sign::at(NOW), &mut out).is_err());
    assert_eq!(out, "before");
    key().sign_into(&1, &Sign::at(NOW), &mut out).unwrap();
    assert_eq!(out, format!("before{}", key().sign_at(&1, NOW).unwrap()));
}

#[test]
fn threads_share_a_key() {
    let key = key();
    std::thread::scope(|scope| {
        for id in 0..4_u64 {
            let key = key.clone();
            scope.spawn(move || {
                let token = key.sign_at(&id, NOW).unwrap();
                assert_eq!(key.verify_at::<u64>(&token, NOW).unwrap().data, id);
            });
        }
    });
}

proptest! {
    #[test]
    fn a_token_gives_back_its_data_under_its_own_key_salt_and_operation_only(
        data: (u64, String, Vec<u8>, Option<bool>),
        age in 1_i64..1_000_000,
    ) {
        let (one, other) = (quick("one"), quick("other"));
        let options = Sign::at(NOW).max_age(MaxAge::seconds(age));
        let (signed, encrypted) =
            (one.sign_with(&data, &options).unwrap(), one.encrypt_with(&data, &options).unwrap());
        type Data = (u64, String, Vec<u8>, Option<bool>);
        prop_assert_eq!(&one.verify_at::<Data>(&signed, NOW).unwrap().data, &data);
        prop_assert_eq!(&one.decrypt_at::<Data>(&encrypted, NOW).unwrap().data, &data);
        let invalid = Err(VerifyError::Invalid);
        prop_assert_eq!(one.decrypt_at::<Data>(&signed, NOW), invalid.clone());
        prop_assert_eq!(one.verify_at::<Data>(&encrypted, NOW), invalid.clone());
        prop_assert_eq!(other.verify_at::<Data>(&signed, NOW), invalid.clone());
        prop_assert_eq!(other.decrypt_at::<Data>(&encrypted, NOW), invalid);
    }

    #[test]
    fn any_change_of_a_character_is_invalid(at: prop::sample::Index, to in "[ -~]") {
        let key = quick("salt");
        for token in [key.sign_at(&42, NOW).unwrap(), key.encrypt_at(&42, NOW).unwrap()] {
            let at = at.index(token.len());
            let tampered = [&token[..at], &to, &token[at + 1..]].concat();
            prop_assume!(tampered != token);
            prop_assert_eq!(key.verify_at::<u8>(&tampered, NOW).err(), Some(VerifyError::Invalid));
            prop_assert_eq!(key.decrypt_at::<u8>(&tampered, NOW).err(), Some(VerifyError::Invalid));
        }
    }

    #[test]
    fn the_age_ends_to_the_millisecond(age in 1_i64..4_000_000_000, late in -5_000_i64..5_000) {
        let key = quick("salt");
        let token = key.sign_with(&1, &Sign::at(NOW).max_age(MaxAge::seconds(age))).unwrap();
        let now = Timestamp::from_millis(NOW.as_millis() + age * 1000 + late);
        let verdict = key.verify_with::<u8>(&token, &Verify::at(now).accept_any_future());
        prop_assert_eq!(verdict.is_ok(), late <= 0);
    }
}
