//! Base64url without padding ([RFC 4648 §5]), in its one canonical spelling.
//!
//! Elixir's decoder also takes correct padding and non-zero unused bits in the last character; this
//! one takes neither, so that bytes have exactly one text.
//!
//! Messages and their MACs go through `base64-simd`, which is fast and looks some characters up in
//! tables. What must not be known to whoever watches the processor's caches, the tokens of sessions and
//! of CSRF, goes through `base64ct`, which only computes.
//!
//! [RFC 4648 §5]: https://www.rfc-editor.org/rfc/rfc4648#section-5

use alloc::{string::String, vec::Vec};

use base64_simd::{AsOut, URL_SAFE_NO_PAD};
use base64ct::{Base64UrlUnpadded, Encoding};

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
pub(crate) fn append(bytes: &[u8], out: &mut Vec<u8>) {
    URL_SAFE_NO_PAD.encode_append(bytes, out);
}

/// Appends the text of the bytes that `write` appends, with no memory but that of `out` where it has
/// room. After an error the bytes are left out again.
pub(crate) fn append_written<R, E>(
    out: &mut Vec<u8>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<R, E>,
) -> Result<R, E> {
    let start = out.len();
    let written = write(out);
    let length = out.len().saturating_sub(start);
    let end = start.saturating_add(encoded_len(length));
    // To zero more room than a short text needs takes longer than to encode it.
    let mut short = [0; 96];
    if written.is_err() {
        out.truncate(start);
    } else if let Some(short) = short.get_mut(..length) {
        short.copy_from_slice(out.split_at(start).1);
        out.truncate(start);
        append(short, out);
    } else if out.capacity() < end {
        // What has to move to other memory is encoded on the way.
        let (before, bytes) = out.split_at(start);
        let mut moved = Vec::with_capacity(end.saturating_add(SIGNATURE));
        moved.extend_from_slice(before);
        append(bytes, &mut moved);
        *out = moved;
    } else {
        out.resize(end, 0);
        encode_in_place(out.split_at_mut(start).1, length);
    }
    written
}

/// Characters that may follow a text: a dot, and the longest signature.
const SIGNATURE: usize = 87;

/// What was appended to text, or to nothing, as text.
pub(crate) fn text(ascii: Vec<u8>) -> String {
    debug_assert!(str::from_utf8(&ascii).is_ok());
    String::from_utf8(ascii).unwrap_or_default()
}

/// Turns the first `length` bytes of `region` into their text, which fills it.
fn encode_in_place(region: &mut [u8], length: usize) {
    const BYTES: usize = 768;
    // From the last chunk to the first: the text of a chunk begins at or after its bytes, and so
    // overwrites only what has been read.
    let mut chunk = [0; BYTES];
    for index in (0..length.div_ceil(BYTES)).rev() {
        let bytes_start = index.saturating_mul(BYTES);
        let (chunk, _) = chunk.split_at_mut(length.saturating_sub(bytes_start).min(BYTES));
        let (_, bytes) = region.split_at(bytes_start);
        chunk.copy_from_slice(bytes.split_at(chunk.len()).0);
        let (_, text) = region.split_at_mut(index.saturating_mul(encoded_len(BYTES)));
        encode(chunk, text.split_at_mut(encoded_len(chunk.len())).0);
    }
}

/// Writes the bytes of `text` to the front of `out` and tells how many there are. After an error
/// `out` holds anything.
pub(crate) fn decode_into(text: &[u8], out: &mut [u8]) -> Result<usize, Invalid> {
    let length = decoded_len(text.len()).ok_or(Invalid)?;
    let out = out.get_mut(..length).ok_or(Invalid)?;
    let bytes = URL_SAFE_NO_PAD.decode(text, out.as_out()).map_err(|_| Invalid)?;
    Ok(bytes.len())
}

/// Appends the bytes of `text`.
pub(crate) fn decode_append(text: &[u8], out: &mut Vec<u8>) -> Result<(), Invalid> {
    URL_SAFE_NO_PAD.decode_append(text, out).map_err(|_| Invalid)
}

/// The bytes of `text`, which must fill `out`.
pub(crate) fn decode_exact(text: &[u8], out: &mut [u8]) -> Result<(), Invalid> {
    if decode_into(text, out)? == out.len() { Ok(()) } else { Err(Invalid) }
}

/// Fills `text`, which has exactly the length of the text of `bytes`.
pub(crate) fn encode(bytes: &[u8], text: &mut [u8]) {
    let written = URL_SAFE_NO_PAD.encode(bytes, text.as_out());
    debug_assert_eq!(written.len(), encoded_len(bytes.len()));
}

/// The text of a secret. Neither a branch nor an address depends on it.
pub(crate) fn secret_text(bytes: &[u8]) -> String {
    Base64UrlUnpadded::encode_string(bytes)
}

/// As [`encode`], for a secret.
pub(crate) fn encode_secret(bytes: &[u8], text: &mut [u8]) {
    let written = Base64UrlUnpadded::encode(bytes, text);
    debug_assert!(written.is_ok_and(|written| written.len() == encoded_len(bytes.len())));
}

/// As [`decode_exact`], for a secret: only whether it was one may be told from time or addresses.
pub(crate) fn decode_secret(text: &[u8], out: &mut [u8]) -> Result<(), Invalid> {
    let length = out.len();
    let decoded = Base64UrlUnpadded::decode(text, out);
    if decoded.is_ok_and(|bytes| bytes.len() == length) { Ok(()) } else { Err(Invalid) }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test may panic"
    )]
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// What both encoders write.
    fn encoded(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        append(bytes, &mut out);
        let mut secret = vec![0; out.len()];
        encode_secret(bytes, &mut secret);
        assert_eq!(secret, out);
        assert_eq!(secret_text(bytes).as_bytes(), out);
        out
    }

    /// What both decoders say.
    fn decoded(text: &[u8]) -> Result<Vec<u8>, Invalid> {
        let mut out = vec![0; text.len()];
        let length = decode_into(text, &mut out);
        out.truncate(decoded_len(text.len()).unwrap_or_default());
        let mut secret = vec![0; out.len()];
        assert_eq!(decode_secret(text, &mut secret).is_ok(), length.is_ok());
        let mut appended = b"before".to_vec();
        assert_eq!(decode_append(text, &mut appended).is_ok(), length.is_ok());
        length?;
        assert_eq!(secret, out);
        assert_eq!(appended, [b"before", &out[..]].concat());
        Ok(out)
    }

    /// RFC 4648 §4 word for word: 24 bits become four characters, missing bits are zero.
    fn reference(bytes: &[u8]) -> Vec<u8> {
        let group = |bytes: &[u8]| {
            let bits =
                (0..3).fold(0, |bits, at| bits << 8 | usize::from(*bytes.get(at).unwrap_or(&0)));
            [18, 12, 6, 0].map(|shift| ALPHABET[bits >> shift & 63])[..=bytes.len()].to_vec()
        };
        bytes.chunks(3).flat_map(group).collect()
    }

    #[test]
    fn the_examples_of_rfc_4648_are_answered() {
        let examples: [(&[u8], &[u8]); 7] = [
            (b"", b""),
            (b"f", b"Zg"),
            (b"fo", b"Zm8"),
            (b"foo", b"Zm9v"),
            (b"foob", b"Zm9vYg"),
            (b"fooba", b"Zm9vYmE"),
            (b"foobar", b"Zm9vYmFy"),
        ];
        for (bytes, text) in examples {
            assert_eq!(encoded(bytes), text);
            assert_eq!(decoded(text), Ok(bytes.to_vec()));
        }
    }

    #[test]
    fn lengths_are_exact_and_every_fourth_is_impossible() {
        for length in 0..100 {
            let text = encoded(&vec![0; length]);
            assert_eq!(encoded_len(length), text.len());
            assert_eq!(decoded_len(text.len()), Some(length));
        }
        assert_eq!([1, 5, 9].map(decoded_len), [None; 3]);
        assert_eq!(decoded(b"A"), Err(Invalid));
        assert_eq!(decoded(b"AAAAA"), Err(Invalid));
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let spellings: [&[u8]; 16] = [
            b"Zg==",
            b"Zg=",
            b"Zm8=",
            b"Zm9v=",
            b"Zm9v====",
            b"=", // padding
            b"Zh",
            b"Z_",
            b"Zm9", // unused bits that are not zero
            b"++//",
            b"Zm 9v",
            b" Zm9v",
            b"Zm9v\n",
            b"Zm9v\0",
            b"Zm.v",
            b"Zm9\xc3\xa9",
        ];
        for spelling in spellings {
            assert_eq!(decoded(spelling), Err(Invalid), "{}", spelling.escape_ascii());
        }
    }

    #[test]
    fn bytes_of_any_length_are_encoded_as_the_reference_does() {
        let bytes: Vec<u8> = (0_u32..2000).map(|at| (at * at / 3).to_le_bytes()[0]).collect();
        for length in (0..300).chain(300..2000).step_by(7).chain(380..390).chain(764..774) {
            let bytes = &bytes[..length];
            let text = encoded(bytes);
            assert_eq!(text, reference(bytes));
            assert_eq!(decoded(&text).as_deref(), Ok(bytes));
            for room in [0, text.len() + 6, 4000] {
                let mut out = Vec::with_capacity(room);
                out.extend_from_slice(b"before");
                let (memory, room) = (out.as_ptr(), out.capacity());
                let written = append_written(&mut out, |out| {
                    out.extend_from_slice(bytes);
                    Ok::<_, Invalid>(())
                });
                assert!(out.as_ptr() == memory || room < out.len(), "exact room suffices");
                assert_eq!((written, out), (Ok(()), [b"before", &text[..]].concat()));
            }
        }
    }

    #[test]
    fn a_wrong_byte_at_any_place_of_a_text_is_refused() {
        for length in [6, 7, 8, 150] {
            let text = encoded(&[0xa5; 150][..length]);
            for at in 0..text.len() {
                for wrong in (0..=255).filter(|byte| !ALPHABET.contains(byte)) {
                    let mut text = text.clone();
                    text[at] = wrong;
                    assert_eq!(decoded(&text), Err(Invalid), "{wrong} at {at} of {length}");
                }
            }
        }
    }

    #[test]
    fn the_output_must_have_room_and_an_exact_one_must_be_filled() {
        assert_eq!(decode_into(b"Zm9v", &mut [0; 2]), Err(Invalid));
        assert_eq!(decode_into(b"Zm9v", &mut [0; 3]), Ok(3));
        assert_eq!(decode_exact(b"Zm9v", &mut [0; 3]), Ok(()));
        assert_eq!(decode_exact(b"Zm9v", &mut [0; 4]), Err(Invalid));
        assert_eq!(decode_exact(b"", &mut []), Ok(()));
        assert_eq!(decode_secret(b"Zm9v", &mut [0; 2]), Err(Invalid));
        assert_eq!(decode_secret(b"Zm9v", &mut [0; 3]), Ok(()));
        assert_eq!(decode_secret(b"Zm9v", &mut [0; 4]), Err(Invalid));
    }

    proptest! {
        #[test]
        fn what_is_decoded_is_encoded_to_the_same_text(text in "[A-Za-z0-9_=+.-]{0,200}") {
            if let Ok(bytes) = decoded(text.as_bytes()) {
                prop_assert_eq!(encoded(&bytes), text.into_bytes());
            }
        }

        #[test]
        fn what_is_encoded_is_decoded_to_the_same_bytes(bytes: Vec<u8>) {
            prop_assert_eq!(decoded(&encoded(&bytes)), Ok(bytes));
        }
    }
}
