//! Rotation of cookies: nobody is logged out, and nothing unverified gets through.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

#[path = "common/zeros.rs"]
mod zeros;

use std::time::Duration;

use phoenix_token::{
    Keyring, MaxAge, RotateError, SecretKeyBase, SignError, SigningKey, Timestamp, Verify,
    VerifyError,
    cookie::{RememberMe, Session, SessionCookie, SetCookie, TokenCookie},
    key_generator::{self, Digest},
    message_verifier,
    term::Term,
};
use zeros::Zeros;

const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);

fn secret(byte: u8) -> SecretKeyBase {
    SecretKeyBase::new([byte; 64]).unwrap()
}

fn later(seconds: i64) -> Verify {
    Verify::at(Timestamp::from_millis(NOW.as_millis() + seconds * 1000))
}

/// Signed and encrypted ones of one secret, and one of another digest.
fn sessions() -> [SessionCookie; 5] {
    let (one, other) = (secret(1), secret(2));
    let sha512 = SessionCookie::builder(&one, "sign").digest(Digest::Sha512).iterations(3);
    let v1 = SessionCookie::builder(&other, "sign").encryption_salt("encrypt").a128gcm();
    [
        SessionCookie::signed(&one, "sign").unwrap(),
        SessionCookie::encrypted(&one, "encrypt", "sign").unwrap(),
        SessionCookie::signed(&other, "sign").unwrap(),
        sha512.build().unwrap(),
        v1.build().unwrap(),
    ]
}

fn ring<K: phoenix_token::RingKey>(keys: impl IntoIterator<Item = K>) -> Keyring<K> {
    let mut keys = keys.into_iter();
    let first = Keyring::new(keys.next().unwrap());
    keys.fold(first, |ring, key| ring.and(key).unwrap())
}

fn session() -> Session {
    let mut session = Session::new();
    session.put_term("user", Term::tuple([Term::NIL, 7.into()]));
    session
}

#[test]
fn every_key_of_a_ring_reads_sessions_and_the_result_tells_which() {
    let ring = ring(sessions());
    for (position, cookie) in sessions().iter().enumerate() {
        let value = cookie.write(&session()).unwrap();
        let matched = ring.read(&value).unwrap();
        assert_eq!((matched.data, matched.key), (session(), position));
        let matched = ring.read_as::<Vec<u8>>(&value).unwrap();
        assert_eq!((Term::decode(&matched.data).is_ok(), matched.key), (true, position));
    }
    assert_eq!(ring.read(None).unwrap_err(), VerifyError::Missing);
}

#[test]
fn a_rotated_session_is_the_same_under_the_first_key() {
    for first in sessions() {
        let rest = sessions().into_iter().filter(|key| !same(&first, key));
        let ring = ring([first.clone()].into_iter().chain(rest));
        for (position, cookie) in ring.keys().iter().enumerate() {
            let value = cookie.write(&session()).unwrap();
            let rotated = ring.rotate(&value).unwrap();
            assert_eq!(first.read(&rotated), Ok(session()));
            assert_eq!(ring.read(&rotated).unwrap().key, 0);
            let signed_by_the_first = position == 0 && rotated.starts_with("SFMyNTY.");
            assert_eq!(rotated == value, signed_by_the_first);
            let rotated = ring.rotate_with_rng(&value, &mut Zeros).unwrap();
            assert_eq!(first.read(&rotated), Ok(session()));
            assert_eq!(ring.rotate_with_rng(&value, &mut Zeros), Ok(rotated));
        }
    }
}

#[test]
fn a_cookie_of_the_first_key_comes_back_whatever_its_digest() {
    let derived =
        key_generator::derive(secret(1).secret_bytes(), b"sign", &key_generator::Params::new());
    let key = SigningKey::new(derived.unwrap().secret_bytes()).unwrap();
    let payload = Term::map([]).encode().unwrap();
    for digest in [Digest::Sha256, Digest::Sha384, Digest::Sha512] {
        let value = message_verifier::sign(&payload, &key, digest);
        assert_eq!(ring(sessions()).rotate(&value), Ok(value));
    }
}

fn same(one: &SessionCookie, other: &SessionCookie) -> bool {
    Keyring::new(one.clone()).and(other.clone()).is_err()
}

#[test]
fn a_rotated_session_of_another_serializer_keeps_its_bytes() {
    let ring = ring(sessions());
    let value = sessions().last().unwrap().write(&b"no term".to_vec()).unwrap();
    let rotated = ring.rotate(&value).unwrap();
    assert_eq!(ring.first().read_as::<Vec<u8>>(&rotated), Ok(b"no term".to_vec()));
}

#[test]
fn a_session_of_a_stranger_is_neither_read_nor_rotated() {
    let ring = ring(sessions());
    let stranger = SessionCookie::signed(&secret(9), "sign").unwrap();
    let value = stranger.write(&session()).unwrap();
    assert_eq!(ring.read(&value).unwrap_err(), VerifyError::Invalid);
    let refused = Err(RotateError::Verify(VerifyError::Invalid));
    assert_eq!(ring.rotate(&value), refused);
    assert_eq!(ring.rotate(None), Err(RotateError::Verify(VerifyError::Missing)));
}

#[test]
fn what_is_too_long_under_the_first_key_is_not_rotated() {
    let [signed, encrypted, ..] = sessions();
    let mut long = Session::new();
    long.put_term("filler", "x".repeat(2990));
    let (ring, value) = (ring([encrypted, signed.clone()]), signed.write(&long).unwrap());
    assert!(ring.rotate(&value).is_ok());
    let v1 =
        SessionCookie::builder(&secret(5), "s").encryption_salt("e").a128gcm().build().unwrap();
    let ring = Keyring::new(v1).and(signed).unwrap();
    let Err(RotateError::Sign(SignError::CookieOverflow { bytes })) = ring.rotate(&value) else {
        unreachable!("A128GCM is longer")
    };
    assert!(bytes > 4096);
}

#[test]
fn equal_keys_are_refused_with_a_message() {
    for cookie in sessions() {
        let error = ring(sessions()).and(cookie).unwrap_err();
        let message = format!("the key is equal to key {} of the ring", error.position);
        assert_eq!(error.to_string(), message);
    }
    let key = |salt| SessionCookie::encrypted(&secret(1), "encrypt", salt).unwrap();
    assert!(Keyring::new(key("one")).and(key("another")).is_ok(), "another signing salt");
    let cookie = |set_cookie| TokenCookie::signed(&secret(1), set_cookie).unwrap();
    assert!(Keyring::new(cookie("a")).and(cookie("a")).is_err());
    assert!(Keyring::new(cookie("a")).and(cookie("b")).is_ok());
    let encrypted = TokenCookie::encrypted(&secret(1), "a").unwrap();
    assert!(
        Keyring::new(cookie("a")).and(encrypted).is_ok(),
        "signed until now, encrypted from now"
    );
    let remember_me = RememberMe::new(&secret(1), "my_app").unwrap();
    assert_eq!(Keyring::new(remember_me.clone()).and(remember_me).unwrap_err().position, 0);
}

fn token_cookies() -> [TokenCookie; 4] {
    let name = || SetCookie::new("locale").max_age(Duration::from_secs(3600));
    [
        TokenCookie::signed(&secret(1), name()).unwrap(),
        TokenCookie::encrypted(&secret(1), name()).unwrap(),
        TokenCookie::encrypted_a128gcm(&secret(2), name()).unwrap(),
        TokenCookie::signed(&secret(2), "another name").unwrap(),
    ]
}

#[test]
fn every_key_of_a_ring_reads_cookies_and_the_result_tells_which() {
    let ring = ring(token_cookies());
    for (position, cookie) in token_cookies().iter().enumerate() {
        let value = cookie.write_at("pl", NOW).unwrap();
        let verified = ring.read_with::<String>(&value, &later(1)).unwrap();
        assert_eq!((verified.data.as_str(), verified.key), ("pl", position));
        let verified = ring.read_term(&value, &later(1)).unwrap();
        assert_eq!((verified.data.as_str(), verified.key), (Some("pl"), position));
        let late = ring.read_with::<String>(&value, &later(100_000));
        assert!(matches!(late, Err(VerifyError::Expired { .. })));
        assert!(
            matches!(ring.read::<u8>(&value), Err(VerifyError::Expired { .. })),
            "by the clock"
        );
    }
    assert_eq!(ring.read::<u8>(None), Err(VerifyError::Missing));
    assert_eq!(ring.read::<u8>("SFMyNTY.g2o.AA"), Err(VerifyError::Invalid));
}

#[test]
fn a_rotated_cookie_keeps_its_data_its_moment_and_its_age() {
    for turn in 0..4 {
        let mut cookies = token_cookies();
        cookies.rotate_left(turn);
        let ring = ring(cookies.clone());
        for cookie in &cookies {
            let value = cookie.write_at("pl", NOW).unwrap();
            let before = cookie.read_term(&value, &later(60)).unwrap();
            let rotated = ring.rotate_with(&value, &later(60)).unwrap();
            let after = ring.first().read_term(&rotated, &later(60)).unwrap();
            assert_eq!(after, before);
            assert_eq!((after.signed_at, after.key), (Some(NOW), 0));
            let again = ring.rotate_with(&rotated, &later(60)).unwrap();
            assert_eq!(again == rotated, rotated.starts_with("SFMyNTY."));
            let rotated = ring.rotate_with_rng(&value, &later(60), &mut Zeros).unwrap();
            assert_eq!(ring.first().read_term(&rotated, &later(60)), Ok(before));
            assert_eq!(ring.rotate_with_rng(&value, &later(60), &mut Zeros), Ok(rotated));
        }
    }
}

#[test]
fn a_signed_cookie_of_the_first_key_comes_back_whatever_its_digest() {
    let derived = key_generator::derive(
        secret(1).secret_bytes(),
        b"locale_cookie",
        &key_generator::Params::new(),
    );
    let key = SigningKey::new(derived.unwrap().secret_bytes()).unwrap();
    let [signed, encrypted, ..] = token_cookies();
    let value = signed.write_at("pl", NOW).unwrap();
    let payload = message_verifier::verify(&value, &key).unwrap();
    let value = message_verifier::sign(&payload, &key, Digest::Sha512);
    let first = ring([signed.clone(), encrypted.clone()]);
    assert_eq!(first.rotate_with(&value, &later(60)), Ok(value.clone()));
    let second = ring([encrypted, signed]).rotate_with(&value, &later(60)).unwrap();
    assert!(second != value, "it is not of the first key");
}

#[test]
fn without_a_moment_rotation_goes_by_the_clock() {
    let ring = ring(token_cookies());
    for cookie in token_cookies() {
        let rotated = ring.rotate(&cookie.write("pl").unwrap()).unwrap();
        assert_eq!(ring.first().read::<String>(&rotated).unwrap().data, "pl");
        assert_eq!(ring.read::<String>(&rotated).unwrap().data, "pl");
    }

    let [new, old] = [1, 2].map(|byte| RememberMe::new(&secret(byte), "my_app").unwrap());
    let ring = Keyring::new(new.clone()).and(old.clone()).unwrap();
    let value = old.write(&[7; 32]).unwrap();
    assert_eq!(ring.read(&value).unwrap().data, [7; 32]);
    assert_eq!(new.read(&ring.rotate(&value).unwrap()).unwrap().data, [7; 32]);
}

#[test]
fn what_has_expired_or_is_strange_is_not_rotated() {
    let ring = ring(token_cookies());
    for cookie in token_cookies() {
        let value = cookie.write_at("pl", NOW).unwrap();
        let refused = ring.rotate_with(&value, &later(100_000));
        assert!(matches!(refused, Err(RotateError::Verify(VerifyError::Expired { .. }))));
    }
    let stranger = TokenCookie::signed(&secret(9), "locale").unwrap().write("pl").unwrap();
    assert_eq!(ring.rotate(&stranger), Err(RotateError::Verify(VerifyError::Invalid)));
}

#[test]
fn the_remember_me_cookie_rotates_and_keeps_what_is_left_of_its_life() {
    let [new, old] = [1, 2].map(|byte| RememberMe::new(&secret(byte), "my_app").unwrap());
    let ring = Keyring::new(new.clone()).and(old.clone()).unwrap();
    let value = old.write_at(&[7; 32], NOW).unwrap();
    let verified = ring.read_with(&value, &later(86_400)).unwrap();
    assert_eq!((verified.data, verified.key), ([7; 32], 1));

    let rotated = ring.rotate_with(&value, &later(86_400)).unwrap();
    let verified = new.read_with(&rotated, &later(86_400)).unwrap();
    assert_eq!((verified.signed_at, verified.max_age), (Some(NOW), MaxAge::days(14)));
    assert_eq!(ring.rotate_with(&rotated, &later(86_400)), Ok(rotated));
    assert!(ring.rotate(&value).is_err(), "by the clock");
    assert_eq!(ring.read(None), Err(VerifyError::Missing));
}

#[test]
fn cookies_are_written_with_the_randomness_of_the_caller() {
    for cookie in sessions() {
        let value = cookie.write_with_rng(&session(), &mut Zeros).unwrap();
        assert_eq!(cookie.read(&value), Ok(session()));
        assert_eq!(cookie.write_with_rng(&session(), &mut Zeros), Ok(value));
    }
    for cookie in token_cookies() {
        let value = cookie.write_with_rng("pl", NOW, &mut Zeros).unwrap();
        assert_eq!(cookie.read_with::<String>(&value, &later(0)).unwrap().data, "pl");
        assert_eq!(cookie.write_term_with_rng(&"pl".into(), NOW, &mut Zeros), Ok(value));
        let value = cookie.write_term(&"pl".into(), NOW).unwrap();
        assert_eq!(cookie.read_at::<String>(&value, NOW).unwrap().data, "pl");
    }
}
