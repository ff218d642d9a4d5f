//! ChaCha20-Poly1305 put together from pure Rust, with or without `std`:
//!
//! ```text
//! ciphertext = message ⊕ ChaCha20(key, nonce, blocks 1…)
//! tag        = Poly1305(ChaCha20(key, nonce, block 0)[..32],
//!                       padded(aad) padded(ciphertext) |aad| |ciphertext|)
//! ```

use chacha20::{
    ChaChaCore, R20,
    cipher::{
        KeyIvInit, StreamCipherCore,
        array::Array,
        consts::{U32, U64},
    },
    variants::Ietf,
};
use cryptoxide::poly1305::Poly1305;
use subtle::ConstantTimeEq;
use zeroize::{Zeroizing, optimization_barrier};

use crate::{
    error::{Invalid, SignError},
    wipe::wipe,
};

/// Encrypts `buffer` and gives the tag.
#[cfg_attr(feature = "ring", allow(dead_code, reason = "only compared with then"))]
pub(super) fn seal(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; 16], SignError> {
    let mut keystream = Keystream::new(key, nonce);
    keystream.apply(buffer);
    Ok(authenticate(keystream.one_time_key(), aad, buffer))
}

/// Decrypts `buffer` once its tag is known to be right.
pub(super) fn open(
    key: &[u8; 32],
    nonce: &[u8; 12],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; 16],
) -> Result<(), Invalid> {
    let mut keystream = Keystream::new(key, nonce);
    let expected = Zeroizing::new(authenticate(keystream.one_time_key(), aad, buffer));
    if !bool::from(expected.ct_eq(tag)) {
        return Err(Invalid);
    }
    keystream.apply(buffer);
    Ok(())
}

/// Bytes of a block of ChaCha20.
const BLOCK: usize = 64;

/// The blocks that `chacha20` makes at the cost of one: a request for fewer throws the rest away.
/// Without vectors each block has its price, and even the shortest message needs two.
const LANES: usize = if cfg!(target_arch = "aarch64") {
    8
} else if cfg!(any(target_arch = "x86", target_arch = "x86_64")) {
    4
} else {
    2
};

/// The keystream of one message: block 0 is the MAC's, the others are the message's.
struct Keystream {
    first: Blocks,
    /// Goes on after `first`, and zeroes itself.
    rest: ChaChaCore<R20, Ietf>,
}

impl Keystream {
    fn new(key: &[u8; 32], nonce: &[u8; 12]) -> Self {
        let rest = ChaChaCore::new(key.into(), nonce.into());
        let mut keystream = Self { first: Blocks::default(), rest };
        keystream.rest.write_keystream_blocks(&mut keystream.first.0);
        keystream
    }

    fn one_time_key(&self) -> &[u8; 32] {
        let [block, ..] = &self.first.0;
        let (key, _) = block.split_ref::<U32>();
        &key.0
    }

    fn apply(&mut self, buffer: &mut [u8]) {
        const FIRST: usize = (LANES - 1) * BLOCK;

        let [_, first @ ..] = &self.first.0;
        let (head, tail) = buffer.split_at_mut(buffer.len().min(FIRST));
        xor(head, first);
        let (groups, last) = tail.as_chunks_mut::<{ LANES * BLOCK }>();
        let (blocks, _) = Array::slice_as_chunks_mut(groups.as_flattened_mut());
        self.rest.apply_keystream_blocks(blocks);
        if !last.is_empty() {
            let mut blocks = Blocks::default();
            self.rest.write_keystream_blocks(&mut blocks.0);
            xor(last, &blocks.0);
        }
    }
}

/// Keystream, zeroed on drop.
#[derive(Default)]
struct Blocks([Array<u8, U64>; LANES]);

impl Drop for Blocks {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|block| wipe(&mut block.0));
    }
}

fn xor(buffer: &mut [u8], keystream: &[Array<u8, U64>]) {
    for (part, block) in buffer.chunks_mut(BLOCK).zip(keystream) {
        for (byte, key) in part.iter_mut().zip(&block.0) {
            *byte ^= key;
        }
    }
}

fn authenticate(one_time_key: &[u8; 32], aad: &[u8], ciphertext: &[u8]) -> [u8; 16] {
    let lengths = [aad.len() as u64, ciphertext.len() as u64].map(u64::to_le_bytes);
    let mut mac = Poly1305::new(one_time_key);
    update_padded(&mut mac, aad);
    update_padded(&mut mac, ciphertext);
    update_padded(&mut mac, lengths.as_flattened());
    let mut tag = [0; 16];
    mac.finalize_reset(&mut tag);
    // `Poly1305` does not zero itself.
    mac = Poly1305::new(&[0; 32]);
    optimization_barrier(&mac);
    tag
}

/// `data`, then zeros up to a whole block of Poly1305.
fn update_padded(mac: &mut Poly1305, data: &[u8]) {
    let (blocks, rest) = data.as_chunks::<16>();
    if !blocks.is_empty() {
        mac.update_mut(blocks.as_flattened());
    }
    if !rest.is_empty() {
        let mut block = [0; 16];
        block.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        mac.update_mut(&block);
    }
}
