//! Compressed terms: `131, 80`, the size of the term in four bytes, and zlib data.

use alloc::{borrow::Cow, vec, vec::Vec};

use miniz_oxide::{
    deflate::compress_to_vec_zlib,
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

use zeroize::Zeroizing;

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
        Ok(compress(&self.encode()?).into_owned())
    }
}

/// zlib's own default, and OTP's, though the same level of another implementation makes other bytes.
const LEVEL: u8 = 6;

/// An encoded term, compressed if that makes it shorter.
pub(crate) fn compress(encoded: &[u8]) -> Cow<'_, [u8]> {
    let Some((_, body)) = encoded.split_first() else { return Cow::Borrowed(encoded) };
    let Ok(size) = u32::try_from(body.len()) else { return Cow::Borrowed(encoded) };
    let zlib = compress_to_vec_zlib(body, LEVEL);
    let mut compressed = vec![tag::VERSION, tag::COMPRESSED];
    compressed.extend(size.to_be_bytes());
    if compressed.len().saturating_add(zlib.len()) >= encoded.len() {
        return Cow::Borrowed(encoded);
    }
    compressed.extend(zlib);
    Cow::Owned(compressed)
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
