//! Any text: accepted only if encrypting what it holds under its nonce gives the same text again.
#![no_main]

use std::sync::LazyLock;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use libfuzzer_sys::fuzz_target;
use phoenix_token::{
    EncryptionKey, VerifyError,
    message_encryptor::{AAD, decrypt, encrypt_with_rng},
};
use phoenix_token_fuzz::{Repeating, SALT, TOKEN_KEY, a128gcm_token, ageless, derived};

static KEY: LazyLock<EncryptionKey> =
    LazyLock::new(|| EncryptionKey::for_xcp(derived(SALT)).expect("32 bytes"));

fuzz_target!(|text: &str| {
    let decrypted = TOKEN_KEY.decrypt_term(text, &ageless());
    assert_eq!(TOKEN_KEY.verify_term(text, &ageless()), Err(VerifyError::Invalid));
    assert!(decrypt(text, b"another", &KEY, b"").is_err());

    let Ok(payload) = decrypt(text, AAD, &KEY, b"") else {
        assert_eq!(decrypted, Err(VerifyError::Invalid));
        return;
    };
    // What 1.x writes cannot be made again without its content key: none is ours but the seed.
    let Some(encoded) = text.strip_prefix("XCP.") else {
        assert_eq!(text, a128gcm_token());
        return;
    };
    let nonce = &BASE64_URL_SAFE_NO_PAD.decode(encoded).expect("base64url")[..24];
    let again = encrypt_with_rng(&payload, AAD, &KEY, &mut Repeating(nonce));
    assert_eq!(again.as_deref(), Ok(text));
});
