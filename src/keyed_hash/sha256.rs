//! HMAC-SHA-256, for messages as short as tokens.
//!
//! ```text
//! HMAC(key, message) = SHA-256((key ^ opad) || SHA-256((key ^ ipad) || message))
//! ```
//!
//! The compression function is that of `sha2`, which does all the work. What stands here is how a
//! message ends ([FIPS 180-4 §5.1.1]) and what it begins with ([RFC 2104 §2]). A token is two
//! compressions; to buffer it as a message of any length is buffered adds half their time.
//!
//! [FIPS 180-4 §5.1.1]: https://doi.org/10.6028/NIST.FIPS.180-4
//! [RFC 2104 §2]: https://www.rfc-editor.org/rfc/rfc2104#section-2

use core::slice;

use hmac::{
    EagerHash,
    digest::{Digest, common::hazmat::SerializableState},
};
use sha2::{Sha256, block_api::compress256};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use super::{KeyedMac, Tag};
use crate::{error::KeyError, wipe::wipe};

/// The states of SHA-256 after the key's inner and its outer block. Zeroed on drop, as are the copies
/// that each message works on.
#[derive(Clone)]
pub(crate) struct KeyedSha256 {
    inner: State,
    outer: State,
}

impl KeyedSha256 {
    /// A key of any length but zero.
    pub(crate) fn new(key: &[u8]) -> Result<Self, KeyError> {
        if key.is_empty() {
            return Err(KeyError::Empty);
        }
        let mut digest = Zeroizing::new([0; DIGEST]);
        let key = if key.len() > BLOCK {
            Sha256::new_with_prefix(key).finalize_into((&mut *digest).into());
            &*digest
        } else {
            key
        };
        Ok(Self { inner: State::after(key, 0x36), outer: State::after(key, 0x5c) })
    }
}

impl KeyedMac for KeyedSha256 {
    type Hash = Sha256;

    #[inline]
    fn tag_of_front(&self, text: &[u8], length: usize) -> Tag<Sha256> {
        let mut state = self.inner.clone();
        state.finish(text, length);
        let mut digest = [state.to_bytes(), [0; DIGEST]];
        let mut state = self.outer.clone();
        state.finish(digest.as_flattened(), DIGEST);
        wipe(digest.as_flattened_mut());
        Tag::<Sha256>::new(state.to_bytes().into())
    }
}

/// Bytes of a block of SHA-256.
const BLOCK: usize = 64;
/// Bytes of an HMAC, and half a block.
const DIGEST: usize = 32;
/// Bytes of the length at the end of the last block.
const LENGTH: usize = 8;

/// The state of SHA-256 between two blocks. Zeroed on drop.
#[derive(Clone)]
struct State([u32; 8]);

impl State {
    /// After the block of a key of at most 64 bytes, masked with `pad`.
    fn after(key: &[u8], pad: u8) -> Self {
        let mut state = Self::initial();
        let mut block = Zeroizing::new([pad; BLOCK]);
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        compress256(&mut state.0, slice::from_ref(&*block));
        state
    }

    /// Before any block, as `sha2` has it.
    fn initial() -> Self {
        let serialized = <Sha256 as EagerHash>::Core::default().serialize();
        // Eight words, little-endian, and the count of blocks.
        let (words, _) = serialized.as_chunks::<4>();
        let mut state = Self([0; 8]);
        state.0.iter_mut().zip(words).for_each(|(to, from)| *to = u32::from_le_bytes(*from));
        state
    }

    /// Hashes the rest of what began with one block: the first `length` bytes of `text`, and the end
    /// of the message.
    #[inline(always)]
    fn finish(&mut self, text: &[u8], length: usize) {
        let (message, _) = text.split_at(length.min(text.len()));
        let (blocks, rest) = message.as_chunks::<BLOCK>();
        if !blocks.is_empty() {
            compress256(&mut self.0, blocks);
        }
        let (_, text) = text.split_at(blocks.as_flattened().len());
        let mut last = [ended(text, rest.len())];
        if rest.len() >= BLOCK.saturating_sub(LENGTH) {
            compress256(&mut self.0, &last);
            wipe(last.as_flattened_mut());
        }
        let bits = (message.len() as u64).saturating_add(BLOCK as u64).saturating_mul(8);
        if let Some(end) = last.as_flattened_mut().last_chunk_mut::<LENGTH>() {
            *end = bits.to_be_bytes();
        }
        compress256(&mut self.0, &last);
        wipe(last.as_flattened_mut());
    }

    #[inline(always)]
    fn to_bytes(&self) -> [u8; DIGEST] {
        let mut bytes = [0; DIGEST];
        let (words, _) = bytes.as_chunks_mut();
        words.iter_mut().zip(&self.0).for_each(|(to, from)| *to = from.to_be_bytes());
        bytes
    }
}

impl Drop for State {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl ZeroizeOnDrop for State {}

// It is two states, and nothing else.
impl ZeroizeOnDrop for KeyedSha256 {}

/// The first `length` bytes of `text`, the bit that ends a message, and zeros.
///
/// A whole block is read where it may be, and masked by whole vectors: a processor that has just
/// copied some bytes of a block waits for them to be in memory before it can load them.
#[inline(always)]
fn ended(text: &[u8], length: usize) -> [u8; BLOCK] {
    static KEPT: [[u8; BLOCK]; 2] = [[0xff; BLOCK], [0; BLOCK]];
    static END: [[u8; BLOCK]; 2] = [[0; BLOCK], {
        let mut end = [0; BLOCK];
        end[0] = 0x80;
        end
    }];
    let mut block = match text.first_chunk() {
        Some(block) => *block,
        None => {
            let mut block = [0; BLOCK];
            block.iter_mut().zip(text).for_each(|(to, from)| *to = *from);
            block
        }
    };
    let start = BLOCK.saturating_sub(length);
    let (_, kept) = KEPT.as_flattened().split_at(start);
    let (_, end) = END.as_flattened().split_at(start);
    if let (Some(kept), Some(end)) = (kept.first_chunk::<BLOCK>(), end.first_chunk::<BLOCK>()) {
        for ((byte, kept), end) in block.iter_mut().zip(kept).zip(end) {
            *byte = *byte & kept | end;
        }
    }
    block
}
