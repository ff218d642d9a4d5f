//! What a user would pick instead, each as its own documentation shows it: a token of some data,
//! valid for a day, made and checked by the clock.

use cookie::{Cookie, CookieJar};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use rusty_paseto::core::{Key, Local, Paseto, PasetoNonce, PasetoSymmetricKey, Payload, V4};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::measure::{Case, Kind::Peer};

/// What a token says: its data, when it was signed, and until when it is valid.
#[derive(Serialize, Deserialize)]
struct Claims<T> {
    data: T,
    iat: u64,
    exp: u64,
}

impl<T> Claims<T> {
    fn new(data: T) -> Self {
        let iat = now();
        Self { data, iat, exp: iat + 86_400 }
    }
}

fn now() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_secs()
}

fn json<T: Serialize>(data: T) -> String {
    serde_json::to_string(&Claims::new(data)).unwrap()
}

fn parsed<T: DeserializeOwned>(json: &[u8]) -> T {
    let claims: Claims<T> = serde_json::from_slice(json).unwrap();
    assert!(claims.exp > now());
    claims.data
}

pub fn sign<T: Serialize>(data: &'static T) -> Vec<Case<'static>> {
    let key = EncodingKey::from_secret(&[7; 32]);
    let jwt = Case::new(Peer, "jsonwebtoken HS256", move || {
        jsonwebtoken::encode(&Header::default(), &Claims::new(data), &key)
    });
    let verifier = message_verifier::Verifier::new(std::str::from_utf8(&[b'7'; 32]).unwrap());
    let rails =
        Case::new(Peer, "message_verifier", move || verifier.generate(&json(data)).unwrap());
    vec![jwt, signed_jar_add(data), rails]
}

pub fn verify<T: Serialize + DeserializeOwned>(data: &'static T) -> Vec<Case<'static>> {
    let claims = Claims::new(data);
    let key = EncodingKey::from_secret(&[7; 32]);
    let token = jsonwebtoken::encode(&Header::default(), &claims, &key).unwrap();
    let key = DecodingKey::from_secret(&[7; 32]);
    let validation = Validation::new(Algorithm::HS256);
    let jwt = Case::new(Peer, "jsonwebtoken HS256", move || {
        jsonwebtoken::decode::<Claims<T>>(&token, &key, &validation).unwrap().claims.data
    });
    let verifier = message_verifier::Verifier::new(std::str::from_utf8(&[b'7'; 32]).unwrap());
    let token = verifier.generate(&json(data)).unwrap();
    let rails =
        Case::new(Peer, "message_verifier", move || parsed::<T>(&verifier.verify(&token).unwrap()));
    vec![jwt, signed_jar_get(data), rails]
}

pub fn encrypt<T: Serialize>(data: &'static T) -> Vec<Case<'static>> {
    let key = pasetors::keys::SymmetricKey::<pasetors::version4::V4>::from(&[7; 32]).unwrap();
    let pasetors = Case::new(Peer, "pasetors v4.local", move || {
        pasetors::version4::LocalToken::encrypt(&key, json(data).as_bytes(), None, None).unwrap()
    });
    let key = PasetoSymmetricKey::<V4, Local>::from(Key::<32>::from([7; 32]));
    let rusty = Case::new(Peer, "rusty_paseto v4.local", move || rusty_token(&key, &json(data)));
    let branca = Case::new(Peer, "branca", move || {
        let json = serde_json::to_vec(data).unwrap();
        branca::encode(&json, &[7; 32], now() as u32).unwrap()
    });
    let fernet = fernet::Fernet::new(FERNET_KEY).unwrap();
    let fernet =
        Case::new(Peer, "fernet", move || fernet.encrypt(&serde_json::to_vec(data).unwrap()));
    vec![pasetors, rusty, branca, fernet, private_jar_add(data)]
}

pub fn decrypt<T: Serialize + DeserializeOwned>(data: &'static T) -> Vec<Case<'static>> {
    let key = pasetors::keys::SymmetricKey::<pasetors::version4::V4>::from(&[7; 32]).unwrap();
    let token =
        pasetors::version4::LocalToken::encrypt(&key, json(data).as_bytes(), None, None).unwrap();
    let pasetors = Case::new(Peer, "pasetors v4.local", move || {
        let token = pasetors::token::UntrustedToken::try_from(&token).unwrap();
        let trusted = pasetors::version4::LocalToken::decrypt(&key, &token, None, None).unwrap();
        parsed::<T>(trusted.payload().as_bytes())
    });
    let key = PasetoSymmetricKey::<V4, Local>::from(Key::<32>::from([7; 32]));
    let token = rusty_token(&key, &json(data));
    let rusty = Case::new(Peer, "rusty_paseto v4.local", move || {
        let payload = Paseto::<V4, Local>::try_decrypt(&token, &key, None, None).unwrap();
        parsed::<T>(payload.as_bytes())
    });
    let token = branca::encode(&serde_json::to_vec(data).unwrap(), &[7; 32], now() as u32).unwrap();
    let branca = Case::new(Peer, "branca", move || {
        let payload = branca::decode(&token, &[7; 32], 86_400).unwrap();
        serde_json::from_slice::<T>(&payload).unwrap()
    });
    let fernet = fernet::Fernet::new(FERNET_KEY).unwrap();
    let token = fernet.encrypt(&serde_json::to_vec(data).unwrap());
    let fernet = Case::new(Peer, "fernet", move || {
        let payload = fernet.decrypt_with_ttl(&token, 86_400).unwrap();
        serde_json::from_slice::<T>(&payload).unwrap()
    });
    vec![pasetors, rusty, branca, fernet, private_jar_get(data)]
}

pub fn signed_jar_add<T: Serialize>(data: &'static T) -> Case<'static> {
    let key = cookie::Key::from(&[7; 64]);
    Case::new(Peer, "cookie, signed", move || {
        let mut jar = CookieJar::new();
        jar.signed_mut(&key).add(Cookie::new("user", plain(data)));
        jar
    })
}

pub fn signed_jar_get<T: Serialize + DeserializeOwned>(data: &'static T) -> Case<'static> {
    let key = cookie::Key::from(&[7; 64]);
    let mut jar = CookieJar::new();
    jar.signed_mut(&key).add(Cookie::new("user", plain(data)));
    let value = jar.get("user").unwrap().value().to_owned();
    Case::new(Peer, "cookie, signed", move || {
        let mut jar = CookieJar::new();
        jar.add_original(Cookie::new("user", value.clone()));
        let cookie = jar.signed(&key).get("user").unwrap();
        serde_json::from_str::<T>(cookie.value()).unwrap()
    })
}

pub fn private_jar_add<T: Serialize>(data: &'static T) -> Case<'static> {
    let key = cookie::Key::from(&[7; 64]);
    Case::new(Peer, "cookie, private", move || {
        let mut jar = CookieJar::new();
        jar.private_mut(&key).add(Cookie::new("user", plain(data)));
        jar
    })
}

pub fn private_jar_get<T: Serialize + DeserializeOwned>(data: &'static T) -> Case<'static> {
    let key = cookie::Key::from(&[7; 64]);
    let mut jar = CookieJar::new();
    jar.private_mut(&key).add(Cookie::new("user", plain(data)));
    let value = jar.get("user").unwrap().value().to_owned();
    Case::new(Peer, "cookie, private", move || {
        let mut jar = CookieJar::new();
        jar.add_original(Cookie::new("user", value.clone()));
        let cookie = jar.private(&key).get("user").unwrap();
        serde_json::from_str::<T>(cookie.value()).unwrap()
    })
}

const FERNET_KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

/// A cookie has no time of its own.
fn plain<T: Serialize>(data: T) -> String {
    serde_json::to_string(&data).unwrap()
}

fn rusty_token(key: &PasetoSymmetricKey<V4, Local>, json: &str) -> String {
    let nonce = Key::<32>::try_new_random().unwrap();
    Paseto::<V4, Local>::builder()
        .set_payload(Payload::from(json))
        .try_encrypt(key, &PasetoNonce::<V4, Local>::from(&nonce))
        .unwrap()
}
