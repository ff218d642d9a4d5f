//! Compressed terms: `131, 80`, the size of the term in four bytes, and zlib data.

use alloc::{vec, vec::Vec};
use core::mem;

use miniz_oxide::{
    deflate::core::{
        CompressorOxide, TDEFLFlush, TDEFLStatus, compress as deflate,
        create_comp_flags_from_zip_params,
    },
    inflate::{
        TINFLStatus,
        core::{
            DecompressorOxide, decompress,
            inflate_flags::{
                TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
            },
        },
    },
};

use zeroize::{Zeroizing, optimization_barrier};

use super::{Term, tag};
use crate::error::{DecodeError, EncodeError};

impl Term {
    /// The bytes of the term, for `:erlang.binary_to_term/1` as those of
    /// `:erlang.term_to_binary(term, [:compressed])` are: compressed where that is shorter, plain as
    /// [`encode`](Term::encode) gives them where not. The compressed bytes are others than OTP's, and
    /// may be more, since it has another implementation of zlib.
    ///
    /// # Errors
    /// See [`EncodeError`].
    #[cfg_attr(docsrs, doc(cfg(feature = "compressed")))]
    pub fn encode_compressed(&self) -> Result<Vec<u8>, EncodeError> {
        let encoded = self.encode()?;
        Ok(match compress(&encoded) {
            Some(mut compressed) => {
                let mut compressed = mem::take(&mut *compressed);
                compressed.shrink_to_fit();
                compressed
            }
            None => encoded,
        })
    }
}

/// zlib's own default, and OTP's, though the same level of another implementation makes other bytes.
const LEVEL: i32 = 6;

/// An encoded term, compressed if that makes it shorter.
///
/// What zlib wrote, and what it kept to write it, is zeroed on drop: it may be about to be encrypted.
pub(crate) fn compress(encoded: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (_, body) = encoded.split_first()?;
    let size = u32::try_from(body.len()).ok()?;
    // What would fill more than this is no shorter.
    let mut compressed = Zeroizing::new(vec![0; body.len()]);
    let (head, zlib) = compressed.split_first_chunk_mut()?;
    let [a, b, c, d] = size.to_be_bytes();
    *head = [tag::VERSION, tag::COMPRESSED, a, b, c, d];
    let written = head.len().saturating_add(deflate_into(zlib, body)?);
    compressed.truncate(written);
    Some(compressed)
}

/// Writes zlib data of `body` to the front of `out` and tells how much, if there is room for it.
fn deflate_into(out: &mut [u8], body: &[u8]) -> Option<usize> {
    const ZLIB_HEADER: i32 = 1;
    const DEFAULT_STRATEGY: i32 = 0;
    let flags = create_comp_flags_from_zip_params(LEVEL, ZLIB_HEADER, DEFAULT_STRATEGY);
    let mut compressor = CompressorOxide::new(flags);
    let (status, _, written) = deflate(&mut compressor, body, out, TDEFLFlush::Finish);
    // Zeroes its dictionary and its buffers.
    compressor.reset();
    optimization_barrier(&compressor);
    (status == TDEFLStatus::Done).then_some(written)
}

/// What is allocated at first, and doubled as long as there is more to inflate.
const FIRST_SIZE: usize = 4096;

/// Inflates what follows tag 80. All of it has to be zlib data of exactly the size it claims.
///
/// What was inflated is zeroed on drop: it may have been encrypted.
pub(super) fn inflate(claimed: &[u8], limit: usize) -> Result<Zeroizing<Vec<u8>>, DecodeError> {
    let (size, mut zlib) = claimed.split_first_chunk().ok_or(DecodeError::Malformed)?;
    let size = usize::try_from(u32::from_be_bytes(*size)).map_err(|_| DecodeError::Limit)?;
    if size > limit {
        return Err(DecodeError::Limit);
    }
    let flags = TINFL_FLAG_PARSE_ZLIB_HEADER | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = DecompressorOxide::new();
    let mut inflated = Zeroizing::new(vec![0; size.min(FIRST_SIZE)]);
    let mut written = 0_usize;
    loop {
        let (status, read, more) = decompress(&mut state, zlib, &mut inflated, written, flags);
        zlib = zlib.get(read..).unwrap_or_default();
        written = written.saturating_add(more);
        match status {
            TINFLStatus::Done if zlib.is_empty() && written == size => return Ok(inflated),
            TINFLStatus::HasMoreOutput if inflated.len() < size => {
                let mut larger = vec![0; inflated.len().saturating_mul(2).min(size)];
                larger.split_at_mut(inflated.len()).0.copy_from_slice(&inflated);
                inflated = Zeroizing::new(larger);
            }
            _ => return Err(DecodeError::Malformed),
        }
    }
}
