//! Encrypted messages: `Plug.Crypto.MessageEncryptor`.
//!
//! ```text
//! ciphertext, tag = XChaCha20-Poly1305(key, nonce, aad, message)
//! token           = "XCP." base64url(nonce[24] tag[16] ciphertext)
//! ```
//!
//! is what Plug.Crypto 2.x writes ([draft-irtf-cfrg-xchacha-03]); [`v1`] has what 1.x writes. A
//! message of either form is read.
//!
//! Base64url is taken in its one canonical spelling, so that no two texts are the same token.
//!
//! [draft-irtf-cfrg-xchacha-03]: https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha-03

mod aead;
pub(crate) mod gcm;
pub mod v1;

use alloc::{string::String, vec::Vec};

use rand_core::CryptoRng;
use zeroize::Zeroize;

use crate::{
    base64url,
    error::{DataError, Invalid, KeyError, SignError},
    random,
    scratch::Scratch,
    secret::EncryptionKey,
};

/// The AAD of Plug.Crypto wherever a caller names no other, by history the name of the algorithm of 1.x.
pub const AAD: &[u8] = b"A128GCM";

/// Encrypts `message` with a nonce from the operating system; whoever decrypts it must give the same
/// `aad`, most often [`AAD`].
///
/// # Errors
/// [`SignError::Key`] for a key that does not have 32 bytes, [`SignError::Randomness`], and
/// [`SignError::Data`] for a message of 256 GiB.
///
/// # Example
/// ```
/// use phoenix_token::{EncryptionKey, message_encryptor::{AAD, decrypt, encrypt}};
///
/// let key = EncryptionKey::new([7; 32])?;
/// let token = encrypt(b"message", AAD, &key)?;
/// assert!(token.starts_with("XCP."));
/// assert_eq!(decrypt(&token, AAD, &key, b""), Ok(b"message".to_vec()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[cfg(feature = "getrandom")]
pub fn encrypt(message: &[u8], aad: &[u8], key: &EncryptionKey) -> Result<String, SignError> {
    encrypt_filled(message, aad, key, random::os)
}

/// As [`encrypt`], with the nonce from `rng`.
///
/// # Errors
/// As [`encrypt`], without [`SignError::Randomness`].
pub fn encrypt_with_rng(
    message: &[u8],
    aad: &[u8],
    key: &EncryptionKey,
    rng: &mut (impl CryptoRng + ?Sized),
) -> Result<String, SignError> {
    encrypt_filled(message, aad, key, random::from_rng(rng))
}

/// Gives the message if it was encrypted under this key and AAD, whether by Plug.Crypto 2.x or 1.x.
///
/// `sign_secret` is of use to 1.x alone. `Plug.Crypto.decrypt` and `Phoenix.Token` give the empty
/// one; the session cookie has its own.
///
/// # Errors
/// [`Invalid`] for everything else.
pub fn decrypt(
    token: &str,
    aad: &[u8],
    key: &EncryptionKey,
    sign_secret: &[u8],
) -> Result<Vec<u8>, Invalid> {
    decrypt_into(token.as_bytes(), aad, key, sign_secret, &mut Scratch::new()).map(<[u8]>::to_vec)
}

/// Which of the two forms is written; both are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    Xcp,
    A128Gcm,
}

impl Cipher {
    /// A key that it can use.
    pub(crate) fn key(self, key: &[u8]) -> Result<EncryptionKey, KeyError> {
        match self {
            Self::Xcp => EncryptionKey::for_xcp(key),
            Self::A128Gcm => EncryptionKey::new(key),
        }
    }

    /// Appends the token of what `write` appends, under [`AAD`], with the randomness of `fill`.
    pub(crate) fn encrypt(
        self,
        out: &mut Vec<u8>,
        key: &EncryptionKey,
        sign_secret: &[u8],
        mut fill: impl FnMut(&mut [u8]) -> Result<(), SignError>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
    ) -> Result<(), SignError> {
        match self {
            Self::Xcp => {
                let mut nonce = [0; NONCE_LENGTH];
                fill(&mut nonce)?;
                encrypt_with(out, key, AAD, &nonce, write)
            }
            Self::A128Gcm => {
                let fresh = v1::Fresh::filled_by(fill)?;
                v1::encrypt_with(out, key, AAD, sign_secret, &fresh, write)
            }
        }
    }
}

/// Appends the token of what `write` appends.
///
/// The message is encrypted where it stands, and nothing is allocated but room in `out`. After an error
/// `out` is as before, and what was written of the message is zeroed.
pub(crate) fn encrypt_with<E: From<SignError>>(
    out: &mut Vec<u8>,
    key: &EncryptionKey,
    aad: &[u8],
    nonce: &[u8; NONCE_LENGTH],
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let key = key.xcp().map_err(SignError::Key)?;
    let start = out.len();
    out.extend_from_slice(HEADER.as_bytes());
    let written = base64url::append_written(out, |out| {
        out.extend_from_slice(nonce);
        let tag_start = out.len();
        out.extend_from_slice(&[0; TAG_LENGTH]);
        let seal = |message: &mut [u8]| aead::seal_in_place_detached(key, nonce, aad, message);
        let tag = append_sealed(out, write, seal)?;
        let (_, room) = out.split_at_mut(tag_start);
        room.split_at_mut(TAG_LENGTH).0.copy_from_slice(&tag);
        Ok(())
    });
    written.inspect_err(|_| out.truncate(start))
}

/// The message, decrypted in `scratch`.
pub(crate) fn decrypt_into<'b>(
    token: &[u8],
    aad: &[u8],
    key: &EncryptionKey,
    sign_secret: &[u8],
    scratch: &'b mut Scratch,
) -> Result<&'b [u8], Invalid> {
    let Some(text) = token.strip_prefix(HEADER.as_bytes()) else {
        return v1::decrypt_into(token, aad, key, sign_secret, scratch);
    };
    let key = key.xcp().map_err(|_| Invalid)?;
    let (nonce, tag, message) = parts(scratch.decode(text)?)?;
    aead::open_in_place_detached(key, nonce, aad, message, tag)?;
    Ok(message)
}

/// The cipher, and the bytes of ciphertext, that a message claims to have. Nothing is checked but its form.
pub(crate) fn unauthenticated(token: &[u8]) -> Result<(Cipher, usize), Invalid> {
    let Some(text) = token.strip_prefix(HEADER.as_bytes()) else {
        return Ok((Cipher::A128Gcm, v1::unauthenticated(token)?));
    };
    let mut scratch = Scratch::new();
    let (_, _, ciphertext) = parts(scratch.decode(text)?)?;
    Ok((Cipher::Xcp, ciphertext.len()))
}

type Parts<'b> = (&'b mut [u8; NONCE_LENGTH], &'b mut [u8; TAG_LENGTH], &'b mut [u8]);

/// The nonce, the tag and the ciphertext.
fn parts(bytes: &mut [u8]) -> Result<Parts<'_>, Invalid> {
    let (nonce, bytes) = bytes.split_first_chunk_mut().ok_or(Invalid)?;
    let (tag, ciphertext) = bytes.split_first_chunk_mut().ok_or(Invalid)?;
    Ok((nonce, tag, ciphertext))
}

const HEADER: &str = "XCP.";
const NONCE_LENGTH: usize = 24;
const TAG_LENGTH: usize = 16;

fn encrypt_filled(
    message: &[u8],
    aad: &[u8],
    key: &EncryptionKey,
    mut fill: impl FnMut(&mut [u8]) -> Result<(), SignError>,
) -> Result<String, SignError> {
    let mut nonce = [0; NONCE_LENGTH];
    fill(&mut nonce)?;
    encrypt_message(message, aad, key, &nonce)
}

fn encrypt_message(
    message: &[u8],
    aad: &[u8],
    key: &EncryptionKey,
    nonce: &[u8; NONCE_LENGTH],
) -> Result<String, SignError> {
    let bytes = NONCE_LENGTH.saturating_add(TAG_LENGTH).saturating_add(message.len());
    let length = HEADER.len().saturating_add(base64url::encoded_len(bytes));
    let mut out = Vec::with_capacity(length);
    encrypt_with(&mut out, key, aad, nonce, |out| {
        out.extend_from_slice(message);
        Ok::<_, SignError>(())
    })?;
    Ok(base64url::text(out))
}

/// Appends what `write` appends, sealed in place, and gives its tag. After an error what was appended
/// is zeroed and still there.
fn append_sealed<E: From<SignError>>(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    seal: impl FnOnce(&mut [u8]) -> Result<[u8; TAG_LENGTH], SignError>,
) -> Result<[u8; TAG_LENGTH], E> {
    let start = out.len();
    let written = write(out);
    let (_, message) = out.split_at_mut(start);
    let sealed = written.and_then(|()| seal(message).map_err(E::from));
    if sealed.is_err() {
        message.zeroize();
    }
    sealed
}

fn too_long() -> SignError {
    SignError::Data(DataError { message: "longer than the cipher allows".into() })
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wycheproof;
