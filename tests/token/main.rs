//! Tokens as a caller sees them: laws, and each of the answers.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "../common/zeros.rs"]
mod zeros;

mod age;
mod payload;

use std::collections::BTreeSet;

use phoenix_token::{
    KeyError, MaxAge, SecretKeyBase, Sign, SignError, Timestamp, TokenKey, Verify, VerifyError,
    key_generator::Digest, term::Term,
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

#[test]
fn whoever_signs_chooses_how_fields_become_keys() {
    #[derive(serde::Serialize)]
    struct Params {
        page: u32,
    }

    let options = Sign::at(NOW).serde(phoenix_token::serde::Options::new().binary_keys());
    let expected = Term::map([("page".into(), 2.into())]);
    let signed = key().sign_with(&Params { page: 2 }, &options).unwrap();
    assert_eq!(key().verify_term(&signed, &Verify::at(NOW)).unwrap().data, expected);
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
fn a_pinned_digest_refuses_the_others() {
    let token = key().sign_at(&1, NOW).unwrap();
    let pinned = |digest| key().verify_with::<u8>(&token, &Verify::at(NOW).digest(digest)).is_ok();
    assert!(pinned(Digest::Sha256));
    assert!(!pinned(Digest::Sha384) && !pinned(Digest::Sha512));
}

#[cfg(feature = "compressed")]
#[test]
fn a_compressed_token_is_shorter_and_reads_the_same() {
    use phoenix_token::term::Limits;

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
}
