//! What cannot be avoided: the MAC or cipher over the very bytes, PBKDF2, a look at each byte of a
//! term.

use chacha20::{R20, hchacha};
use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use sha2::Sha256;

use crate::measure::{Case, Kind};

/// HMAC-SHA256 of what the signature of each token covers, the keyed state cloned.
pub fn hmacs(tokens: &[String]) -> Case<'static> {
    let covered = |token: &String| token.rsplit_once('.').unwrap().0.as_bytes().to_vec();
    let covered: Vec<_> = tokens.iter().map(covered).collect();
    let state = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    Case::new(Kind::Floor, "HMAC alone", move || {
        for covered in &covered {
            std::hint::black_box(state.clone().chain_update(covered).finalize());
        }
    })
}

/// HMAC-SHA256 of what a token's signature covers, the keyed state cloned.
pub fn hmac(token: &str) -> Case<'static> {
    let covered = token.rsplit_once('.').unwrap().0.as_bytes().to_vec();
    let state = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    Case::new(Kind::Floor, "HMAC alone", move || {
        state.clone().chain_update(std::hint::black_box(&covered)).finalize()
    })
}

pub const AAD: &[u8] = b"A128GCM";

/// The fastest ways to encrypt as many bytes as the token holds.
pub fn seal(token: &str) -> Vec<Case<'static>> {
    let bytes = vec![b'x'; message_length(token)];
    let mut buffer = bytes.clone();
    let by_ring = Case::new(Kind::Floor, "AEAD of ring", move || {
        buffer.copy_from_slice(&bytes);
        ring_seal(&[7; 32], &[9; 24], &mut buffer)
    });
    let bytes = vec![b'x'; message_length(token)];
    let mut buffer = bytes.clone();
    let by_dryoc = Case::new(Kind::Floor, "AEAD of dryoc", move || {
        buffer.copy_from_slice(&bytes);
        dryoc_seal(&[7; 32], &[9; 24], &mut buffer)
    });
    vec![by_ring, by_dryoc]
}

/// The fastest ways to decrypt as many bytes as the token holds.
pub fn open(token: &str) -> Vec<Case<'static>> {
    let mut sealed = vec![b'x'; message_length(token)];
    let tag = ring_seal(&[7; 32], &[9; 24], &mut sealed);
    let mut buffer = sealed.clone();
    let again = sealed.clone();
    let by_ring = Case::new(Kind::Floor, "AEAD of ring", move || {
        buffer.copy_from_slice(&again);
        ring_open(&[7; 32], &[9; 24], &mut buffer, &tag)
    });
    let mut buffer = sealed.clone();
    let by_dryoc = Case::new(Kind::Floor, "AEAD of dryoc", move || {
        buffer.copy_from_slice(&sealed);
        dryoc_open(&[7; 32], &[9; 24], &mut buffer, &tag)
    });
    vec![by_ring, by_dryoc]
}

pub fn pbkdf2(secret: &'static [u8], salt: &'static [u8]) -> Case<'static> {
    Case::new(Kind::Floor, "PBKDF2 alone", move || {
        let mut key = [0; 32];
        pbkdf2::pbkdf2_hmac::<Sha256>(std::hint::black_box(secret), salt, 1000, &mut key);
        key
    })
}

/// A walk over an encoded term that builds nothing.
pub fn walk(bytes: &[u8]) -> Case<'static> {
    let bytes = bytes.to_vec();
    Case::new(Kind::Floor, "walk, building nothing", move || {
        let mut rest = std::hint::black_box(&bytes[1..]);
        let mut left = 1;
        while left > 0 {
            left = left - 1 + step(&mut rest);
        }
        assert!(rest.is_empty());
    })
}

/// Takes one tag with what belongs to it, and tells how many terms belong to it too.
fn step(rest: &mut &[u8]) -> usize {
    let bytes = *rest;
    let long = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (taken, terms) = match bytes[0] {
        70 => (9, 0),
        97 => (2, 0),
        98 => (5, 0),
        104 => (2, usize::from(bytes[1])),
        106 => (1, 0),
        107 => (3 + usize::from(u16::from_be_bytes([bytes[1], bytes[2]])), 0),
        108 => (5, long(1) + 1),
        109 => (5 + long(1), 0),
        110 => (3 + usize::from(bytes[1]), 0),
        116 => (5, 2 * long(1)),
        119 => (2 + usize::from(bytes[1]), 0),
        tag => unreachable!("{tag}"),
    };
    *rest = &bytes[taken..];
    terms
}

fn message_length(token: &str) -> usize {
    (token.len() - "XCP.".len()) * 3 / 4 - 24 - 16
}

fn ring_seal(key: &[u8; 32], nonce: &[u8; 24], buffer: &mut [u8]) -> [u8; 16] {
    let (key, nonce) = ring_key(key, nonce);
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(AAD), buffer).unwrap();
    tag.as_ref().try_into().unwrap()
}

fn ring_open(key: &[u8; 32], nonce: &[u8; 24], buffer: &mut [u8], tag: &[u8; 16]) {
    let (key, nonce) = ring_key(key, nonce);
    key.open_in_place_separate_tag(nonce, Aad::from(AAD), (*tag).into(), buffer, 0..).unwrap();
}

fn ring_key(key: &[u8; 32], nonce: &[u8; 24]) -> (LessSafeKey, Nonce) {
    let (input, rest) = nonce.split_first_chunk::<16>().unwrap();
    let subkey = hchacha::<R20>(std::hint::black_box(key).into(), input.into());
    let mut nonce = [0; 12];
    nonce[4..].copy_from_slice(rest);
    let key = UnboundKey::new(&CHACHA20_POLY1305, &subkey).unwrap();
    (LessSafeKey::new(key), Nonce::assume_unique_for_key(nonce))
}

fn dryoc_seal(key: &[u8; 32], nonce: &[u8; 24], buffer: &mut [u8]) -> [u8; 16] {
    use dryoc::classic::crypto_aead_xchacha20poly1305_ietf::*;
    let mut tag = [0; 16];
    crypto_aead_xchacha20poly1305_ietf_encrypt_detached_inplace(
        buffer,
        &mut tag,
        Some(AAD),
        nonce,
        key,
    )
    .unwrap();
    tag
}

fn dryoc_open(key: &[u8; 32], nonce: &[u8; 24], buffer: &mut [u8], tag: &[u8; 16]) {
    use dryoc::classic::crypto_aead_xchacha20poly1305_ietf::*;
    crypto_aead_xchacha20poly1305_ietf_decrypt_detached_inplace(buffer, tag, Some(AAD), nonce, key)
        .unwrap();
}
