//! Base64url without padding ([RFC 4648 §5]), in its one canonical spelling.
//!
//! Elixir's decoder also takes correct padding and non-zero unused bits in the last character; this
//! one takes neither, so that bytes have exactly one text.
//!
//! [RFC 4648 §5]: https://www.rfc-editor.org/rfc/rfc4648#section-5

use alloc::{string::String, vec::Vec};

use base64::{Engine as _, engine::general_purpose::NO_PAD};

use crate::error::Invalid;

/// Characters that so many bytes become.
pub(crate) const fn encoded_len(bytes: usize) -> usize {
    // Three bytes become four characters; one and two left over become two and three.
    bytes.saturating_add(bytes.div_ceil(3))
}

/// Bytes that so many characters become; `None` for lengths that no text has.
pub(crate) const fn decoded_len(characters: usize) -> Option<usize> {
    if characters % 4 == 1 { None } else { Some(characters.saturating_sub(characters.div_ceil(4))) }
}

/// Appends the text of `bytes`.
pub(crate) fn encode_into(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start.saturating_add(encoded_len(bytes.len())), 0);
    let (_, text) = out.split_at_mut(start);
    encode(bytes, text);
}

/// Turns the bytes from `start` on into their text, with no memory but that of `buffer` itself.
pub(crate) fn encode_in_place(buffer: &mut Vec<u8>, start: usize) {
    const BYTES: usize = 384;
    const CHARACTERS: usize = encoded_len(BYTES);

    let length = buffer.len().saturating_sub(start);
    buffer.resize(start.saturating_add(encoded_len(length)), 0);
    let (_, region) = buffer.split_at_mut(start);
    // From the last chunk to the first: the text of a chunk begins at or after its bytes, and so
    // overwrites only what has been read.
    let mut chunk = [0; BYTES];
    for index in (0..length.div_ceil(BYTES)).rev() {
        let bytes_start = index.saturating_mul(BYTES);
        let (chunk, _) = chunk.split_at_mut(length.saturating_sub(bytes_start).min(BYTES));
        let (_, bytes) = region.split_at(bytes_start);
        chunk.copy_from_slice(bytes.split_at(chunk.len()).0);
        let (_, text) = region.split_at_mut(index.saturating_mul(CHARACTERS));
        encode(chunk, text.split_at_mut(encoded_len(chunk.len())).0);
    }
}

/// Writes the bytes of `text` to the front of `out` and tells how many there are. After an error
/// `out` holds anything.
pub(crate) fn decode_into(text: &[u8], out: &mut [u8]) -> Result<usize, Invalid> {
    let length = decoded_len(text.len()).ok_or(Invalid)?;
    let out = out.get_mut(..length).ok_or(Invalid)?;
    engine().decode_slice(text, out).map_err(|_| Invalid)
}

/// The bytes of `text`, which must fill `out`.
pub(crate) fn decode_exact(text: &[u8], out: &mut [u8]) -> Result<(), Invalid> {
    if decode_into(text, out)? == out.len() { Ok(()) } else { Err(Invalid) }
}

/// The finished token as a string.
pub(crate) fn into_string(ascii: Vec<u8>) -> String {
    // Base64url, dots and headers: the other branch is never taken.
    String::from_utf8(ascii)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// `text` has exactly the length of the text of `bytes`.
fn encode(bytes: &[u8], text: &mut [u8]) {
    let written = engine().encode_slice(bytes, text);
    debug_assert_eq!(written, Ok(encoded_len(bytes.len())));
}

/// AVX2 or NEON where the processor has it: from 128 bytes on three times as fast.
#[cfg(all(
    feature = "std",
    any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))
))]
fn engine() -> &'static base64::engine::Simd {
    use base64::engine::Simd;
    static ENGINE: std::sync::LazyLock<Simd> = std::sync::LazyLock::new(|| Simd::url_safe(NO_PAD));
    &ENGINE
}

#[cfg(not(all(
    feature = "std",
    any(target_arch = "x86_64", all(target_arch = "aarch64", target_feature = "neon"))
)))]
fn engine() -> &'static base64::engine::GeneralPurpose {
    use base64::{alphabet, engine::GeneralPurpose};
    static ENGINE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, NO_PAD);
    &ENGINE
}
