//! ChaCha20-Poly1305 of `ring`.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::optimization_barrier;

use super::too_long;
use crate::error::{Invalid, SignError};

/// Encrypts `buffer` and gives the tag.
pub(super) fn seal(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; 16], SignError> {
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let sealed =
        with_key(key, |key| key.seal_in_place_separate_tag(nonce, Aad::from(aad), buffer).ok());
    sealed.and_then(|tag| tag.as_ref().try_into().ok()).ok_or_else(too_long)
}

/// Decrypts `buffer` if `tag` is right, and zeroes it otherwise.
pub(super) fn open(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; 16],
) -> Result<(), Invalid> {
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let opened = with_key(key, |key| {
        key.open_in_place_separate_tag(nonce, Aad::from(aad), (*tag).into(), buffer, 0..)
            .ok()
            .map(|_| ())
    });
    opened.ok_or(Invalid)
}

/// `None` where `work` gives it; a key of 32 bytes is always taken.
fn with_key<T>(key: &[u8; 32], work: impl FnOnce(&LessSafeKey) -> Option<T>) -> Option<T> {
    let ready = |bytes| UnboundKey::new(&CHACHA20_POLY1305, bytes).ok().map(LessSafeKey::new);
    let mut key = ready(key)?;
    let result = work(&key);
    // `ring` does not zero its keys.
    key = ready(&[0; 32])?;
    optimization_barrier(&key);
    result
}
