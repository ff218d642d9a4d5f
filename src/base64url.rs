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
    let length = buffer.len().saturating_sub(start);
    buffer.resize(start.saturating_add(encoded_len(length)), 0);
    let (_, region) = buffer.split_at_mut(start);
    // To zero more room than a short text needs takes longer than to encode it.
    if length <= 96 {
        encode_by_chunks::<96>(region, length);
    } else {
        encode_by_chunks::<768>(region, length);
    }
}

/// Turns the first `length` bytes of `region` into their text, which fills it.
fn encode_by_chunks<const BYTES: usize>(region: &mut [u8], length: usize) {
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
    if text.len() < LONG {
        return decode_short(text, out).map(|()| length);
    }
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

/// Fills `text`, which has exactly the length of the text of `bytes`.
pub(crate) fn encode(bytes: &[u8], text: &mut [u8]) {
    if text.len() < LONG {
        return encode_short(bytes, text);
    }
    let written = engine().encode_slice(bytes, text);
    debug_assert_eq!(written, Ok(encoded_len(bytes.len())));
}

/// From so many characters on the preparations of the engine pay.
const LONG: usize = 128;

/// `text` has exactly the length that is the bytes'.
fn encode_short(bytes: &[u8], text: &mut [u8]) {
    let (threes, rest) = bytes.as_chunks::<3>();
    let (fours, last) = text.as_chunks_mut::<4>();
    for (&three, four) in threes.iter().zip(fours) {
        *four = characters(three);
    }
    match (rest, last) {
        (&[a], [first, second]) => [*first, *second, ..] = characters([a, 0, 0]),
        (&[a, b], [first, second, third]) => {
            [*first, *second, *third, _] = characters([a, b, 0]);
        }
        _ => {}
    }
}

fn characters([a, b, c]: [u8; 3]) -> [u8; 4] {
    let bits = u32::from_be_bytes([0, a, b, c]);
    [18, 12, 6, 0].map(|shift| character(bits >> shift))
}

#[expect(clippy::indexing_slicing, reason = "six bits are below 64")]
fn character(bits: u32) -> u8 {
    ALPHABET[(bits & 63) as usize]
}

/// `out` has exactly the length that is the text's.
fn decode_short(text: &[u8], out: &mut [u8]) -> Result<(), Invalid> {
    let (fours, rest) = text.as_chunks::<4>();
    let (threes, last) = out.as_chunks_mut::<3>();
    let mut all = 0;
    for (&four, three) in fours.iter().zip(threes) {
        let bits = bits(four);
        all |= bits;
        let [a, b, c, _] = bits.to_le_bytes();
        *three = [a, b, c];
    }
    // An 'A' is six zeros, as the bits have to be of which no byte is made.
    let unused = match (rest, last) {
        ([], []) => 0,
        (&[a, b], [first]) => {
            let bits = bits([a, b, b'A', b'A']);
            all |= bits;
            let [byte, unused, ..] = bits.to_le_bytes();
            *first = byte;
            unused
        }
        (&[a, b, c], [first, second]) => {
            let bits = bits([a, b, c, b'A']);
            all |= bits;
            let [one, two, unused, _] = bits.to_le_bytes();
            (*first, *second) = (one, two);
            unused
        }
        _ => return Err(Invalid),
    };
    if all & WRONG == 0 && unused == 0 { Ok(()) } else { Err(Invalid) }
}

/// The three bytes of four characters, from the lowest on, and [`WRONG`] if one is not of the
/// alphabet.
fn bits([a, b, c, d]: [u8; 4]) -> u32 {
    let [first, second, third, fourth] = &BITS;
    let of =
        |table: &[u32; 256], character| table.get(usize::from(character)).copied().unwrap_or(WRONG);
    of(first, a) | of(second, b) | of(third, c) | of(fourth, d)
}

/// For each of four places the bits that each character stands for there.
static BITS: [[u32; 256]; 4] = [bits_at(0), bits_at(1), bits_at(2), bits_at(3)];

/// A bit of none of the three bytes.
const WRONG: u32 = 1 << 31;

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "done by the compiler, which would refuse what does not fit"
)]
const fn bits_at(place: u32) -> [u32; 256] {
    let mut table = [WRONG; 256];
    let mut value = 0_u32;
    while value < 64 {
        let big_endian = value << (26 - 6 * place);
        table[ALPHABET[value as usize] as usize] = big_endian.swap_bytes();
        value += 1;
    }
    table
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

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

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test may panic"
    )]
    use alloc::{vec, vec::Vec};

    use proptest::prelude::*;

    use super::*;

    fn encoded(bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        encode_into(bytes, &mut out);
        out
    }

    fn decoded(text: &[u8]) -> Result<Vec<u8>, Invalid> {
        let mut out = vec![0; text.len()];
        let length = decode_into(text, &mut out)?;
        out.truncate(length);
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
            let mut buffer = [b"before", bytes].concat();
            encode_in_place(&mut buffer, 6);
            assert_eq!(buffer, [b"before", &text[..]].concat());
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
