//! Any text: accepted only if signing what it holds gives the same text again.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use phoenix_token::{TokenKey, VerifyError, key_generator::Digest, message_verifier};
use phoenix_token_fuzz::{SIGNING_KEY, TOKEN_KEY, ageless, token_key};

static OTHER_SALT: LazyLock<TokenKey> = LazyLock::new(|| token_key("user auth "));

fuzz_target!(|text: &str| {
    let verified = TOKEN_KEY.verify_term(text, &ageless());
    let pinned = TOKEN_KEY.verify_term(text, &ageless().digest(Digest::Sha256));
    assert_eq!(OTHER_SALT.verify_term(text, &ageless()), Err(VerifyError::Invalid));
    assert_eq!(TOKEN_KEY.decrypt_term(text, &ageless()), Err(VerifyError::Invalid));

    let Ok(payload) = message_verifier::verify(text, &SIGNING_KEY) else {
        assert_eq!(verified, Err(VerifyError::Invalid));
        return;
    };
    let digest = match &text[..8] {
        "SFMyNTY." => Digest::Sha256,
        "SFMzODQ." => Digest::Sha384,
        "SFM1MTI." => Digest::Sha512,
        header => panic!("accepted with the header {header}"),
    };
    assert_eq!(message_verifier::sign(&payload, &SIGNING_KEY, digest), text);
    if digest == Digest::Sha256 {
        assert_eq!(pinned, verified);
    } else {
        assert_eq!(pinned, Err(VerifyError::Invalid));
    }
});
