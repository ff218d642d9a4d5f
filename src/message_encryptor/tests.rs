#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use alloc::{borrow::ToOwned, format, string::ToString};
use core::convert::Infallible;

use proptest::prelude::*;
use rand_core::{TryCryptoRng, TryRng};

use super::*;
use crate::{
    error::KeyError,
    testing::{hex, tampered},
};

/// Counts 0, 1, 2, so that what was taken from it can be seen.
pub(super) struct Counter(pub(super) u8);

impl TryRng for Counter {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("only bytes are asked for")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("only bytes are asked for")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.0;
            self.0 += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for Counter {}

fn key() -> EncryptionKey {
    EncryptionKey::new([7; 32]).unwrap()
}

fn raw(token: &str) -> Vec<u8> {
    let mut scratch = Scratch::new();
    scratch.decode(token.strip_prefix("XCP.").unwrap().as_bytes()).unwrap().to_vec()
}

fn token_of(raw: &[u8]) -> String {
    let mut out = HEADER.as_bytes().to_vec();
    base64url::append(raw, &mut out);
    base64url::text(out)
}

#[test]
fn plug_crypto_2_is_answered_and_its_tokens_are_written_again_with_their_own_nonce() {
    let cases = [
        (
            "51b9ba9838cf695c658d2fd4961cfa7a7ec3e7f760c0ceb642840ec81545cdf9",
            AAD.to_vec(),
            "57cad0c1b586b32708d25a1c74a69acb11",
            "XCP.ktYpw10F7UYrH2RQWv3D79nboba1ed87iGOkTSzqYl94DRXBpd_IVqzuiC1pNLZYMaHeyzojb1gK",
        ),
        (
            "5db16d67a3f96e3b1b1c1d0efea2e7a3f3958865066569cbab81181212bac93f",
            Vec::new(),
            "65",
            "XCP.D9xp8BG0Lpp9Ki4GkWTjT05Gnk-Wpnee-cxVRGn6t2imDxSHaSJkeGM",
        ),
        (
            "c3b5365713b29eb99a557ff0e74cade73e554820575ac0975e86f390294c8fe7",
            hex("945c5f451a7c2cfce0fbb775e8efb163c5e8851785d94a8a04b09a6255d8a858be3ca3c51555bf83\
                 0d89698324667dbfcf974c7d6aaf527d7f8ca314b693a15518cfd3508d31"),
            "627fbc9c283c0dd50b99a1f96e871c2203",
            "XCP.fmLLRV8Uy6G6UfqayEDlh4RgbGItXhG09n8_lgKITRFsrotolsVs8eUWqdqBv03SFjypgcoya1aT",
        ),
    ];
    for (key, aad, message, token) in cases {
        let key = EncryptionKey::new(hex(key)).unwrap();
        assert_eq!(decrypt(token, &aad, &key, b"of no use"), Ok(hex(message)));
        let nonce = raw(token)[..24].try_into().unwrap();
        assert_eq!(encrypt_message(&hex(message), &aad, &key, &nonce).unwrap(), token);
    }
}

#[test]
fn a_token_changed_anywhere_is_refused() {
    for message in [&b""[..], b"m", b"me", b"a message"] {
        let token = encrypt_with_rng(message, AAD, &key(), &mut Counter(0)).unwrap();
        assert_eq!(decrypt(&token, AAD, &key(), b"").as_deref(), Ok(message));
        for other in tampered(&token) {
            assert_eq!(decrypt(&other, AAD, &key(), b""), Err(Invalid), "{other:?}");
        }
    }
}

#[test]
fn another_key_or_aad_is_refused() {
    let token = encrypt_with_rng(b"message", b"aad", &key(), &mut Counter(0)).unwrap();
    assert_eq!(decrypt(&token, b"aad", &key(), b""), Ok(b"message".to_vec()));
    for aad in [&b""[..], b"aa", b"aad ", b"AAD", AAD] {
        assert_eq!(decrypt(&token, aad, &key(), b""), Err(Invalid));
    }
    let mut other = [7; 32];
    other[31] ^= 1;
    assert_eq!(decrypt(&token, b"aad", &EncryptionKey::new(other).unwrap(), b""), Err(Invalid));
}

#[test]
fn the_nonce_is_what_the_generator_gave_and_the_next_one_differs() {
    let mut rng = Counter(0);
    let tokens = [(); 2].map(|()| encrypt_with_rng(b"message", AAD, &key(), &mut rng).unwrap());
    assert!(raw(&tokens[0])[..24].iter().copied().eq(0..24));
    assert!(raw(&tokens[1])[..24].iter().copied().eq(24..48));
    assert_ne!(raw(&tokens[0])[24..], raw(&tokens[1])[24..]);
}

#[test]
#[cfg(feature = "getrandom")]
fn two_tokens_of_the_same_message_differ() {
    let tokens = [(); 2].map(|()| encrypt(b"message", AAD, &key()).unwrap());
    assert_ne!(raw(&tokens[0])[..24], raw(&tokens[1])[..24]);
    for token in tokens {
        assert_eq!(decrypt(&token, AAD, &key(), b""), Ok(b"message".to_vec()));
    }
}

#[test]
fn a_key_that_xcp_cannot_use_encrypts_nothing_and_decrypts_nothing() {
    let token = encrypt_with_rng(b"message", AAD, &key(), &mut Counter(0)).unwrap();
    for length in [16, 24, 33, 40] {
        let key = EncryptionKey::new([7; 40].split_at(length).0).unwrap();
        let error = encrypt_with_rng(b"message", AAD, &key, &mut Counter(0)).unwrap_err();
        let cause = KeyError::Length { required: "exactly 32", actual: length };
        assert_eq!(error, SignError::Key(cause));
        assert_eq!(
            error.to_string(),
            format!("the key has {length} bytes, the cipher takes exactly 32")
        );
        assert_eq!(decrypt(&token, AAD, &key, b""), Err(Invalid));
    }
}

#[test]
fn what_is_too_short_or_of_another_form_is_refused() {
    let token = encrypt_with_rng(b"", AAD, &key(), &mut Counter(0)).unwrap();
    let raw = raw(&token);
    assert_eq!(raw.len(), NONCE_LENGTH + TAG_LENGTH);
    for length in 0..raw.len() {
        assert_eq!(decrypt(&token_of(&raw[..length]), AAD, &key(), b""), Err(Invalid));
    }
    let body = token.strip_prefix("XCP.").unwrap();
    for other in [
        String::new(),
        "XCP".to_owned(),
        "XCP.".to_owned(),
        body.to_owned(),
        format!("xcp.{body}"),
        format!("XCQ.{body}"),
        format!(".{token}"),
        format!("XCP..{body}"),
        format!("QTEyOEdDTQ.{body}"),
    ] {
        assert_eq!(decrypt(&other, AAD, &key(), b""), Err(Invalid), "{other}");
    }
}

#[test]
fn every_other_spelling_of_a_token_is_refused() {
    // 41 bytes, so that the last character has four unused bits.
    let token = encrypt_with_rng(b"m", AAD, &key(), &mut Counter(0)).unwrap();
    let (start, last) = token.split_at(token.len() - 1);
    let last = last.as_bytes()[0];
    for unused in 1..16 {
        let other = format!("{start}{}", char::from(last + unused));
        assert_eq!(decrypt(&other, AAD, &key(), b""), Err(Invalid), "{other}");
    }
    assert_eq!(decrypt(&format!("{token}="), AAD, &key(), b""), Err(Invalid));
    assert_eq!(decrypt(&format!("{token}=="), AAD, &key(), b""), Err(Invalid));
}

#[test]
fn what_is_written_is_encrypted_at_the_end_of_the_buffer() {
    for length in [0, 1, 100, 472, 473, 727, 728, 729, 5000] {
        let message: Vec<u8> = (0..length).map(|at: usize| at.to_le_bytes()[0]).collect();
        let mut out = b"before".to_vec();
        encrypt_with(&mut out, &key(), AAD, &[9; 24], |out| {
            message.iter().for_each(|&byte| out.push(byte));
            Ok::<_, SignError>(())
        })
        .unwrap();
        let token = encrypt_message(&message, AAD, &key(), &[9; 24]).unwrap();
        assert_eq!(out, format!("before{token}").into_bytes());
        assert_eq!(token.len(), 4 + base64url::encoded_len(40 + length));
        assert_eq!(decrypt(&token, AAD, &key(), b"").as_ref(), Ok(&message));
    }
}

#[test]
fn a_failed_write_leaves_the_buffer_as_it_was() {
    let mut out = b"before".to_vec();
    let result = encrypt_with(&mut out, &key(), AAD, &[9; 24], |out| {
        out.extend_from_slice(b"half a mess");
        Err(SignError::SignOnly)
    });
    assert_eq!(result, Err(SignError::SignOnly));
    assert_eq!(out, b"before");
}

#[test]
fn what_a_failed_write_left_is_zeroed() {
    let mut out = b"before".to_vec();
    let result = append_sealed(
        &mut out,
        |out| {
            out.extend_from_slice(b"half a mess");
            Err(SignError::SignOnly)
        },
        |_| unreachable!("there is nothing to seal"),
    );
    assert_eq!(result, Err(SignError::SignOnly));
    assert_eq!(out, b"before\0\0\0\0\0\0\0\0\0\0\0");
}

proptest! {
    #[test]
    fn what_is_encrypted_is_decrypted(message: Vec<u8>, aad: Vec<u8>, nonce in proptest::array::uniform24(0_u8..)) {
        let token = encrypt_message(&message, &aad, &key(), &nonce).unwrap();
        prop_assert_eq!(decrypt(&token, &aad, &key(), b""), Ok(message));
    }
}
