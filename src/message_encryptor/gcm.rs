//! AES-GCM ([NIST SP 800-38D]) with an IV of 12 bytes and a tag of 16, in place and with the tag
//! apart.
//!
//! [NIST SP 800-38D]: https://doi.org/10.6028/NIST.SP.800-38D

use aes_gcm::{
    Aes128Gcm, Aes256Gcm, AesGcm, KeyInit,
    aead::{
        AeadInOut,
        consts::{U12, U16},
    },
    aes::Aes192,
};
use zeroize::Zeroizing;

use super::too_long;
use crate::error::{Invalid, SignError};

type Aes192Gcm = AesGcm<Aes192, U12>;

/// A key of AES.
#[derive(Clone)]
pub(crate) enum GcmKey {
    Aes128(Zeroizing<[u8; 16]>),
    Aes192(Zeroizing<[u8; 24]>),
    Aes256(Zeroizing<[u8; 32]>),
}

impl GcmKey {
    /// `None` for a length that no key of AES has.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        if let Ok(key) = key.try_into() {
            return Some(Self::Aes128(Zeroizing::new(key)));
        }
        if let Ok(key) = key.try_into() {
            return Some(Self::Aes192(Zeroizing::new(key)));
        }
        key.try_into().ok().map(|key| Self::Aes256(Zeroizing::new(key)))
    }

    /// Turns the plaintext in `buffer` into ciphertext and gives its tag.
    pub(super) fn seal_in_place_detached(
        &self,
        iv: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], SignError> {
        match self {
            Self::Aes128(key) => seal(&Aes128Gcm::new((&**key).into()), iv, aad, buffer),
            Self::Aes192(key) => seal(&Aes192Gcm::new((&**key).into()), iv, aad, buffer),
            Self::Aes256(key) => seal(&Aes256Gcm::new((&**key).into()), iv, aad, buffer),
        }
    }

    /// Turns the ciphertext in `buffer` into plaintext if `tag` is its tag; leaves it otherwise.
    pub(super) fn open_in_place_detached(
        &self,
        iv: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
        tag: &[u8; 16],
    ) -> Result<(), Invalid> {
        match self {
            Self::Aes128(key) => open(&Aes128Gcm::new((&**key).into()), iv, aad, buffer, tag),
            Self::Aes192(key) => open(&Aes192Gcm::new((&**key).into()), iv, aad, buffer, tag),
            Self::Aes256(key) => open(&Aes256Gcm::new((&**key).into()), iv, aad, buffer, tag),
        }
    }
}

fn seal(
    cipher: &impl AeadInOut<NonceSize = U12, TagSize = U16>,
    iv: &[u8; 12],
    aad: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; 16], SignError> {
    cipher
        .encrypt_inout_detached(iv.into(), aad, buffer.into())
        .map(Into::into)
        .map_err(|_| too_long())
}

fn open(
    cipher: &impl AeadInOut<NonceSize = U12, TagSize = U16>,
    iv: &[u8; 12],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; 16],
) -> Result<(), Invalid> {
    cipher.decrypt_inout_detached(iv.into(), aad, buffer.into(), tag.into()).map_err(|_| Invalid)
}
