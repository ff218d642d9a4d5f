//! Any message, signed and encrypted: it comes back as it was, and of a changed text nothing does.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use phoenix_token::{
    EncryptionKey, Invalid, SigningKey,
    key_generator::Digest,
    message_encryptor::{decrypt, encrypt_with_rng, v1},
    message_verifier::{sign, verify, verify_pinned},
};
use phoenix_token_fuzz::{Damage, Repeating};

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    damage: Damage,
    digest: u8,
    key: [u8; 32],
    aad: [u8; 4],
    message: &'a [u8],
}

fuzz_target!(|input: Input| {
    let Input { damage, digest, key, aad, message } = input;
    let digests = [Digest::Sha256, Digest::Sha384, Digest::Sha512];
    let digest = digests[usize::from(digest) % 3];

    let signing = SigningKey::new(key).expect("32 bytes");
    let signed = sign(message, &signing, digest);
    same_or_nothing(message, &signed, damage, |text| verify(text, &signing));
    for pinned in digests {
        assert_eq!(verify_pinned(&signed, &signing, pinned).is_ok(), pinned == digest);
    }

    let encryption = EncryptionKey::new(key).expect("32 bytes");
    let rng = &mut Repeating(&key[8..]);
    let other_aad = aad.map(|byte| !byte);
    let xcp = encrypt_with_rng(message, &aad, &encryption, rng).expect("XCP takes 32 bytes");
    let gcm = v1::encrypt_with_rng(message, &aad, &encryption, &key[..5], rng).expect("A128GCM");
    for text in [&xcp, &gcm] {
        same_or_nothing(message, text, damage, |text| decrypt(text, &aad, &encryption, &key[..5]));
        assert_eq!(decrypt(text, &other_aad, &encryption, &key[..5]), Err(Invalid));
        assert_eq!(verify(text, &signing), Err(Invalid));
    }
    assert_eq!(decrypt(&signed, &aad, &encryption, &key[..5]), Err(Invalid));
    assert_eq!(decrypt(&gcm, &aad, &encryption, &key[..4]), Err(Invalid));
});

fn same_or_nothing(
    message: &[u8],
    genuine: &str,
    damage: Damage,
    read: impl Fn(&str) -> Result<Vec<u8>, Invalid>,
) {
    let text = damage.to(genuine);
    let expected = if text == genuine { Ok(message.to_vec()) } else { Err(Invalid) };
    assert_eq!(read(&text), expected, "{text}");
}
