//! Rotation: nobody is logged out, and nothing unverified gets through.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

#[path = "common/zeros.rs"]
mod zeros;

use std::time::Duration;

use phoenix_token::{
    Keyring, MaxAge, RotateError, SecretKeyBase, Sign, SignError, Timestamp, TokenKey, Verified,
    Verify, VerifyError,
};

use zeros::Zeros;

const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);

fn key(name: &str) -> TokenKey {
    let secret = SecretKeyBase::new(format!("the secret key base of {name}")).unwrap();
    TokenKey::builder(&secret, "salt").iterations(1).build().unwrap()
}

fn ring() -> Keyring<TokenKey> {
    Keyring::new(key("now")).and(key("before")).unwrap().and(key("long ago")).unwrap()
}

#[test]
fn every_key_reads_and_the_result_tells_which() {
    for (position, name) in ["now", "before", "long ago"].into_iter().enumerate() {
        let signed = key(name).sign_at(&7, NOW).unwrap();
        let encrypted = key(name).encrypt_at(&7, NOW).unwrap();
        let options = Verify::at(NOW);
        let verified = ring().verify_with::<u8>(&signed, &options).unwrap();
        assert_eq!((verified.data, verified.key), (7, position));
        let decrypted = ring().decrypt_with::<u8>(&encrypted, &options).unwrap();
        assert_eq!((decrypted.data, decrypted.key), (7, position));
        assert_eq!(ring().verify_term(&signed, &options).unwrap().key, position);
        assert_eq!(ring().decrypt_term(&encrypted, &options).unwrap().key, position);
    }
}

#[test]
fn a_key_outside_the_ring_is_refused() {
    let stranger = key("nobody we know");
    let (signed, encrypted) =
        (stranger.sign_at(&7, NOW).unwrap(), stranger.encrypt_at(&7, NOW).unwrap());
    let options = Verify::at(NOW);
    assert_eq!(ring().verify_with::<u8>(&signed, &options), Err(VerifyError::Invalid));
    assert_eq!(ring().decrypt_with::<u8>(&encrypted, &options), Err(VerifyError::Invalid));
    let refused = Err(RotateError::Verify(VerifyError::Invalid));
    assert_eq!(ring().rotate_with(&signed, &options), refused);
    assert_eq!(ring().rotate_encrypted_with(&encrypted, &options), refused);
    assert_eq!(ring().verify_with::<u8>(None, &options), Err(VerifyError::Missing));
}

#[test]
fn rotation_keeps_the_data_the_moment_and_the_age() {
    let options = Sign::at(NOW).max_age(MaxAge::hours(1));
    let later = Verify::at(Timestamp::from_millis(NOW.as_millis() + 60_000));
    let signed = key("before").sign_with(&7, &options).unwrap();
    let rotated = ring().rotate_with(&signed, &later).unwrap();
    assert_eq!(rotated, key("now").sign_with(&7, &options).unwrap());
    let encrypted = key("long ago").encrypt_with(&7, &options).unwrap();
    let rotated = ring().rotate_encrypted_with(&encrypted, &later).unwrap();
    let decrypted = key("now").decrypt_with::<u8>(&rotated, &later).unwrap();
    assert_eq!((decrypted.signed_at, decrypted.max_age), (Some(NOW), MaxAge::hours(1)));
}

#[test]
fn a_ring_is_asked_as_of_a_moment() {
    let (at, late) = (NOW, Timestamp::from_millis(NOW.as_millis() + 86_400_001));
    let signed = key("before").sign_at(&7, NOW).unwrap();
    let encrypted = key("before").encrypt_at(&7, NOW).unwrap();
    assert_eq!(ring().verify_at::<u8>(&signed, at).unwrap().key, 1);
    assert_eq!(ring().decrypt_at::<u8>(&encrypted, at).unwrap().key, 1);
    assert_eq!(ring().rotate_at(&signed, at), Ok(key("now").sign_at(&7, NOW).unwrap()));
    let rotated = ring().rotate_encrypted_at(&encrypted, at).unwrap();
    assert_eq!(key("now").decrypt_at::<u8>(&rotated, at).unwrap().data, 7);

    let expired = VerifyError::Expired { since: NOW.checked_add(Duration::from_secs(86_400)) };
    assert_eq!(ring().verify_at::<u8>(&signed, late).unwrap_err(), expired);
    assert_eq!(ring().decrypt_at::<u8>(&encrypted, late).unwrap_err(), expired);
    let expired = Err(RotateError::Verify(expired));
    assert_eq!(ring().rotate_at(&signed, late), expired);
    assert_eq!(ring().rotate_encrypted_at(&encrypted, late), expired);
}

#[test]
fn an_encrypted_token_is_rotated_with_the_randomness_of_the_caller_and_no_other() {
    let token = key("before").encrypt_at(&7, NOW).unwrap();
    let rotated = ring().rotate_encrypted_with_rng(&token, &Verify::at(NOW), &mut Zeros).unwrap();
    let expected = key("now").encrypt_with_rng(&7, &Sign::at(NOW), &mut Zeros).unwrap();
    assert_eq!(rotated, expected);
}

#[test]
fn a_batch_is_of_tokens_in_whatever_form_they_came() {
    let key = key("before");
    let (one, two) = (key.sign_at(&1, NOW).unwrap(), key.sign_at(&2, NOW).unwrap());
    let options = Verify::at(NOW);
    let data = |verified: Result<Verified<u8>, _>| verified.map(|verified| verified.data);
    let expected = [Ok(1), Err(VerifyError::Missing), Ok(2)];
    let maybe = [Some(&*one), None, Some(&*two)];
    assert!(ring().verify_batch(maybe, &options).map(data).eq(expected.clone()));
    assert!(key.verify_batch(&maybe, &options).map(data).eq(expected));
    let texts: Vec<&str> = vec![&one, &two];
    let expected = [Ok(1), Ok(2)];
    assert!(ring().verify_batch(&texts, &options).map(data).eq(expected.clone()));
    assert!(key.verify_batch(&texts, &options).map(data).eq(expected.clone()));
    let owned = [one.clone(), two.clone()];
    assert!(key.verify_batch(&owned, &options).map(data).eq(expected));

    let late = Verify::at(Timestamp::from_millis(NOW.as_millis() + 86_400_001));
    let is_expired =
        |verified: Result<Verified<u8>, _>| matches!(verified, Err(VerifyError::Expired { .. }));
    assert!(ring().verify_batch(&texts, &late).all(is_expired));
}

#[test]
fn a_token_of_the_first_key_comes_back_as_it_is() {
    let token = key("now").sign_at(&7, NOW).unwrap();
    assert_eq!(ring().rotate_with(&token, &Verify::at(NOW)), Ok(token));
}

#[test]
fn without_a_moment_rotation_goes_by_the_clock() {
    let signed = key("before").sign(&7).unwrap();
    let rotated = ring().rotate(&signed).unwrap();
    assert_eq!(key("now").verify::<u8>(&rotated).unwrap().data, 7);
    let encrypted = key("before").encrypt(&7).unwrap();
    let rotated = ring().rotate_encrypted(&encrypted).unwrap();
    assert_eq!(key("now").decrypt::<u8>(&rotated).unwrap().data, 7);

    let yesterday = Timestamp::from_millis(Timestamp::now().as_millis() - 86_500_000);
    let (signed, encrypted) = (
        key("before").sign_at(&7, yesterday).unwrap(),
        key("before").encrypt_at(&7, yesterday).unwrap(),
    );
    for refused in [ring().rotate(&signed), ring().rotate_encrypted(&encrypted)] {
        assert!(matches!(refused, Err(RotateError::Verify(VerifyError::Expired { .. }))));
    }
}

#[test]
fn what_has_expired_is_not_rotated() {
    let token = key("before").sign_at(&7, NOW).unwrap();
    let late = Verify::at(Timestamp::from_millis(NOW.as_millis() + 86_400_001));
    let refused = ring().rotate_with(&token, &late);
    assert!(matches!(refused, Err(RotateError::Verify(VerifyError::Expired { .. }))));
}

#[test]
fn the_error_of_a_rotation_is_that_of_what_failed() {
    let stranger = key("nobody we know").sign_at(&7, NOW).unwrap();
    let error = ring().rotate_with(&stranger, &Verify::at(NOW)).unwrap_err();
    assert_eq!(error.to_string(), "the token is invalid");
    let error = RotateError::Sign(SignError::SignOnly);
    assert_eq!(error.to_string(), SignError::SignOnly.to_string());
}

#[test]
fn equal_keys_are_refused_with_a_message() {
    let error = ring().and(key("before")).unwrap_err();
    assert_eq!(error.to_string(), "the key is equal to key 1 of the ring");
}
