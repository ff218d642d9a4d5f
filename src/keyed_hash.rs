//! HMAC ([RFC 2104]) under a key that serves many messages.
//!
//! [RFC 2104]: https://www.rfc-editor.org/rfc/rfc2104#section-2

mod sha256;

use hmac::{
    EagerHash, KeyInit,
    block_api::HmacCore,
    digest::{
        CtOutput, Output,
        block_api::{Buffer, FixedOutputCore, UpdateCore},
    },
};

pub(crate) use self::sha256::KeyedSha256;
use crate::error::KeyError;

/// A key of HMAC with one hash, ready for any number of messages.
pub(crate) trait KeyedMac {
    type Hash: EagerHash;

    /// `HMAC(key, message)`, where the message is the first `length` bytes of `text`.
    ///
    /// A token's signature follows what it covers. Whoever may read that far need not copy the end
    /// of the message to a block of its own. No `length` is beyond the end of `text`.
    fn tag_of_front(&self, text: &[u8], length: usize) -> Tag<Self::Hash>;

    /// `HMAC(key, message)`.
    fn tag(&self, message: &[u8]) -> Tag<Self::Hash> {
        self.tag_of_front(message, message.len())
    }
}

/// An HMAC. It is compared in constant time.
pub(crate) type Tag<Hash> = CtOutput<HmacCore<Hash>>;

/// The two states of a hash that HMAC goes on from: after the key's inner and its outer block.
/// Zeroed on drop, as are the copies that each message works on.
///
/// For SHA-384 and SHA-512, with which bare messages may be signed. `hmac::Hmac` is the same states
/// with the buffer of a message that has begun, which would be copied and zeroed for each message.
#[derive(Clone)]
pub(crate) struct KeyedHash<Hash: EagerHash>(HmacCore<Hash>);

impl<Hash: EagerHash> KeyedHash<Hash> {
    /// A key of any length but zero.
    pub(crate) fn new(key: &[u8]) -> Result<Self, KeyError> {
        if key.is_empty() {
            return Err(KeyError::Empty);
        }
        // HMAC takes a key of any length; only the trait's signature allows for an error.
        HmacCore::new_from_slice(key).map(Self).map_err(|_| KeyError::Empty)
    }
}

impl<Hash: EagerHash> KeyedMac for KeyedHash<Hash> {
    type Hash = Hash;

    fn tag_of_front(&self, text: &[u8], length: usize) -> Tag<Hash> {
        let message = text.get(..length).unwrap_or(text);
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
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

    use alloc::vec;

    use hmac::{Hmac, Mac};
    use proptest::prelude::*;
    use sha2::{Sha384, Sha512};

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
            let data = data.as_bytes();
            let keyed = KeyedSha256::new(key).unwrap();
            assert_eq!(keyed.tag(data).as_bytes().as_slice(), hex(sha256));
            let keyed = KeyedHash::<Sha384>::new(key).unwrap();
            assert_eq!(keyed.tag(data).as_bytes().as_slice(), hex(sha384));
            let keyed = KeyedHash::<Sha512>::new(key).unwrap();
            assert_eq!(keyed.tag(data).as_bytes().as_slice(), hex(sha512));
        }
    }

    /// The tag of `data` is that of the library in one piece, whatever stands behind it.
    fn agrees<Keyed: KeyedMac>(keyed: &Keyed, key: &[u8], data: &[u8], behind: &[u8])
    where
        Hmac<Keyed::Hash>: KeyInit + Mac,
    {
        let whole = <Hmac<Keyed::Hash> as KeyInit>::new_from_slice(key).unwrap();
        let whole = whole.chain_update(data).finalize().into_bytes();
        let text = [data, behind].concat();
        // One message leaves no trace in the next.
        for _ in 0..2 {
            let tag = keyed.tag_of_front(&text, data.len());
            assert_eq!(tag.as_bytes().as_slice(), whole.as_slice());
            assert_eq!(keyed.tag(data).as_bytes().as_slice(), whole.as_slice());
        }
    }

    #[test]
    fn a_message_ends_at_any_place_of_a_block_and_has_anything_behind_it() {
        let keyed = KeyedSha256::new(b"key").unwrap();
        for length in 0..=200 {
            for behind in [0, 1, 43, 44, 63, 64, 65] {
                agrees(&keyed, b"key", &[b'm'; 200][..length], &[b'b'; 65][..behind]);
            }
        }
    }

    #[test]
    fn a_message_has_any_length() {
        let keyed = KeyedSha256::new(b"key").unwrap();
        for length in [8_127, 8_128, 65_535, 65_536, 1 << 20] {
            for behind in [0, 64] {
                agrees(&keyed, b"key", &vec![b'm'; length], &[b'b'; 64][..behind]);
            }
        }
    }

    #[test]
    fn a_key_has_any_length_and_is_hashed_beyond_a_block() {
        for length in [1, 63, 64, 65, 131] {
            let key = &[b'k'; 131][..length];
            agrees(&KeyedSha256::new(key).unwrap(), key, b"message", b"");
        }
    }

    proptest! {
        #[test]
        fn the_tag_is_that_of_hmac_in_one_piece(
            key in proptest::collection::vec(0_u8.., 1..200),
            data in proptest::collection::vec(0_u8.., 0..300),
            behind in proptest::collection::vec(0_u8.., 0..100),
        ) {
            agrees(&KeyedSha256::new(&key).unwrap(), &key, &data, &behind);
            agrees(&KeyedHash::<Sha384>::new(&key).unwrap(), &key, &data, &behind);
            agrees(&KeyedHash::<Sha512>::new(&key).unwrap(), &key, &data, &behind);
        }
    }
}
