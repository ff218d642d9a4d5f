//! Nothing passes where it was not made for: under another secret, salt, option or operation, or
//! changed in a single byte.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use phoenix_token::{
    EncryptionKey, MaxAge, SecretKeyBase, SigningKey, Timestamp, TokenKey, Verify, VerifyError,
    cookie::{RememberMe, Session, SessionCookie, TokenCookie},
    csrf_protection::{CsrfProtection, CsrfToken},
    key_generator::Digest,
    message_encryptor, message_verifier,
    term::Term,
};

const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);
const DIGESTS: [Digest; 3] = [Digest::Sha256, Digest::Sha384, Digest::Sha512];

#[test]
fn nothing_passes_under_a_key_made_with_another_option() {
    let keys = keys();
    assert_eq!(keys.len(), 2 * 2 * 3 * 2 * 4);
    let mut passed = 0;
    for (made_by, maker) in keys.iter().enumerate() {
        let signed = maker.signing.sign_at(&42, NOW).unwrap();
        let xcp = maker.xcp.as_ref().map(|key| key.encrypt_at(&42, NOW).unwrap());
        let gcm = maker.a128gcm.as_ref().map(|key| key.encrypt_at(&42, NOW).unwrap());
        for (read_by, reader) in keys.iter().enumerate() {
            for key in reader.all() {
                let own = made_by == read_by;
                passed += usize::from(own);
                assert_eq!(key.verify_at::<u8>(&signed, NOW).is_ok(), own);
                assert_eq!(key.decrypt_at::<u8>(&signed, NOW).err(), Some(VerifyError::Invalid));
                for encrypted in xcp.iter().chain(&gcm) {
                    let verified = key.verify_at::<u8>(encrypted, NOW);
                    assert_eq!(verified.err(), Some(VerifyError::Invalid));
                }
            }
            for key in reader.xcp.iter().chain(&reader.a128gcm) {
                for encrypted in xcp.iter().chain(&gcm) {
                    let own = made_by == read_by;
                    assert_eq!(key.decrypt_at::<u8>(encrypted, NOW).is_ok(), own);
                }
            }
        }
    }
    assert!(passed >= keys.len());
}

/// The keys of one combination of options.
struct Keys {
    signing: TokenKey,
    xcp: Option<TokenKey>,
    a128gcm: Option<TokenKey>,
}

impl Keys {
    fn all(&self) -> impl Iterator<Item = &TokenKey> {
        [&self.signing].into_iter().chain(&self.xcp).chain(&self.a128gcm)
    }
}

fn keys() -> Vec<Keys> {
    let mut keys = Vec::new();
    for secret in ["a secret key base of twenty bytes", "A secret key base of twenty bytes"] {
        let secret = SecretKeyBase::new(secret).unwrap();
        for salt in ["user auth", "user auth "] {
            for digest in DIGESTS {
                for iterations in [1, 2] {
                    for length in [16, 24, 32, 64] {
                        let builder = || {
                            let builder = TokenKey::builder(&secret, salt).digest(digest);
                            builder.iterations(iterations).length(length)
                        };
                        keys.push(Keys {
                            signing: builder().signing_only().build().unwrap(),
                            xcp: builder().build().ok(),
                            // Of a longer key A128GCM takes the first 32 bytes: those of another.
                            a128gcm: builder().a128gcm().build().ok().filter(|_| length <= 32),
                        });
                    }
                }
            }
        }
    }
    keys
}

#[test]
fn no_digest_passes_for_another_where_one_is_asked_for() {
    let key = SigningKey::new("secret").unwrap();
    for made in DIGESTS {
        let signed = message_verifier::sign(b"message", &key, made);
        for asked in DIGESTS {
            let verified = message_verifier::verify_pinned(&signed, &key, asked);
            assert_eq!(verified.is_ok(), made == asked);
        }
        for header in ["SFMyNTY", "SFMzODQ", "SFM1MTI", "bm9uZQ", "TkhTMjU2", ""] {
            let (own, rest) = signed.split_once('.').unwrap();
            let relabelled = format!("{header}.{rest}");
            let verified = message_verifier::verify(&relabelled, &key);
            assert_eq!(verified.is_ok(), header == own, "{relabelled}");
            let (message, _) = rest.split_once('.').unwrap();
            for signature in ["", "."] {
                let unsigned = format!("{header}.{message}{signature}");
                assert!(message_verifier::verify(&unsigned, &key).is_err(), "{unsigned}");
            }
        }
    }
}

#[test]
fn a_token_is_no_session_and_a_session_no_token_even_under_one_salt() {
    let secret = secret();
    let salt = "sess_cookie";
    let session = SessionCookie::signed(&secret, salt).unwrap();
    let key = TokenKey::derive(&secret, salt);
    let cookie = TokenCookie::signed(&secret, "sess").unwrap();
    let encrypted_cookie = TokenCookie::encrypted(&secret, "sess").unwrap();

    let token = key.sign_at(&42, NOW).unwrap();
    assert_eq!(session.read(&token), Err(VerifyError::Invalid));
    let written = session.write(&some_session()).unwrap();
    let ageless = Verify::at(NOW).max_age(MaxAge::INFINITY);
    assert_eq!(key.verify_term(&written, &ageless), Err(VerifyError::Invalid));
    assert_eq!(cookie.read_term(&written, &ageless).err(), Some(VerifyError::Invalid));

    // A signed cookie is a token of its salt, as it is in Plug; one of the other kind never passes.
    assert!(cookie.read_at::<u8>(&token, NOW).is_ok());
    assert_eq!(encrypted_cookie.read_at::<u8>(&token, NOW).err(), Some(VerifyError::Invalid));
    let encrypted = key.encrypt_at(&42, NOW).unwrap();
    assert!(encrypted_cookie.read_at::<u8>(&encrypted, NOW).is_ok());
    assert_eq!(cookie.read_at::<u8>(&encrypted, NOW).err(), Some(VerifyError::Invalid));
    assert_eq!(session.read(&encrypted), Err(VerifyError::Invalid));
}

#[test]
fn any_byte_of_a_message_may_be_no_other() {
    for Message { name, text, accepts } in messages() {
        assert!(accepts(&text), "{name}");
        let mut refused = 0_u32;
        for at in 0..text.len() {
            for other in (0..=0x7f_u8).map(char::from).chain(['é']) {
                if text[at..].starts_with(other) {
                    continue;
                }
                let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                assert!(!accepts(&changed), "{name}: {other:?} at {at} of {text}");
                refused += 1;
            }
            let shorter = format!("{}{}", &text[..at], &text[at + 1..]);
            assert!(!accepts(&shorter) && !accepts(&text[..at]), "{name}: without {at} of {text}");
        }
        assert_eq!(refused as usize, text.len() * 128);
    }
}

#[test]
fn any_bit_of_a_key_may_be_no_other() {
    let key = *b"0123456789abcdef0123456789abcdef";
    let signed = |digest| message_verifier::sign(b"m", &SigningKey::new(key).unwrap(), digest);
    let signed = DIGESTS.map(signed);
    let encryption = EncryptionKey::new(key).unwrap();
    let xcp = message_encryptor::encrypt(b"m", b"aad", &encryption).unwrap();
    let gcm = message_encryptor::v1::encrypt(b"m", b"aad", &encryption, &key).unwrap();
    let opens = |key: [u8; 32], sign_secret: [u8; 32], aad: &[u8]| {
        let (signing, encryption) =
            (SigningKey::new(key).unwrap(), EncryptionKey::new(key).unwrap());
        [
            signed.iter().any(|signed| message_verifier::verify(signed, &signing).is_ok()),
            message_encryptor::decrypt(&xcp, aad, &encryption, &sign_secret).is_ok(),
            message_encryptor::decrypt(&gcm, aad, &encryption, &sign_secret).is_ok(),
        ]
    };
    assert_eq!(opens(key, key, b"aad"), [true; 3]);
    for bit in 0..256 {
        let mut other = key;
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(opens(other, key, b"aad"), [false; 3], "bit {bit}");
        assert_eq!(opens(key, other, b"aad"), [true, true, false], "the sign secret, bit {bit}");
    }
    for bit in 0..24 {
        let mut other = *b"aad";
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(opens(key, key, &other), [true, false, false], "the AAD, bit {bit}");
    }
}

#[test]
fn any_bit_of_a_secret_or_salt_may_be_no_other() {
    let (secret, salt) = (*b"a secret key base of twenty", *b"user auth");
    let key = |secret: &[u8], salt: &[u8]| {
        let secret = SecretKeyBase::new(secret).unwrap();
        TokenKey::builder(&secret, salt).iterations(1).build().unwrap()
    };
    let own = key(&secret, &salt);
    let (signed, encrypted) = (own.sign_at(&1, NOW).unwrap(), own.encrypt_at(&1, NOW).unwrap());
    let refuses = |secret: &[u8], salt: &[u8]| {
        let other = key(secret, salt);
        assert!(other.verify_at::<u8>(&signed, NOW).is_err());
        assert!(other.decrypt_at::<u8>(&encrypted, NOW).is_err());
    };
    for bit in 0..8 * secret.len() {
        let mut other = secret;
        other[bit / 8] ^= 1 << (bit % 8);
        refuses(&other, &salt);
    }
    for bit in 0..8 * salt.len() {
        let mut other = salt;
        other[bit / 8] ^= 1 << (bit % 8);
        refuses(&secret, &other);
    }
}

/// A genuine text, and who reads it.
struct Message {
    name: &'static str,
    text: String,
    accepts: Box<dyn Fn(&str) -> bool>,
}

fn messages() -> Vec<Message> {
    fn message(
        name: &'static str,
        text: String,
        accepts: impl Fn(&str) -> bool + 'static,
    ) -> Message {
        Message { name, text, accepts: Box::new(accepts) }
    }
    let secret = secret();
    let key = TokenKey::derive(&secret, "salt");
    let old = TokenKey::builder(&secret, "salt").a128gcm().build().unwrap();
    let session = |a128gcm: bool, encrypted: bool| {
        let builder = SessionCookie::builder(&secret, "signing");
        let builder = if encrypted { builder.encryption_salt("encryption") } else { builder };
        if a128gcm { builder.a128gcm().build() } else { builder.build() }.unwrap()
    };
    let sessions = [
        ("signed session", session(false, false)),
        ("encrypted session", session(false, true)),
        ("encrypted session of 1.x", session(true, true)),
    ];
    let cookies = [
        ("signed cookie", TokenCookie::signed(&secret, "c").unwrap()),
        ("encrypted cookie", TokenCookie::encrypted(&secret, "c").unwrap()),
        ("encrypted cookie of 1.x", TokenCookie::encrypted_a128gcm(&secret, "c").unwrap()),
    ];
    let remember_me = RememberMe::new(&secret, "app").unwrap();
    let csrf = CsrfToken::from_session(b"0123456789abcdefghijklmn").unwrap();

    let mut all = Vec::new();
    let (signing, encrypting) = (key.clone(), key.clone());
    let signed = key.sign_at(&42, NOW).unwrap();
    all.push(message("signed", signed, move |text| signing.verify_at::<u8>(text, NOW).is_ok()));
    let encrypted = key.encrypt_at(&42, NOW).unwrap();
    all.push(message("XCP", encrypted, move |text| encrypting.decrypt_at::<u8>(text, NOW).is_ok()));
    let encrypted = old.encrypt_at(&42, NOW).unwrap();
    all.push(message("A128GCM", encrypted, move |text| old.decrypt_at::<u8>(text, NOW).is_ok()));
    for (name, cookie) in sessions {
        let text = cookie.write(&some_session()).unwrap();
        all.push(message(name, text, move |text| cookie.read(text).is_ok()));
    }
    for (name, cookie) in cookies {
        let text = cookie.write_at(&42, NOW).unwrap();
        all.push(message(name, text, move |text| cookie.read_at::<u8>(text, NOW).is_ok()));
    }
    let text = remember_me.write_at(&[7; 32], NOW).unwrap();
    all.push(message("remember me", text, move |text| {
        remember_me.read_with(text, &Verify::at(NOW)).is_ok()
    }));
    let text = csrf.mask().unwrap();
    let protection = CsrfProtection::new(&secret);
    all.push(message("masked CSRF token", text, move |text| {
        protection.check(Some(&csrf), text, "example.com").is_ok()
    }));
    all
}

fn some_session() -> Session {
    let mut session = Session::new();
    session.put_term("user_id", Term::from(42));
    session
}

fn secret() -> SecretKeyBase {
    SecretKeyBase::new([7; 64]).unwrap()
}
