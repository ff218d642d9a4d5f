//! XChaCha20-Poly1305 ([draft-irtf-cfrg-xchacha-03]), in place and with the tag apart:
//! ChaCha20-Poly1305 ([RFC 8439, section 2.8]) under
//!
//! ```text
//! subkey = HChaCha20(key, nonce[..16])
//! nonce  = 0000 nonce[16..]
//! ```
//!
//! DESIGN.md has the measurements behind the choice of its parts.
//!
//! [draft-irtf-cfrg-xchacha-03]: https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha-03
//! [RFC 8439, section 2.8]: https://www.rfc-editor.org/rfc/rfc8439#section-2.8

#[cfg(any(not(feature = "ring"), test))]
mod portable;
#[cfg(feature = "ring")]
mod ring;

use chacha20::{R20, cipher::array::Array, hchacha};
use zeroize::{Zeroize, Zeroizing};

#[cfg(not(feature = "ring"))]
use self::portable::{open, seal};
#[cfg(feature = "ring")]
use self::ring::{open, seal};
use super::too_long;
use crate::error::{Invalid, SignError};

/// Turns the plaintext in `buffer` into ciphertext and gives its tag.
pub(super) fn seal_in_place_detached(
    key: &[u8; 32],
    nonce: &[u8; 24],
    aad: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; 16], SignError> {
    if is_too_long(buffer.len()) {
        return Err(too_long());
    }
    let (subkey, nonce) = ietf(key, nonce);
    seal(&subkey, &nonce, aad, buffer)
}

/// Turns the ciphertext in `buffer` into plaintext if `tag` is its tag; otherwise `buffer` holds anything
/// but plaintext.
pub(super) fn open_in_place_detached(
    key: &[u8; 32],
    nonce: &[u8; 24],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; 16],
) -> Result<(), Invalid> {
    #[cfg(test)]
    crate::testing::count(&crate::testing::CHECKED_MACS);
    if is_too_long(buffer.len()) {
        return Err(Invalid);
    }
    let (subkey, nonce) = ietf(key, nonce);
    open(&subkey, &nonce, aad, buffer, tag)
}

/// Beyond 2³⁸ - 64 bytes the keystream would begin anew.
fn is_too_long(bytes: usize) -> bool {
    bytes > MAX_LENGTH
}

/// Bytes that the counter of ChaCha20 has blocks for; one block is the MAC's.
#[cfg(target_pointer_width = "64")]
const MAX_LENGTH: usize = (1 << 38) - 64;
#[cfg(not(target_pointer_width = "64"))]
const MAX_LENGTH: usize = usize::MAX;

/// The key and nonce of ChaCha20-Poly1305.
fn ietf(key: &[u8; 32], nonce: &[u8; 24]) -> (Zeroizing<[u8; 32]>, [u8; 12]) {
    let [input @ .., n0, n1, n2, n3, n4, n5, n6, n7] = *nonce;
    let mut subkey = hchacha::<R20>(key.into(), &Array(input));
    let kept = Zeroizing::new(subkey.0);
    subkey.zeroize();
    (kept, [0, 0, 0, 0, n0, n1, n2, n3, n4, n5, n6, n7])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    #[cfg(feature = "ring")]
    use alloc::vec::Vec;

    use super::*;
    use crate::testing::hex;

    #[test]
    fn the_example_of_the_draft_is_answered() {
        // draft-irtf-cfrg-xchacha-03, A.3.1
        let key = hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
        let nonce = hex("404142434445464748494a4b4c4d4e4f5051525354555657");
        let aad = hex("50515253c0c1c2c3c4c5c6c7");
        let plaintext = b"Ladies and Gentlemen of the class of '99: If I could offer you only one \
            tip for the future, sunscreen would be it.";
        let ciphertext = hex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb\
             731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452\
             2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9\
             21f9664c97637da9768812f615c68b13b52e");
        let (key, nonce) =
            (key.as_slice().try_into().unwrap(), nonce.as_slice().try_into().unwrap());

        let mut buffer = plaintext.to_vec();
        let mut tag = seal_in_place_detached(key, nonce, &aad, &mut buffer).unwrap();
        assert_eq!(buffer, ciphertext);
        assert_eq!(tag.as_slice(), hex("c0875924c1c7987947deafd8780acf49"));

        assert_eq!(open_in_place_detached(key, nonce, &aad, &mut buffer, &tag), Ok(()));
        assert_eq!(buffer, plaintext);

        buffer.clone_from(&ciphertext);
        tag[0] ^= 1;
        assert_eq!(open_in_place_detached(key, nonce, &aad, &mut buffer, &tag), Err(Invalid));
        assert!(buffer == ciphertext || buffer.iter().all(|&byte| byte == 0));
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn a_message_of_256_gib_is_too_long() {
        // RFC 8439, section 2.8: P_MAX
        assert!(!is_too_long(274_877_906_880));
        assert!(is_too_long(274_877_906_881));
        assert!(is_too_long(usize::MAX));
    }

    #[test]
    #[cfg(feature = "ring")]
    fn the_portable_cipher_answers_alike_at_every_length() {
        for length in (0..600).chain([1023, 1024, 1025, 5000]) {
            let bytes: Vec<u8> = (0..length).map(|at: usize| at.to_le_bytes()[0]).collect();
            let aad = bytes.get(..length % 40).unwrap();
            let (mut one, mut other) = (bytes.clone(), bytes.clone());
            let tag = seal(&[7; 32], &[9; 12], aad, &mut one).unwrap();
            assert_eq!(portable::seal(&[7; 32], &[9; 12], aad, &mut other), Ok(tag));
            assert_eq!(one, other);
            assert_eq!(portable::open(&[7; 32], &[9; 12], aad, &mut one, &tag), Ok(()));
            assert_eq!(open(&[7; 32], &[9; 12], aad, &mut other, &tag), Ok(()));
            assert_eq!((&one, &other), (&bytes, &bytes));
        }
    }
}
