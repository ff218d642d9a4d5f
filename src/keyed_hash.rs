//! HMAC ([RFC 2104]) under a key that serves many messages.
//!
//! [RFC 2104]: https://www.rfc-editor.org/rfc/rfc2104#section-2

use hmac::{
    EagerHash, KeyInit,
    block_api::HmacCore,
    digest::{
        CtOutput, Output,
        block_api::{Buffer, FixedOutputCore, UpdateCore},
    },
};

use crate::error::KeyError;

/// The two states of a hash that HMAC goes on from: after the key's inner and its outer block.
/// Zeroed on drop, as are the copies that each message works on.
///
/// `hmac::Hmac` is the same states with the buffer of a message that has begun. For the few bytes of
/// a token, to copy and zero that buffer too takes a third of the time of hashing them.
#[derive(Clone)]
pub(crate) struct KeyedHash<Hash: EagerHash>(HmacCore<Hash>);

/// An HMAC. It is compared in constant time.
pub(crate) type Tag<Hash> = CtOutput<HmacCore<Hash>>;

impl<Hash: EagerHash> KeyedHash<Hash> {
    /// A key of any length but zero.
    pub(crate) fn new(key: &[u8]) -> Result<Self, KeyError> {
        if key.is_empty() {
            return Err(KeyError::Empty);
        }
        // HMAC takes a key of any length; only the trait's signature allows for an error.
        HmacCore::new_from_slice(key).map(Self).map_err(|_| KeyError::Empty)
    }

    /// `HMAC(key, message)`.
    #[inline]
    pub(crate) fn tag(&self, message: &[u8]) -> Tag<Hash> {
        let mut states = self.0.clone();
        let mut buffer = Buffer::<HmacCore<Hash>>::default();
        buffer.digest_blocks(message, |blocks| states.update_blocks(blocks));
        let mut tag = Output::<HmacCore<Hash>>::default();
        states.finalize_fixed_core(&mut buffer, &mut tag);
        tag.into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]

    use alloc::vec::Vec;

    use hmac::{Hmac, Mac};
    use proptest::prelude::*;
    use sha2::{Sha256, Sha384, Sha512};

    use super::*;
    use crate::testing::hex;

    #[test]
    fn the_keyed_hashes_answer_rfc_4231() {
        let cases = [
            (
                &[0x0b; 20][..],
                "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c\
                 faea9ea9076ede7f4af152e8b2fa9cb6",
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
                 daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
            ),
            (
                b"Jefe",
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
                "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
                 8e2240ca5e69e2c78b3239ecfab21649",
                "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
                 9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
            ),
            (
                &[0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
                "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6\
                 0c2ef6ab4030fe8296248df163f44952",
                "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352\
                 6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
            ),
        ];
        for (key, data, sha256, sha384, sha512) in cases {
            assert_eq!(tag::<Sha256>(key, data), hex(sha256));
            assert_eq!(tag::<Sha384>(key, data), hex(sha384));
            assert_eq!(tag::<Sha512>(key, data), hex(sha512));
        }
    }

    fn tag<Hash: EagerHash>(key: &[u8], data: &str) -> Vec<u8> {
        KeyedHash::<Hash>::new(key).unwrap().tag(data.as_bytes()).as_bytes().to_vec()
    }

    proptest! {
        #[test]
        fn the_tag_is_that_of_hmac_in_one_piece(
            key in proptest::collection::vec(0_u8.., 1..200),
            data in proptest::collection::vec(0_u8.., 0..300),
        ) {
            let data = data.as_slice();
            let keyed = KeyedHash::<Sha256>::new(&key).unwrap();
            let whole = Hmac::<Sha256>::new_from_slice(&key).unwrap().chain_update(data).finalize();
            let whole = whole.into_bytes();
            prop_assert_eq!(keyed.tag(data).into_bytes(), whole);
            // One message leaves no trace in the next.
            prop_assert_eq!(keyed.tag(data).into_bytes(), whole);
        }
    }
}
