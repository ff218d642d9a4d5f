//! Secrets leave nothing behind in memory that is given back: each block is looked at when it is
//! freed.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde"))]
#![allow(unsafe_code, reason = "an allocator can be replaced in no other way")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "common/freed.rs"]
#[allow(unreachable_pub, reason = "a module of tests")]
mod freed;

use std::collections::HashMap;

use freed::{held_after_drop, left_anywhere, left_behind};
use phoenix_token::{
    EncryptionKey, Keyring, SecretKeyBase, Sign, SigningKey, Timestamp, TokenKey, Verify,
    cookie::{RememberMe, Session, SessionCookie, SetCookie, TokenCookie},
    csrf_protection::{CsrfProtection, CsrfToken},
    key_generator::{Params, derive},
    message_encryptor,
    term::{Limits, Term},
};

const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);

/// No block holds a part of this by chance.
const SECRET: [u8; 64] = *b"pD0}xK*7_qW!z9~eR4(uB8&nT2^mY6%jLcV3)hG5$fS1@aQo-iZ+kE=dX|wJ;vC:";

fn secret() -> SecretKeyBase {
    SecretKeyBase::new(SECRET).unwrap()
}

fn key(salt: &str) -> TokenKey {
    TokenKey::builder(&secret(), salt).iterations(1).build().unwrap()
}

#[test]
fn a_dropped_key_of_any_kind_is_zeroed() {
    let params = Params::new().iterations(1);
    assert_eq!(held_after_drop(secret), 0, "SecretKeyBase");
    assert_eq!(held_after_drop(|| secret().clone()), 0, "a clone");
    assert_eq!(held_after_drop(|| derive(&SECRET, b"salt", &params).unwrap()), 0, "DerivedKey");
    assert_eq!(held_after_drop(|| SigningKey::new(SECRET).unwrap()), 0, "SigningKey");
    for length in [16, 24, 32, 64] {
        let key = || EncryptionKey::new(&SECRET[..length]).unwrap();
        assert_eq!(held_after_drop(key), 0, "EncryptionKey of {length} bytes");
    }
    assert_eq!(held_after_drop(|| key("salt")), 0, "TokenKey");
    let a128gcm = || TokenKey::builder(&secret(), "salt").iterations(1).a128gcm().build().unwrap();
    assert_eq!(held_after_drop(a128gcm), 0, "TokenKey for A128GCM");
    let ring = || Keyring::new(key("one")).and(key("other")).unwrap();
    assert_eq!(held_after_drop(ring), 0, "Keyring");
}

#[test]
fn a_dropped_key_of_cookies_is_zeroed() {
    let session = || SessionCookie::signed(&secret(), "salt").unwrap();
    assert_eq!(held_after_drop(session), 0, "a signed session");
    let session = || SessionCookie::encrypted(&secret(), "one", "other").unwrap();
    assert_eq!(held_after_drop(session), 0, "an encrypted session");
    assert_eq!(held_after_drop(|| TokenCookie::signed(&secret(), "a").unwrap()), 0);
    assert_eq!(held_after_drop(|| TokenCookie::encrypted(&secret(), "a").unwrap()), 0);
    let remember_me = || RememberMe::with_options(&secret(), SetCookie::new("a")).unwrap();
    assert_eq!(held_after_drop(remember_me), 0, "the remember-me cookie");
    assert_eq!(held_after_drop(|| CsrfProtection::new(&secret())), 0, "CsrfProtection");
}

#[test]
fn a_dropped_csrf_token_is_zeroed() {
    let token = || Box::new(CsrfToken::from_session(&SECRET[..24]).unwrap());
    assert_eq!(held_after_drop(token), 0);
    assert_eq!(left_anywhere(&SECRET[..24], || token().mask().unwrap()), 0);
    assert_eq!(
        left_behind(&SECRET[..24], || { token().accepts_masked(&token().mask().unwrap()) }),
        0
    );
}

#[cfg(feature = "store")]
#[test]
fn a_dropped_session_or_email_token_is_zeroed() {
    use phoenix_token::store::SessionToken;
    let token = || Box::new(SessionToken::from_bytes(&SECRET[..32]).unwrap());
    assert_eq!(held_after_drop(token), 0);
    let text = token().to_base64url();
    let read = || Box::new(SessionToken::from_base64url(&text).unwrap());
    assert_eq!(held_after_drop(read), 0);
    assert_eq!(left_behind(&SECRET[..32], read), 0);
    assert_eq!(held_after_drop(|| Box::new(SessionToken::random().unwrap())), 0);
}

#[test]
fn nothing_of_a_secret_stays_behind_when_keys_are_derived_of_it() {
    for salt in ["", "salt"] {
        assert_eq!(left_behind(&SECRET, || key(salt)), 0);
        assert_eq!(left_behind(&SECRET, || derive(&SECRET, salt.as_bytes(), &Params::new())), 0);
    }
    assert_eq!(left_behind(&SECRET, || SecretKeyBase::new(SECRET).unwrap()), 0);
    let short = Vec::from(&SECRET[..19]);
    assert_eq!(left_behind(&SECRET[..19], || SecretKeyBase::new(short).is_err()), 0, "refused");
}

#[test]
fn a_decrypted_payload_is_nowhere_but_in_what_is_returned() {
    let key = key("salt");
    for repeated in [1, 3, 20, 1000] {
        let data = Term::binary(SECRET.repeat(repeated));
        let plain = key.encrypt_term(&data, &Sign::at(NOW)).unwrap();
        let decrypted =
            left_behind(&SECRET, || key.decrypt_term(&plain, &Verify::at(NOW)).unwrap());
        assert_eq!(decrypted, 0, "{repeated}");
        let text = || key.decrypt_at::<String>(&plain, NOW).unwrap();
        assert_eq!(left_behind(&SECRET, text), 0, "{repeated}, by serde");
        let wrong = || key.decrypt_at::<u64>(&plain, NOW).unwrap_err();
        assert_eq!(left_behind(&SECRET, wrong), 0, "{repeated}, of another type");
        let late = Timestamp::from_millis(NOW.as_millis() * 2);
        let expired = || key.decrypt_term(&plain, &Verify::at(late)).unwrap_err();
        assert_eq!(left_behind(&SECRET, expired), 0, "{repeated}, expired");

        #[cfg(feature = "compressed")]
        {
            let options = Sign::at(NOW).compressed();
            let compressed = key.encrypt_term(&data, &options).unwrap();
            let inflated = || key.decrypt_term(&compressed, &Verify::at(NOW)).unwrap();
            assert_eq!(left_behind(&SECRET, inflated), 0, "{repeated}, compressed");
        }
        let sealed = EncryptionKey::new(&SECRET[..32]).unwrap();
        let message = SECRET.repeat(repeated);
        let token = message_encryptor::encrypt(&message, b"", &sealed).unwrap();
        let opened = || message_encryptor::decrypt(&token, b"", &sealed, b"").unwrap();
        assert_eq!(left_behind(&SECRET, opened), 0, "{repeated}, a bare message");
    }
}

/// How often these bytes are found once the data was encrypted into a string that has room for it: where
/// one grows, the allocator copies what is in it.
fn found_after_encrypting<T: serde::Serialize>(bytes: &[u8], data: &T, options: &Sign) -> usize {
    let key = key("salt");
    left_anywhere(bytes, || {
        let mut token = String::with_capacity(4000);
        let made = key.encrypt_into(data, options, &mut token);
        (token, made.is_ok())
    })
}

/// In Erlang's order of keys `secret` goes behind `number`.
#[derive(serde::Serialize)]
struct OutOfOrder {
    secret: String,
    number: u8,
}

#[test]
fn what_is_put_in_order_before_it_is_encrypted_is_nowhere_else_afterwards() {
    for repeated in [1, 3, 5, 20] {
        let secret = String::from_utf8(SECRET.repeat(repeated)).unwrap();
        let map = HashMap::from([(1, &*secret), (2, ""), (3, ""), (4, ""), (5, "")]);
        let fields = OutOfOrder { secret: secret.clone(), number: 7 };
        let (of_map, of_struct) = (
            found_after_encrypting(&SECRET, &map, &Sign::at(NOW)),
            found_after_encrypting(&SECRET, &fields, &Sign::at(NOW)),
        );
        assert_eq!((of_map, of_struct), (0, 0), "{repeated}");
    }
}

#[cfg(feature = "compressed")]
#[test]
fn what_is_compressed_before_it_is_encrypted_is_nowhere_afterwards() {
    // Once, it is not shorter for being compressed, and stays as it is.
    for repeated in [1, 2, 3, 20] {
        let secret = String::from_utf8(SECRET.repeat(repeated)).unwrap();
        let found = found_after_encrypting(&SECRET, &secret, &Sign::at(NOW).compressed());
        assert_eq!(found, 0, "{repeated}");
    }
}

#[test]
fn a_list_of_bytes_that_is_encrypted_is_nowhere_afterwards() {
    let listed: Vec<u8> = SECRET.iter().flat_map(|&byte| [97, byte]).collect();
    for repeated in [1, 3, 20] {
        let bytes = SECRET.repeat(repeated);
        // As a list first, of which each element has a tag of its own.
        assert_eq!(found_after_encrypting(&listed[64..], &bytes, &Sign::at(NOW)), 0, "{repeated}");
        assert_eq!(found_after_encrypting(&SECRET, &bytes, &Sign::at(NOW)), 0, "{repeated}");
    }
}

#[test]
fn what_could_not_be_encrypted_is_nowhere_afterwards() {
    let by = Sign::at(NOW);
    let secret = String::from_utf8(SECRET.to_vec()).unwrap();
    assert_eq!(found_after_encrypting(&SECRET, &(&secret, f64::NAN), &by), 0, "no float");
    let careless = [("a", &secret), ("a", &secret)];
    assert_eq!(found_after_encrypting(&SECRET, &Pairs(&careless), &by), 0, "a key twice");
    let deep = (&secret, Term::tuple([Term::tuple([])]));
    let by_depth = by.limits(Limits::new().depth(2));
    assert_eq!(found_after_encrypting(&SECRET, &deep, &by_depth), 0, "too deep");
    let by_size = by.limits(Limits::new().size(60));
    assert_eq!(found_after_encrypting(&SECRET, &secret, &by_size), 0, "too large");

    let key = key("salt");
    let by_term = Term::tuple([Term::binary(SECRET), Term::tuple([Term::tuple([])])]);
    let failed = || key.encrypt_term(&by_term, &by_depth).unwrap_err();
    assert_eq!(left_anywhere(&SECRET, failed), 0, "a term");
    let failed = || key.encrypt_at(&(&secret, f64::NAN), NOW).unwrap_err();
    assert_eq!(left_anywhere(&SECRET, failed), 0, "a block of its own");
    let mut session = Session::new();
    session.put_term("secret", by_term);
    let base = self::secret();
    let cookie = SessionCookie::builder(&base, "one").encryption_salt("other");
    let cookie = cookie.limits(Limits::new().depth(3)).build().unwrap();
    assert_eq!(left_anywhere(&SECRET, || cookie.write(&session).unwrap_err()), 0, "a session");
}

#[test]
#[cfg(any(feature = "cbor", feature = "json"))]
fn what_another_format_wrote_of_what_is_encrypted_is_nowhere_afterwards() {
    let secret = String::from_utf8(SECRET.to_vec()).unwrap();
    let base = self::secret();
    let cookie = SessionCookie::builder(&base, "one").encryption_salt("other").build().unwrap();
    #[cfg(feature = "cbor")]
    {
        let data = phoenix_token::Cbor(secret.as_str());
        assert_eq!(found_after_encrypting(&SECRET, &data, &Sign::at(NOW)), 0, "CBOR");
        let deep = (0..200).fold(Term::from(1), |inner, _| Term::list([inner]));
        let data = phoenix_token::Cbor((deep, secret.as_str()));
        assert_eq!(found_after_encrypting(&SECRET, &data, &Sign::at(NOW)), 0, "too deep for CBOR");
    }
    #[cfg(feature = "json")]
    {
        /// It is read back before it is sent, into a value that is wiped only if its type does so.
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Wiped(String);

        impl Drop for Wiped {
            fn drop(&mut self) {
                zeroize::Zeroize::zeroize(&mut self.0);
            }
        }

        let data = phoenix_token::cookie::Json(Wiped(secret.clone()));
        assert_eq!(left_anywhere(&SECRET, || cookie.write(&data).unwrap()), 0, "JSON");
    }
    let _ = cookie;
}

/// A map of these pairs, whatever their keys.
struct Pairs<'a>(&'a [(&'a str, &'a String)]);

impl serde::Serialize for Pairs<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

#[test]
fn an_encrypted_session_is_nowhere_but_in_what_is_returned() {
    let cookie = SessionCookie::encrypted(&secret(), "one", "other").unwrap();
    for repeated in [1, 3, 30] {
        let mut session = Session::new();
        session.put_term("secret", Term::binary(SECRET.repeat(repeated)));
        let written = cookie.write(&session).unwrap();
        assert_eq!(left_behind(&SECRET, || cookie.read(&written).unwrap()), 0, "{repeated}");
    }
}

#[test]
fn bytes_that_are_not_zeroed_are_found() {
    assert!(held_after_drop(|| Box::new(SECRET)) > 0);
    assert!(held_after_drop(|| vec![Box::new(SECRET)]) > 0, "behind a pointer");
    assert!(left_behind(&SECRET, || std::hint::black_box(Vec::from(SECRET)).len()) > 0);
    let grown = || {
        let mut grown = Vec::from(SECRET);
        grown.resize(1000, 0);
        grown
    };
    assert!(left_behind(&SECRET, grown) > 0, "the place that it grew out of");
    let cut = || {
        let mut cut = Vec::from(SECRET);
        cut.clear();
        cut
    };
    assert!(left_anywhere(&SECRET, cut) > 0, "behind the end of what is returned");
}
