//! XChaCha20-Poly1305 ([draft-irtf-cfrg-xchacha-03]), in place and with the tag apart.
//!
//! [draft-irtf-cfrg-xchacha-03]: https://datatracker.ietf.org/doc/html/draft-irtf-cfrg-xchacha-03

use chacha20poly1305::{AeadInOut, KeyInit, XChaCha20Poly1305};

use super::too_long;
use crate::error::{Invalid, SignError};

/// Turns the plaintext in `buffer` into ciphertext and gives its tag.
pub(super) fn seal_in_place_detached(
    key: &[u8; 32],
    nonce: &[u8; 24],
    aad: &[u8],
    buffer: &mut [u8],
) -> Result<[u8; 16], SignError> {
    XChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached(nonce.into(), aad, buffer.into())
        .map(Into::into)
        .map_err(|_| too_long())
}

/// Turns the ciphertext in `buffer` into plaintext if `tag` is its tag; leaves it otherwise.
pub(super) fn open_in_place_detached(
    key: &[u8; 32],
    nonce: &[u8; 24],
    aad: &[u8],
    buffer: &mut [u8],
    tag: &[u8; 16],
) -> Result<(), Invalid> {
    XChaCha20Poly1305::new(key.into())
        .decrypt_inout_detached(nonce.into(), aad, buffer.into(), tag.into())
        .map_err(|_| Invalid)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

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
        assert_eq!(buffer, ciphertext);
    }
}
