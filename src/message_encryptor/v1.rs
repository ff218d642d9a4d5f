//! Encrypted messages as Plug.Crypto 1.x writes them, the only ones that it reads.
//!
//! ```text
//! wrapped, wrap tag = AES-GCM(key, wrap iv, sign secret, content key)
//! ciphertext, tag   = AES-128-GCM(content key, iv, aad, message)
//! token             = "QTEyOEdDTQ." base64url(wrapped wrap-tag wrap-iv) "."
//!                     base64url(iv) "." base64url(ciphertext) "." base64url(tag)
//! ```
//!
//! `QTEyOEdDTQ` is base64url of `A128GCM`. The content key is fresh for each message and wrapped as
//! in JWE ([RFC 7518 §4.7]). Messages are read with
//! [`message_encryptor::decrypt`](super::decrypt).
//!
//! [RFC 7518 §4.7]: https://www.rfc-editor.org/rfc/rfc7518#section-4.7

use alloc::{boxed::Box, string::String, vec::Vec};
use core::convert::Infallible;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{TAG_LENGTH, append_sealed, gcm::GcmKey};
use crate::{
    base64url,
    error::{Invalid, SignError},
    scratch::Scratch,
    secret::EncryptionKey,
};

/// Encrypts `message` with a content key and IVs from the operating system.
///
/// Whoever decrypts it must give the same `aad`, most often [`AAD`](super::AAD), and the same
/// `sign_secret`, which `Plug.Crypto.encrypt` and `Phoenix.Token` leave empty.
///
/// # Errors
/// [`SignError::Randomness`], and [`SignError::Data`] for a message of 64 GiB.
///
/// # Example
/// ```
/// use phoenix_token::{EncryptionKey, message_encryptor::{AAD, decrypt, v1}};
///
/// let key = EncryptionKey::new([7; 32])?;
/// let token = v1::encrypt(b"message", AAD, &key, b"")?;
/// assert!(token.starts_with("QTEyOEdDTQ."));
/// assert_eq!(decrypt(&token, AAD, &key, b""), Ok(b"message".to_vec()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "getrandom")]
pub fn encrypt(
    message: &[u8],
    aad: &[u8],
    key: &EncryptionKey,
    sign_secret: &[u8],
) -> Result<String, SignError> {
    let fresh =
        Fresh::filled_by(|bytes| getrandom::fill(bytes).map_err(|_| SignError::Randomness))?;
    encrypt_message(message, aad, key, sign_secret, &fresh)
}

/// As [`encrypt`], with the content key and IVs from `rng`.
///
/// # Errors
/// As [`encrypt`], without [`SignError::Randomness`].
pub fn encrypt_with_rng(
    message: &[u8],
    aad: &[u8],
    key: &EncryptionKey,
    sign_secret: &[u8],
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<String, SignError> {
    let Ok(fresh) = Fresh::filled_by(|bytes| {
        rng.fill_bytes(bytes);
        Ok::<_, Infallible>(())
    });
    encrypt_message(message, aad, key, sign_secret, &fresh)
}

/// What each message takes anew, and no two messages may share.
pub(crate) struct Fresh {
    pub(crate) content_key: Zeroizing<[u8; 16]>,
    pub(crate) wrap_iv: [u8; 12],
    pub(crate) iv: [u8; 12],
}

impl Fresh {
    /// `fill` fills all that it is given with random bytes.
    pub(crate) fn filled_by<E>(
        mut fill: impl FnMut(&mut [u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut fresh =
            Self { content_key: Zeroizing::new([0; 16]), wrap_iv: [0; 12], iv: [0; 12] };
        fill(&mut *fresh.content_key)?;
        fill(&mut fresh.wrap_iv)?;
        fill(&mut fresh.iv)?;
        Ok(fresh)
    }
}

/// Appends the token of what `write` appends, as [`encrypt_with`](super::encrypt_with).
pub(crate) fn encrypt_with<E: From<SignError>>(
    out: &mut Vec<u8>,
    key: &EncryptionKey,
    aad: &[u8],
    sign_secret: &[u8],
    fresh: &Fresh,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let wrapped_key = wrap_key(key, sign_secret, fresh)?;
    let content_key = GcmKey::Aes128(Box::new(fresh.content_key.clone()));
    let start = out.len();
    out.extend_from_slice(HEADER.as_bytes());
    base64url::append(&wrapped_key, out);
    out.push(b'.');
    base64url::append(&fresh.iv, out);
    out.push(b'.');
    let seal = |message: &mut [u8]| content_key.seal_in_place_detached(&fresh.iv, aad, message);
    match base64url::append_written(out, |out| append_sealed(out, write, seal)) {
        Ok(tag) => {
            out.push(b'.');
            base64url::append(&tag, out);
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

/// The message, decrypted in `scratch`.
pub(super) fn decrypt_into<'b>(
    token: &[u8],
    aad: &[u8],
    key: &EncryptionKey,
    sign_secret: &[u8],
    scratch: &'b mut Scratch,
) -> Result<&'b [u8], Invalid> {
    let mut parts =
        token.strip_prefix(HEADER.as_bytes()).ok_or(Invalid)?.split(|&byte| byte == b'.');
    let mut part = || parts.next().ok_or(Invalid);
    let (wrapped_key, iv_text, ciphertext, tag_text) = (part()?, part()?, part()?, part()?);
    if parts.next().is_some() {
        return Err(Invalid);
    }
    let (mut iv, mut tag) = ([0; 12], [0; TAG_LENGTH]);
    base64url::decode_exact(iv_text, &mut iv)?;
    base64url::decode_exact(tag_text, &mut tag)?;
    let content_key = unwrap_key(wrapped_key, key, sign_secret)?;
    let message = scratch.decode(ciphertext)?;
    content_key.open_in_place_detached(&iv, aad, message, &tag)?;
    Ok(message)
}

const HEADER: &str = "QTEyOEdDTQ.";
/// A content key, its tag and its IV.
const WRAPPED_LENGTH: usize = 16 + 16 + 12;
/// The same with the largest content key, of 32 bytes.
const MAX_WRAPPED_LENGTH: usize = 60;

fn encrypt_message(
    message: &[u8],
    aad: &[u8],
    key: &EncryptionKey,
    sign_secret: &[u8],
    fresh: &Fresh,
) -> Result<String, SignError> {
    let length = [WRAPPED_LENGTH, fresh.iv.len(), message.len(), TAG_LENGTH]
        .map(|bytes| base64url::encoded_len(bytes).saturating_add(1))
        .into_iter()
        .fold(HEADER.len(), usize::saturating_add);
    let mut out = Vec::with_capacity(length);
    encrypt_with(&mut out, key, aad, sign_secret, fresh, |out| {
        out.extend_from_slice(message);
        Ok::<_, SignError>(())
    })?;
    Ok(base64url::text(out))
}

fn wrap_key(
    key: &EncryptionKey,
    sign_secret: &[u8],
    fresh: &Fresh,
) -> Result<[u8; WRAPPED_LENGTH], SignError> {
    let mut wrapped = [0; WRAPPED_LENGTH];
    let (content_key, rest) = wrapped.split_at_mut(fresh.content_key.len());
    let (tag, iv) = rest.split_at_mut(TAG_LENGTH);
    content_key.copy_from_slice(&*fresh.content_key);
    tag.copy_from_slice(&key.gcm().seal_in_place_detached(
        &fresh.wrap_iv,
        sign_secret,
        content_key,
    )?);
    iv.copy_from_slice(&fresh.wrap_iv);
    Ok(wrapped)
}

/// Plug.Crypto writes content keys of 16 bytes and reads those of 24 and 32 as well.
fn unwrap_key(text: &[u8], key: &EncryptionKey, sign_secret: &[u8]) -> Result<GcmKey, Invalid> {
    let mut buffer = Zeroizing::new([0; MAX_WRAPPED_LENGTH]);
    let length = base64url::decode_into(text, &mut *buffer)?;
    let wrapped = buffer.get_mut(..length).ok_or(Invalid)?;
    let (wrapped, iv) = wrapped.split_last_chunk_mut().ok_or(Invalid)?;
    let (content_key, tag) = wrapped.split_last_chunk_mut().ok_or(Invalid)?;
    key.gcm().open_in_place_detached(iv, sign_secret, content_key, tag)?;
    GcmKey::new(content_key).ok_or(Invalid)
}

#[cfg(test)]
mod tests;
