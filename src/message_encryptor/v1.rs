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

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::{TAG_LENGTH, append_sealed, gcm::GcmKey};
use crate::{
    base64url,
    error::{Invalid, SignError},
    random,
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
    encrypt_message(message, aad, key, sign_secret, &Fresh::filled_by(random::os)?)
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
    encrypt_message(message, aad, key, sign_secret, &Fresh::filled_by(random::from_rng(rng))?)
}

/// What each message takes anew, and no two messages may share.
pub(crate) struct Fresh {
    pub(crate) content_key: Zeroizing<[u8; 16]>,
    pub(crate) wrap_iv: [u8; IV_LENGTH],
    pub(crate) iv: [u8; IV_LENGTH],
}

impl Fresh {
    /// `fill` fills all that it is given with random bytes.
    pub(crate) fn filled_by(
        mut fill: impl FnMut(&mut [u8]) -> Result<(), SignError>,
    ) -> Result<Self, SignError> {
        let mut fresh = Self {
            content_key: Zeroizing::new([0; 16]),
            wrap_iv: [0; IV_LENGTH],
            iv: [0; IV_LENGTH],
        };
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
    let [wrapped_key, iv_text, ciphertext, tag_text] = parts(token)?;
    let (mut iv, mut tag) = ([0; IV_LENGTH], [0; TAG_LENGTH]);
    base64url::decode_exact(iv_text, &mut iv)?;
    base64url::decode_exact(tag_text, &mut tag)?;
    let content_key = unwrap_key(wrapped_key, key, sign_secret)?;
    let message = scratch.decode(ciphertext)?;
    content_key.open_in_place_detached(&iv, aad, message, &tag)?;
    Ok(message)
}

/// The bytes of ciphertext that a message claims to have. Nothing is checked but its form.
pub(super) fn unauthenticated(token: &[u8]) -> Result<usize, Invalid> {
    let [wrapped_key, iv, ciphertext, tag] = parts(token)?;
    let mut scratch = Scratch::new();
    let mut length = |text: &[u8]| scratch.decode(text).map(|bytes| bytes.len());
    let content_key = length(wrapped_key)?.checked_sub(WRAPPING_LENGTH).ok_or(Invalid)?;
    if !CONTENT_KEY_LENGTHS.contains(&content_key)
        || (length(iv)?, length(tag)?) != (IV_LENGTH, TAG_LENGTH)
    {
        return Err(Invalid);
    }
    length(ciphertext)
}

/// The texts of the wrapped key, the IV, the ciphertext and the tag.
fn parts(token: &[u8]) -> Result<[&[u8]; 4], Invalid> {
    let mut parts =
        token.strip_prefix(HEADER.as_bytes()).ok_or(Invalid)?.split(|&byte| byte == b'.');
    let mut part = || parts.next().ok_or(Invalid);
    let texts = [part()?, part()?, part()?, part()?];
    if parts.next().is_some() { Err(Invalid) } else { Ok(texts) }
}

const HEADER: &str = "QTEyOEdDTQ.";
const IV_LENGTH: usize = 12;
/// What Plug.Crypto writes is 16, and it reads all three.
const CONTENT_KEY_LENGTHS: [usize; 3] = [16, 24, 32];
/// What stands behind a wrapped content key: its tag and its IV.
const WRAPPING_LENGTH: usize = TAG_LENGTH + IV_LENGTH;
const WRAPPED_LENGTH: usize = 16 + WRAPPING_LENGTH;
const MAX_WRAPPED_LENGTH: usize = 32 + WRAPPING_LENGTH;

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
