//! No secret and no data is printed, in any spelling, by what a program is likely to log.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "common/printed.rs"]
mod printed;

use std::{collections::BTreeMap, fmt, panic::catch_unwind};

use phoenix_token::{
    EncryptionKey, Keyring, SecretKeyBase, Sign, SigningKey, Timestamp, TokenKey, Verify,
    cookie::{RememberMe, Session, SessionCookie, TokenCookie},
    csrf_protection::{CsrfProtection, CsrfToken},
    key_generator::{Params, derive},
    term::Term,
};
use printed::shows_none_of;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// 64 bytes, of which no eight are printed by chance.
const SECRET: &str = "pD0}xK*7_qW!z9~eR4(uB8&nT2^mY6%jLcV3)hG5$fS1@aQo-iZ+kE=dX|wJ;vC:";
const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);

#[test]
fn no_debug_shows_a_secret() {
    let secret = SecretKeyBase::new(SECRET).unwrap();
    let key = TokenKey::derive(&secret, "salt");
    let derived = derive(SECRET.as_bytes(), b"salt", &Params::new()).unwrap();
    let csrf = CsrfToken::from_session(&SECRET.as_bytes()[..24]).unwrap();
    let mut session = Session::new();
    session.put_term("secret", Term::from(SECRET));
    session.put_csrf_token(&csrf);
    let printed: [&dyn fmt::Debug; 18] = [
        &secret,
        &key,
        &TokenKey::builder(&secret, "salt"),
        &derived,
        &SigningKey::new(SECRET).unwrap(),
        &EncryptionKey::new(&SECRET[..32]).unwrap(),
        &Keyring::new(key.clone()),
        &Keyring::new(key.clone()).and(TokenKey::derive(&secret, "other")),
        &Keyring::new(key.clone()).and(key.clone()),
        &csrf,
        &CsrfProtection::new(&secret),
        &session,
        &SessionCookie::signed(&secret, "salt"),
        &SessionCookie::encrypted(&secret, "salt", "other"),
        &SessionCookie::builder(&secret, "salt"),
        &TokenCookie::signed(&secret, "name"),
        &TokenCookie::encrypted(&secret, "name"),
        &RememberMe::new(&secret, "app"),
    ];
    for value in printed {
        shows_nothing(&format!("{value:?}"), derived.secret_bytes());
        shows_nothing(&format!("{value:#?}"), derived.secret_bytes());
    }
    #[cfg(feature = "store")]
    {
        let token = phoenix_token::store::SessionToken::from_bytes(&SECRET.as_bytes()[..32]);
        shows_nothing(&format!("{token:?} {token:#?}"), b"");
    }
}

#[test]
fn no_error_and_no_panic_shows_a_secret() {
    for secret in [&SECRET[..19], &SECRET[..8]] {
        let error = SecretKeyBase::new(secret).unwrap_err();
        shows_nothing(&format!("{error} {error:?}"), b"");
    }
    for length in [1, 15, 31] {
        let error = EncryptionKey::new(&SECRET[..length]).unwrap_err();
        shows_nothing(&format!("{error} {error:?}"), b"");
    }
    let short = SecretKeyBase::new(&SECRET[..63]).unwrap();
    let error = SessionCookie::signed(&short, "salt").unwrap_err();
    shows_nothing(&format!("{error} {error:?}"), b"");

    // Authentic data of every kind as every other type.
    let bytes = SECRET.as_bytes();
    let text = || Term::from(SECRET);
    for data in [
        text(),
        Term::binary([bytes, b"\xff"].concat()),
        Term::atom(SECRET).unwrap(),
        Term::charlist(SECRET),
        Term::byte_list(bytes),
        Term::list([text(), Term::from(1)]),
        Term::tuple([text(), text()]),
        Term::map([(text(), text())]),
        Term::map([(Term::atom(SECRET).unwrap(), text())]),
        Term::map([(Term::atom("id").unwrap(), text())]),
        Term::tuple([Term::atom("named").unwrap(), text()]),
    ] {
        refused_as::<u64>(&data);
        refused_as::<bool>(&data);
        refused_as::<f64>(&data);
        refused_as::<char>(&data);
        refused_as::<(u8, u8)>(&data);
        refused_as::<Vec<u8>>(&data);
        refused_as::<Vec<bool>>(&data);
        refused_as::<Option<u8>>(&data);
        refused_as::<[u8; 3]>(&data);
        refused_as::<BTreeMap<String, u8>>(&data);
        refused_as::<BTreeMap<u8, u8>>(&data);
        refused_as::<User>(&data);
        refused_as::<Kind>(&data);
        refused_as::<Untagged>(&data);
    }
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    id: u64,
}

#[derive(Debug, Serialize, Deserialize)]
enum Kind {
    Named(u8),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Pair(u8, u8),
}

fn refused_as<T: DeserializeOwned + fmt::Debug>(data: &Term) {
    let key = TokenKey::builder(&SecretKeyBase::new(SECRET).unwrap(), "salt")
        .iterations(1)
        .build()
        .unwrap();
    let token = key.sign_term(data, &Sign::at(NOW)).unwrap();
    let Err(error) = key.verify_with::<T>(&token, &Verify::at(NOW)) else { return };
    shows_nothing(&format!("{error} {error:?} {error:#?}"), b"");
    let panic = catch_unwind(|| key.verify_at::<T>(&token, NOW).unwrap()).unwrap_err();
    let message = panic.downcast_ref::<String>().unwrap();
    shows_nothing(message, b"");
}

#[test]
#[should_panic(expected = "shows a secret")]
fn a_secret_that_is_printed_is_noticed() {
    shows_nothing(&format!("{:?}", &SECRET.as_bytes()[7..30]), b"");
}

#[test]
fn every_spelling_is_noticed() {
    let bytes = &SECRET.as_bytes()[5..40];
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    for printed in [
        SECRET[20..33].to_owned(),
        hex.clone(),
        hex.to_uppercase(),
        format!("{bytes:?}"),
        format!("{bytes:x?}"),
    ] {
        assert!(catch_unwind(|| shows_nothing(&printed, b"")).is_err(), "{printed}");
    }
}

fn shows_nothing(printed: &str, other: &[u8]) {
    shows_none_of(printed, &[SECRET.as_bytes(), other]);
}
