//! What the suites of `plug_crypto` and `Phoenix.Token` check and no other test here does; the table
//! of README.md beside this file says where all of it is checked.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use common::hex;
use phoenix_token::{
    EncryptionKey, Invalid, MaxAge, SecretKeyBase, Sign, SigningKey, Timestamp, TokenKey,
    TokenKeyBuilder, Verify, VerifyError,
    key_generator::{self, Digest, Params},
    message_encryptor, message_verifier,
    term::Term,
};

const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);
const DIGESTS: [Digest; 3] = [Digest::Sha256, Digest::Sha384, Digest::Sha512];

#[test]
fn each_digest_derives_the_keys_that_upstream_expects() {
    let derived = |params: Params| {
        hex::encode(key_generator::derive(b"password", b"salt", &params).unwrap().secret_bytes())
    };
    let defaults = "632c2812e46d4604102ba7618e9d6d7d2f8128f6266b4a03264d2a0460b7dcb3";
    assert_eq!(derived(Params::default()), defaults);
    let short = Params::new().iterations(1).length(16);
    let expected = [
        "120fb6cffcf8b32c43e7225256c4f837",
        "c0e14f06e49e32d73f9f52ddf1d0c5c7",
        "867f70cf1ade02cff3752599a3a53dc4",
    ];
    for (digest, expected) in DIGESTS.into_iter().zip(expected) {
        assert_eq!(derived(short.digest(digest)), expected);
    }
}

#[test]
fn a_message_of_any_bytes_is_decrypted_under_its_key_and_aad_only() {
    let (right, wrong) = encryption_keys();
    let aad = [&b"right"[..], b" ", b"aad"].concat();
    let token = message_encryptor::encrypt(MESSAGE, &aad, &right).unwrap();
    let decrypt =
        |aad: &[u8], key| message_encryptor::decrypt(&token, aad, key, b"of no use to XCP");
    assert_eq!(decrypt(b"right aad", &right), Ok(MESSAGE.to_vec()));
    assert_eq!(decrypt(b"wrong aad", &right), Err(Invalid));
    assert_eq!(decrypt(b"right aad", &wrong), Err(Invalid));
}

#[test]
fn a_message_of_an_earlier_release_is_decrypted_under_its_two_secrets_and_aad_only() {
    let token = "QTEyOEdDTQ.L85cCXPvSqswNJoxmP5QTopFY83qCPj9czxkwct8b0HDHdC8Qwruhkq3SWw.\
                 mmqfbc2dfaMMi6Xi.n1qvYhAUYI0r7-QB6Vw.0jV2tT3U-AQMAQSch2rNsw";
    let (right, wrong) = encryption_keys();
    for (aad, key, sign_secret, is_right) in [
        ("right aad", &right, RIGHT, true),
        ("wrong aad", &right, RIGHT, false),
        ("right aad", &wrong, RIGHT, false),
        ("right aad", &right, WRONG, false),
        ("right aad", &wrong, WRONG, false),
    ] {
        let decrypted = message_encryptor::decrypt(token, aad.as_bytes(), key, sign_secret);
        assert_eq!(decrypted, is_right.then_some(MESSAGE.to_vec()).ok_or(Invalid));
    }
}

const MESSAGE: &[u8] = "\0hełłoworld\0".as_bytes();
const RIGHT: &[u8] = b"abcdefghabcdefghabcdefghabcdefgh";
const WRONG: &[u8] = b"12345678123456781234567812345678";

fn encryption_keys() -> (EncryptionKey, EncryptionKey) {
    (EncryptionKey::new(RIGHT).unwrap(), EncryptionKey::new(WRONG).unwrap())
}

#[test]
fn a_signed_message_has_three_parts_and_is_verified_under_its_secret_only() {
    let expected = [("SFMyNTY", 43), ("SFMzODQ", 64), ("SFM1MTI", 86)];
    let (secret, other) = (SigningKey::new("secret").unwrap(), SigningKey::new("secreto").unwrap());
    for (digest, (header, length)) in DIGESTS.into_iter().zip(expected) {
        let signed = message_verifier::sign(b"hello world", &secret, digest);
        let parts: Vec<_> = signed.split('.').collect();
        let [protected, payload, signature] = parts.try_into().unwrap();
        assert_eq!((protected, payload), (header, "aGVsbG8gd29ybGQ"));
        assert_eq!(signature.len(), length);
        assert_eq!(message_verifier::verify(&signed, &secret), Ok(b"hello world".to_vec()));
        assert_eq!(message_verifier::verify(&signed, &other), Err(Invalid));

        let another = format!("{protected}.YW5vdGhlciB3b3JsZA.{signature}");
        assert_eq!(message_verifier::verify(&another, &secret), Err(Invalid));
        for (protected, _) in expected.into_iter().filter(|(other, _)| *other != protected) {
            let another = format!("{protected}.{payload}.{signature}");
            assert_eq!(message_verifier::verify(&another, &secret), Err(Invalid));
        }
    }
}

#[test]
fn what_elixir_nests_is_read_unless_a_function_is_in_it() {
    // %{1 => {:foo, ["bar", 2.0, %URI{}, [pid | ref], <<0::4>>]}}
    let list = |last: &[u8]| {
        let parts: [&[u8]; 8] = [
            &[131, 116, 0, 0, 0, 1, 97, 1, 104, 2, 119, 3],
            b"foo\x6c\0\0\0\x05\x6d\0\0\0\x03bar",
            &[70, 0x40, 0, 0, 0, 0, 0, 0, 0],
            b"\x74\0\0\0\x01\x77\x0a__struct__\x77\x0aElixir.URI",
            b"\x6c\0\0\0\x01\x58\x77\x03a@b\0\0\0\x01\0\0\0\0\0\0\0\x01",
            b"\x5a\0\x01\x77\x03a@b\0\0\0\x01\0\0\0\x07",
            last,
            &[106],
        ];
        parts.concat()
    };
    let read = list(&[77, 0, 0, 0, 1, 4, 0]);
    assert_eq!(Term::decode(&read).unwrap().encode().unwrap(), read);
    // fun lists:map/2
    let function = list(b"\x71\x77\x05lists\x77\x03map\x61\x02");
    assert_eq!(Term::decode(&function), Err(phoenix_token::DecodeError::Executable));
}

#[test]
fn an_atom_that_no_program_knows_is_text_and_no_entry_of_a_table() {
    let griffin = Term::decode(b"\x83\x64\0\x07griffin").unwrap();
    assert_eq!(griffin.as_atom().map(|atom| atom.as_str()), Some("griffin"));
}

#[test]
fn garbage_is_invalid_and_so_is_a_token_of_another_salt() {
    for operation in OPERATIONS {
        let (id, not_id) =
            (TokenKey::derive(&secret(), "id"), TokenKey::derive(&secret(), "not_id"));
        let token = operation.make(&id, &Sign::at(NOW));
        assert_eq!(operation.read(&id, &token, &Verify::at(NOW)), Ok(1));
        assert_eq!(operation.read(&id, "garbage", &Verify::at(NOW)), Err(VerifyError::Invalid));
        assert_eq!(operation.read(&not_id, &token, &Verify::at(NOW)), Err(VerifyError::Invalid));
    }
}

#[test]
fn the_age_of_whoever_verifies_is_in_seconds() {
    let key = TokenKey::derive(&secret(), "id");
    for operation in OPERATIONS {
        let token = operation.make(&key, &Sign::at(NOW));
        for (seconds, is_valid) in
            [(1000, true), (-1000, false), (100, true), (-100, false), (0, false)]
        {
            let read = operation.read(&key, &token, &aged(0, MaxAge::seconds(seconds)));
            assert_eq!(is_expired(&read), !is_valid, "{seconds}: {read:?}");
        }
        let tenth = MaxAge::seconds_f64(0.1).unwrap();
        assert_eq!(operation.read(&key, &token, &aged(100, tenth)), Ok(1));
        assert!(is_expired(&operation.read(&key, &token, &aged(150, tenth))));
        assert_eq!(operation.read(&key, &token, &aged(i64::MAX / 2, MaxAge::INFINITY)), Ok(1));
    }
}

#[test]
fn the_age_of_whoever_signs_is_in_seconds() {
    let key = TokenKey::derive(&secret(), "id");
    for operation in OPERATIONS {
        let made = |age: MaxAge| operation.make(&key, &Sign::at(NOW).max_age(age));
        assert_eq!(operation.read(&key, &made(MaxAge::seconds(1000)), &Verify::at(NOW)), Ok(1));
        let past = made(MaxAge::seconds(-1000));
        assert!(is_expired(&operation.read(&key, &past, &Verify::at(NOW))));
        assert_eq!(operation.read(&key, &past, &aged(0, MaxAge::seconds(1000))), Ok(1));
        let brief = made(MaxAge::seconds_f64(0.1).unwrap());
        assert!(is_expired(&operation.read(&key, &brief, &Verify::at(later(150)))));
    }
}

#[test]
fn the_moment_of_signing_is_in_seconds() {
    let key = TokenKey::derive(&secret(), "id");
    for operation in OPERATIONS {
        let day_ago = Timestamp::from_secs(NOW.as_millis() / 1000 - 86_400);
        let token = operation.make(&key, &Sign::at(day_ago));
        assert_eq!(operation.read(&key, &token, &aged(0, MaxAge::seconds(86_401))), Ok(1));
        assert!(is_expired(&operation.read(&key, &token, &aged(0, MaxAge::seconds(86_399)))));
        let next_year = operation.make(&key, &Sign::at(later(31_536_000_000)));
        assert_eq!(operation.read(&key, &next_year, &Verify::at(NOW)), Err(VerifyError::Invalid));
    }
}

#[test]
fn each_key_option_makes_another_key_and_the_defaults_make_none() {
    type Change = fn(TokenKeyBuilder<'_>) -> TokenKeyBuilder<'_>;
    let token = |change: Change| {
        let secret = secret();
        let key = change(TokenKey::builder(&secret, "id")).signing_only().build().unwrap();
        key.sign_at(&1, Timestamp::from_secs(0)).unwrap()
    };
    let changes: [Change; 7] = [
        |key| key,
        |key| key.iterations(1),
        |key| key.iterations(2),
        |key| key.digest(Digest::Sha384),
        |key| key.digest(Digest::Sha512),
        |key| key.length(16),
        |key| key.length(64),
    ];
    let tokens = changes.map(token);
    let distinct: std::collections::BTreeSet<_> = tokens.iter().collect();
    assert_eq!(distinct.len(), tokens.len());
    let stated = token(|key| key.length(32).digest(Digest::Sha256).iterations(1000));
    assert_eq!(tokens.first(), Some(&stated));
}

fn secret() -> SecretKeyBase {
    SecretKeyBase::new("abc123".repeat(5)).unwrap()
}

/// `sign` and `verify`, or `encrypt` and `decrypt`.
#[derive(Clone, Copy)]
enum Operation {
    Sign,
    Encrypt,
}

const OPERATIONS: [Operation; 2] = [Operation::Sign, Operation::Encrypt];

impl Operation {
    fn make(self, key: &TokenKey, options: &Sign) -> String {
        match self {
            Self::Sign => key.sign_with(&1, options),
            Self::Encrypt => key.encrypt_with(&1, options),
        }
        .unwrap()
    }

    fn read(self, key: &TokenKey, token: &str, options: &Verify) -> Result<u8, VerifyError> {
        match self {
            Self::Sign => key.verify_with(token, options),
            Self::Encrypt => key.decrypt_with(token, options),
        }
        .map(|verified| verified.data)
    }
}

fn later(millis: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis().saturating_add(millis))
}

/// Checked so many milliseconds later.
fn aged(millis: i64, age: MaxAge) -> Verify {
    Verify::at(later(millis)).max_age(age)
}

fn is_expired(read: &Result<u8, VerifyError>) -> bool {
    matches!(read, Err(VerifyError::Expired { .. }))
}
