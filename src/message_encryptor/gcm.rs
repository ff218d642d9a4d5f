//! AES-GCM ([NIST SP 800-38D]) with an IV of 12 bytes and a tag of 16, in place and with the tag
//! apart.
//!
//! [NIST SP 800-38D]: https://doi.org/10.6028/NIST.SP.800-38D

use alloc::boxed::Box;

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

/// A key of AES. In boxes, so that all variants have one size: what a larger one leaves unused keeps
/// whatever lay there before, and nothing zeroes that on drop.
#[derive(Clone)]
pub(crate) enum GcmKey {
    Aes128(Box<Zeroizing<[u8; 16]>>),
    Aes192(Box<Zeroizing<[u8; 24]>>),
    Aes256(Box<Zeroizing<[u8; 32]>>),
}

impl GcmKey {
    /// `None` for a length that no key of AES has.
    pub(crate) fn new(key: &[u8]) -> Option<Self> {
        if let Ok(key) = key.try_into() {
            return Some(Self::Aes128(Box::new(Zeroizing::new(key))));
        }
        if let Ok(key) = key.try_into() {
            return Some(Self::Aes192(Box::new(Zeroizing::new(key))));
        }
        key.try_into().ok().map(|key| Self::Aes256(Box::new(Zeroizing::new(key))))
    }

    pub(crate) fn secret_bytes(&self) -> &[u8] {
        match self {
            Self::Aes128(key) => &***key,
            Self::Aes192(key) => &***key,
            Self::Aes256(key) => &***key,
        }
    }

    /// Turns the plaintext in `buffer` into ciphertext and gives its tag.
    pub(super) fn seal_in_place_detached(
        &self,
        iv: &[u8; 12],
        aad: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; 16], SignError> {
        match self {
            Self::Aes128(key) => seal(&Aes128Gcm::new((&***key).into()), iv, aad, buffer),
            Self::Aes192(key) => seal(&Aes192Gcm::new((&***key).into()), iv, aad, buffer),
            Self::Aes256(key) => seal(&Aes256Gcm::new((&***key).into()), iv, aad, buffer),
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
        #[cfg(test)]
        crate::testing::count(&crate::testing::CHECKED_MACS);
        match self {
            Self::Aes128(key) => open(&Aes128Gcm::new((&***key).into()), iv, aad, buffer, tag),
            Self::Aes192(key) => open(&Aes192Gcm::new((&***key).into()), iv, aad, buffer, tag),
            Self::Aes256(key) => open(&Aes256Gcm::new((&***key).into()), iv, aad, buffer, tag),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use super::*;
    use crate::testing::hex;

    #[test]
    fn the_examples_of_its_authors_are_answered_with_keys_of_each_length() {
        // McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 4, 10 and 16
        let key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
        let iv = hex("cafebabefacedbaddecaf888");
        let iv = iv.as_slice().try_into().unwrap();
        let aad = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
        let plaintext = hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72\
             1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
        let answers = [
            (16, "42831ec2217774244b7221b784d0d49c", "5bc94fbc3221a5db94fae95ae7121a47"),
            (24, "3980ca0b3c00e841eb06fac4872a2757", "2519498e80f1478f37ba55bd6d27618c"),
            (32, "522dc1f099567d07f47f37a32a84427d", "76fc6ece0f4e1768cddf8853bb2d551b"),
        ];
        for (length, first_block, tag) in answers {
            let key = GcmKey::new(key.split_at(length).0).unwrap();
            let mut buffer = plaintext.clone();
            let mut sealed = key.seal_in_place_detached(iv, &aad, &mut buffer).unwrap();
            assert!(buffer.starts_with(&hex(first_block)));
            assert_eq!(sealed.as_slice(), hex(tag));

            let ciphertext = buffer.clone();
            assert_eq!(key.open_in_place_detached(iv, &aad, &mut buffer, &sealed), Ok(()));
            assert_eq!(buffer, plaintext);

            buffer.clone_from(&ciphertext);
            sealed[15] ^= 0x80;
            assert_eq!(key.open_in_place_detached(iv, &aad, &mut buffer, &sealed), Err(Invalid));
            assert_eq!(buffer, ciphertext);
        }
    }

    #[test]
    fn a_key_has_16_24_or_32_bytes() {
        for length in 0..40 {
            let key = GcmKey::new([0; 40].split_at(length).0);
            assert_eq!(key.is_some(), matches!(length, 16 | 24 | 32));
        }
    }
}
