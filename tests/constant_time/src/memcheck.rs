//! Each operation on secrets with their bytes marked undefined: `valgrind -q memcheck`.
//!
//! memcheck follows undefined bits through all that is computed of them, and reports a branch or an
//! address that depends on one. A refusal itself is no secret: the branch between accepting and
//! refusing a message is allowed, with what the compiler makes to depend on it, and is the same
//! whichever bytes differ.

mod client_requests;

use std::{hint::black_box, process::ExitCode};

use client_requests::{errors, is_running, make_public, make_secret};
use phoenix_token::{
    EncryptionKey, SecretKeyBase, SigningKey, TokenKey,
    csrf_protection::CsrfToken,
    key_generator::{Digest, Params, derive},
    message_encryptor, message_verifier,
};

const KEY: [u8; 32] = *b"a secret key of thirty-two bytes";
/// Short, for an accepted one is copied from an address that depends on the verdict, and valgrind's own
/// `memcpy`, where that is reported, goes byte by byte.
const MESSAGE: &[u8] = b"m";
const DIGESTS: [Digest; 3] = [Digest::Sha256, Digest::Sha384, Digest::Sha512];

fn main() -> ExitCode {
    if !is_running() {
        eprintln!("run this program under valgrind");
        return ExitCode::FAILURE;
    }
    let mut all = Cases { failed: false };
    macs(&mut all);
    ciphers(&mut all);
    keys(&mut all);
    csrf_tokens(&mut all);
    #[cfg(feature = "store")]
    session_tokens(&mut all);
    controls(&mut all);
    ExitCode::from(u8::from(all.failed))
}

fn macs(all: &mut Cases) {
    for digest in DIGESTS {
        let genuine = message_verifier::sign(MESSAGE, &SigningKey::new(KEY).unwrap(), digest);
        let signature = genuine.rfind('.').unwrap() + 1;
        let key = secret_signing_key();
        for (name, at) in [("first", signature), ("last", genuine.len() - 2)] {
            let wrong = replaced(&genuine, at);
            all.case(&format!("{digest:?}: a MAC whose {name} byte differs"), VERDICT, || {
                message_verifier::verify(&wrong, &key).is_ok()
            });
        }
        all.case(&format!("{digest:?}: a genuine MAC"), ACCEPTED, || {
            message_verifier::verify(&genuine, &key).is_ok()
        });
    }
}

fn ciphers(all: &mut Cases) {
    let key = EncryptionKey::new(KEY).unwrap();
    let xcp = message_encryptor::encrypt(MESSAGE, b"aad", &key).unwrap();
    let gcm = message_encryptor::v1::encrypt(MESSAGE, b"aad", &key, b"sign secret").unwrap();
    let bytes = KEY;
    make_secret(&bytes);
    let key = EncryptionKey::new(bytes).unwrap();
    let decrypt =
        |token: &str| message_encryptor::decrypt(token, b"aad", &key, b"sign secret").is_ok();
    // The tag of XCP follows 24 bytes of nonce; those of A128GCM stand at the end and, of the content
    // key, after its 16 bytes.
    let (gcm_key, gcm_tag) = ("QTEyOEdDTQ.".len() + 22, gcm.len() - 22);
    for (name, token, at) in [
        ("XCP: a tag whose first byte differs", &xcp, 4 + 32),
        ("XCP: a tag whose last byte differs", &xcp, 4 + 32 + 20),
        ("A128GCM: a key's tag whose first byte differs", &gcm, gcm_key),
        ("A128GCM: a key's tag whose last byte differs", &gcm, gcm_key + 20),
    ] {
        let wrong = replaced(token, at);
        all.case(name, VERDICT, || decrypt(&wrong));
    }
    // Here the key's tag is genuine.
    for (name, at) in [("first", gcm_tag), ("last", gcm_tag + 20)] {
        let wrong = replaced(&gcm, at);
        let name = format!("A128GCM: a tag whose {name} byte differs");
        all.case(&name, Reports::UpTo(4), || decrypt(&wrong));
    }
    all.case("XCP: a genuine tag", ACCEPTED, || decrypt(&xcp));
    all.case("A128GCM: a genuine tag", ACCEPTED, || decrypt(&gcm));
}

fn keys(all: &mut Cases) {
    for digest in DIGESTS {
        all.case(&format!("{digest:?}: a derived key"), Reports::None, || {
            let secret = KEY;
            make_secret(&secret);
            let params = Params::new().iterations(2).length(80).digest(digest);
            derive(&secret, b"salt", &params).is_ok()
        });
    }
    all.case("a token key", Reports::None, || {
        let secret = KEY;
        make_secret(&secret);
        let secret = SecretKeyBase::new(secret).unwrap();
        TokenKey::builder(&secret, "salt").iterations(2).build().is_ok()
    });
}

fn csrf_tokens(all: &mut Cases) {
    let session = *b"0123456789abcdefghijklmn";
    let masked = CsrfToken::from_session(&session).unwrap().mask().unwrap();
    let secret = session;
    make_secret(&secret);
    let token = CsrfToken::from_session(&secret).unwrap();
    for (name, given) in [
        ("a genuine mask", masked.clone()),
        ("a mask whose first byte differs", replaced(&masked, 0)),
        ("a mask whose last byte differs", replaced(&masked, 55)),
    ] {
        all.case(&format!("CSRF: {name}"), Reports::None, || token.accepts_masked(&given));
    }
    all.case("CSRF: masking, as base64url", Reports::None, || token.mask().is_ok());
    all.case("CSRF: a masked token that is itself a secret", VERDICT, || {
        let given = masked.clone();
        make_secret(given.as_bytes());
        token.accepts_masked(&given)
    });
}

#[cfg(feature = "store")]
fn session_tokens(all: &mut Cases) {
    use phoenix_token::store::SessionToken;
    let secret = KEY;
    make_secret(&secret);
    let token = SessionToken::from_bytes(&secret).unwrap();
    for (name, at) in
        [("equal", None), ("differ in the first byte", Some(0)), ("in the last", Some(31))]
    {
        let mut other = KEY;
        at.map(|at: usize| other[at] ^= 1);
        let other = SessionToken::from_bytes(&other).unwrap();
        all.case(&format!("session tokens: {name}"), Reports::None, || token == other);
    }
    all.case("a session token as base64url", Reports::None, || !token.to_base64url().is_empty());
    let text = SessionToken::from_bytes(&KEY).unwrap().to_base64url();
    make_secret(text.as_bytes());
    all.case("a session token from base64url", VERDICT, || {
        SessionToken::from_base64url(&text).is_some()
    });
}

/// What must be reported, or the reports mean nothing.
fn controls(all: &mut Cases) {
    let secret = KEY;
    make_secret(&secret);
    for (name, other) in [("equal", KEY), ("different", [0; 32])] {
        all.case(
            &format!("control, a comparison that returns early: {name}"),
            Reports::Some,
            || black_box(&secret).iter().zip(black_box(&other)).all(|(one, other)| one == other),
        );
    }
    let table: [u8; 256] = std::array::from_fn(|at| at as u8 ^ 0x5a);
    all.case("control, a table looked up by a secret", Reports::Some, || {
        let looked_up = secret.map(|byte| black_box(&table)[usize::from(byte)]);
        black_box(looked_up);
        true
    });
}

struct Cases {
    failed: bool,
}

/// How many reports there may be.
#[derive(Clone, Copy, Debug)]
enum Reports {
    None,
    UpTo(u64),
    Some,
}

/// The verdict, where it is found and where it is handed on.
const VERDICT: Reports = Reports::UpTo(2);

/// What is returned depends on the verdict, to the compiler, down to its address.
const ACCEPTED: Reports = Reports::UpTo(16);

impl Cases {
    fn case(&mut self, name: &str, expected: Reports, run: impl FnOnce() -> bool) {
        let before = errors();
        let verdict = black_box(run());
        make_public(&verdict);
        let seen = errors() - before;
        let as_expected = match expected {
            Reports::None => seen == 0,
            Reports::UpTo(number) => seen <= number,
            Reports::Some => seen > 0,
        };
        self.failed |= !as_expected;
        let mark = if as_expected { "ok" } else { "WRONG" };
        println!("{mark}: {name}: {verdict}, {seen} reports, expected {expected:?}");
    }
}

fn secret_signing_key() -> SigningKey {
    let key = KEY;
    make_secret(&key);
    SigningKey::new(key).unwrap()
}

/// The text with another character of base64url at a position.
fn replaced(text: &str, at: usize) -> String {
    let other = if text.as_bytes()[at] == b'A' { 'B' } else { 'A' };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}
