//! XChaCha20-Poly1305 ([draft-irtf-cfrg-xchacha-03]), in place and with the tag apart.
//!
//! [draft-irtf-cfrg-xchacha-03]: https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha-03

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};

use super::too_long;
use crate::error::{Invalid, SignError};

/// Turns the plaintext in `buffer` into ciphertext and gives its tag.
pub(super) fn seal_in_place_detached(
    key: &[u8; 32],
    nonce: &[u8; 24],
    aad: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; 16], SignError> {
    XChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached(nonce.into(), aad, buffer.into())
        .map(Into::into)
        .map_err(|_| too_long())
}

/// Turns the ciphertext in `buffer` into plaintext if `tag` is its tag; leaves it otherwise.
pub(super) fn open_in_place_detached(
    key: &[u8; 32],
    nonce: &[u8; 24],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; 16],
) -> Result<(), Invalid> {
    XChaCha20Poly1305::new(key.into())
        .decrypt_inout_detached(nonce.into(), aad, buffer.into(), tag.into())
        .map_err(|_| Invalid)
}
