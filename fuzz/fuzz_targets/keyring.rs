//! Tokens of four keys and a ring of three: the ring tells which key it was, refuses the fourth, and
//! what it rotates is the same token under the first key.
#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use phoenix_token::{
    Keyring, MaxAge, RotateError, Sign, Timestamp, TokenKey, VerifyError, term::Term,
};
use phoenix_token_fuzz::{Damage, Repeating, ageless, token_key};

static KEYS: LazyLock<[TokenKey; 4]> =
    LazyLock::new(|| ["new", "old", "older", "not in the ring"].map(token_key));

static RING: LazyLock<Keyring<TokenKey>> = LazyLock::new(|| {
    let [new, old, older, _] = KEYS.clone();
    Keyring::new(new).and(old).and_then(|ring| ring.and(older)).expect("different keys")
});

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    damage: Damage,
    key: u8,
    signed_at: i64,
    max_age: i64,
    data: &'a [u8],
}

fuzz_target!(|input: Input| {
    let position = usize::from(input.key) % KEYS.len();
    let data = Term::decode(input.data).unwrap_or_else(|_| Term::binary(input.data));
    let options =
        Sign::at(Timestamp::from_millis(input.signed_at)).max_age(MaxAge::seconds(input.max_age));
    let any = ageless().accept_any_future();

    let token = KEYS[position].sign_term(&data, &options).expect("within the limits");
    let text = input.damage.to(&token);
    let verified = RING.verify_term(&text, &any);
    if text != token || position == 3 {
        assert_eq!(verified, Err(VerifyError::Invalid));
        assert_eq!(RING.rotate_with(&text, &any), Err(RotateError::Verify(VerifyError::Invalid)));
        return;
    }
    let verified = verified.expect("one of the ring's keys signed it");
    assert_eq!((&verified.data, verified.key), (&data, position));
    assert_eq!(verified.signed_at, Some(Timestamp::from_millis(input.signed_at)));
    let rotated = RING.rotate_with(&text, &any).expect("what is verified is rotated");
    assert_eq!(Ok(rotated), KEYS[0].sign_term(&data, &options));

    let rng = &mut Repeating(b"not random at all");
    let token = KEYS[position].encrypt_term_with_rng(&data, &options, rng).expect("within the limits");
    let decrypted = RING.decrypt_term(&token, &any).expect("one of the ring's keys");
    assert_eq!(decrypted, verified);
});
