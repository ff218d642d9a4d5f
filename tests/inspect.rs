//! What can be seen without a key.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use phoenix_token::{
    MaxAge, SecretKeyBase, Sign, SigningKey, Timestamp, TokenKey, UntrustedContent, UntrustedKind,
    inspect, key_generator::Digest, message_verifier, term::Term,
};

const NOW: Timestamp = Timestamp::from_secs(1_767_268_800);

fn secret() -> SecretKeyBase {
    SecretKeyBase::new("a secret key base of at least twenty bytes").unwrap()
}

fn key() -> TokenKey {
    TokenKey::derive(&secret(), "user auth")
}

fn signed(message: &[u8], digest: Digest) -> UntrustedContent {
    let key = SigningKey::new("any key").unwrap();
    let untrusted = inspect(&message_verifier::sign(message, &key, digest)).unwrap();
    assert_eq!(untrusted.untrusted_kind, UntrustedKind::Signed(digest));
    assert_eq!(untrusted.payload_bytes, message.len());
    untrusted.untrusted_content.unwrap()
}

#[test]
fn a_signed_token_shows_its_data_and_times() {
    let token = key().sign_with(&42, &Sign::at(NOW).max_age(MaxAge::days(3))).unwrap();
    let untrusted = inspect(&token).unwrap();
    assert_eq!(
        (untrusted.untrusted_kind, untrusted.text_bytes),
        (UntrustedKind::Signed(Digest::Sha256), token.len())
    );
    let content = UntrustedContent::Token {
        untrusted_data: Term::from(42),
        untrusted_signed_at: Some(NOW),
        untrusted_max_age: Some(MaxAge::days(3)),
    };
    assert_eq!(untrusted.untrusted_content, Some(content));
}

#[cfg(feature = "compressed")]
#[test]
fn a_compressed_token_is_shown_up_to_64_kib() {
    let shown = |length| {
        let data = Term::binary(vec![b'a'; length]);
        let token = key().sign_term(&data, &Sign::at(NOW).compressed()).unwrap();
        match inspect(&token).unwrap().untrusted_content {
            Some(UntrustedContent::Token { untrusted_data, .. }) => untrusted_data == data,
            _ => false,
        }
    };
    assert!(shown(1000) && shown(65_000));
    assert!(!shown(66_000));
}

#[test]
fn an_encrypted_token_shows_its_kind_and_size_alone() {
    let old = TokenKey::builder(&secret(), "user auth").a128gcm().build().unwrap();
    for (key, kind) in [(key(), UntrustedKind::Xcp), (old, UntrustedKind::A128Gcm)] {
        let untrusted = inspect(&key.encrypt_at(&42, NOW).unwrap()).unwrap();
        assert_eq!((untrusted.untrusted_kind, untrusted.untrusted_content), (kind, None));
        assert_eq!(untrusted.payload_bytes, 19);
    }
}

#[test]
fn a_session_a_term_and_mere_bytes_are_told_apart() {
    let session = Term::map([("user_id".into(), 1.into())]);
    let encoded = session.encode().unwrap();
    assert_eq!(
        signed(&encoded, Digest::Sha256),
        UntrustedContent::Session { untrusted_session: session }
    );
    let mixed = Term::map([("user_id".into(), 1.into()), (2.into(), 3.into())]);
    for term in [Term::from("hello"), mixed] {
        let shown = signed(&term.encode().unwrap(), Digest::Sha384);
        assert_eq!(shown, UntrustedContent::Term { untrusted_term: term });
    }
    assert_eq!(signed(b"hello", Digest::Sha512), UntrustedContent::Bytes);
}

#[test]
fn what_has_none_of_the_forms_shows_nothing() {
    let key = TokenKey::builder(&secret(), "user auth").a128gcm().build().unwrap();
    let signed = key.sign_at(&42, NOW).unwrap();
    let old = key.encrypt_at(&42, NOW).unwrap();
    let parts: Vec<_> = old.split('.').collect();
    let with = |at: usize, part: &str| {
        let mut parts = parts.clone();
        parts[at] = part;
        parts.join(".")
    };
    assert!(inspect(&with(1, parts[1])).is_some());
    let malformed = [
        "XCP.".to_owned() + &"!".repeat(72),
        "XCP.AAAA".to_owned(),
        with(1, "AAAA"),
        with(2, "AAAA"),
        with(3, "!"),
        with(4, "AAAA"),
        old.clone() + ".AAAA",
        signed[..signed.len() - 4].to_owned(),
        signed + ".AAAA",
        "SFMyNTY.AA.!".to_owned(),
        "SFMyNTY..".to_owned(),
        "hello".to_owned(),
        String::new(),
    ];
    for text in malformed {
        assert_eq!(inspect(&text), None, "{text}");
    }
}
