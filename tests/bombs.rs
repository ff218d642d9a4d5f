//! A table of bombs, each before every reader on a stack of 512 KiB: refused, or read in memory in
//! proportion to its size. Time is not measured: what grew faster than the input would not end.
//! `term_hostile.rs` has the laws of the one decoder; here are all who read.
#![cfg(all(feature = "std", feature = "serde", feature = "getrandom"))]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]

#[path = "common/memory.rs"]
#[allow(unsafe_code, unreachable_pub, reason = "an allocator can be replaced in no other way")]
mod memory;
#[path = "common/stack.rs"]
#[allow(dead_code, unreachable_pub, clippy::expect_used, reason = "shared with other tests")]
mod stack;

use std::sync::Arc;

use memory::{Memory, measured};
use phoenix_token::{
    MaxAge, SecretKeyBase, SigningKey, Timestamp, TokenKey, Verify,
    cookie::SessionCookie,
    inspect,
    key_generator::{self, Digest, Params},
    message_verifier,
    serde::from_slice_owned,
    term::{Limits, Term},
};

/// What `Limits` promises of a term: a byte may become an element of 32 bytes.
const KEPT: usize = 32;

/// What `Limits` promises of reading, beside copies of the bytes themselves.
const MULTIPLE: usize = 2 * KEPT + 4;

/// serde pushes the elements of other types one by one: a vector of elements of 32 bytes that is being doubled
/// is there one and a half times.
const PUSHED: usize = 3 * KEPT + 4;

/// What takes no more than this needs no explanation.
const CONSTANT: usize = 8192;

const STACK_KIB: usize = 512;

/// The default limit on what is inflated.
const INFLATED: usize = 4 << 20;

/// That of [`inspect`], which reads what nobody authenticated.
const INSPECTED: usize = 64 << 10;

struct Bomb {
    name: String,
    etf: Vec<u8>,
    /// Bytes that the readers have to do with: its own, or those it inflates to.
    size: usize,
    is_read: bool,
}

#[test]
fn every_bomb_is_refused_or_read_in_memory_in_proportion() {
    let readers = Arc::new(Readers::new());
    for bomb in bombs() {
        let readers = Arc::clone(&readers);
        stack::with_kib(STACK_KIB, move || readers.all_read(&bomb));
    }
}

#[test]
fn no_length_of_any_tag_allocates_what_is_not_there() {
    let readers = Arc::new(Readers::new());
    stack::with_kib(STACK_KIB, move || {
        for tag in 0..=255_u8 {
            for length in [[0xff; 4], [0x7f, 0xff, 0xff, 0xff], [0, 0xff, 0xff, 0xff], [0, 1, 0, 0]]
            {
                let etf = [&[131, tag][..], &length, &[0; 64]].concat();
                let size = etf.len();
                let name = format!("tag {tag}, length {length:?}");
                readers.all_read(&Bomb { name, etf, size, is_read: false });
            }
        }
    });
}

#[test]
fn memory_out_of_proportion_is_noticed() {
    let readers = Readers::new();
    let etf = Term::binary(vec![0; 100_000]).encode().unwrap();
    let bomb = Bomb { name: String::new(), etf, size: 100, is_read: true };
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| readers.all_read(&bomb)));
    assert!(result.is_err());
}

fn bombs() -> Vec<Bomb> {
    let mut bombs = Vec::new();
    let mut plain = |name: &str, etf: Vec<u8>, is_read| {
        bombs.push(Bomb { name: name.to_owned(), size: etf.len(), etf, is_read });
    };
    let nests: [(&str, &[u8], &[u8]); 6] = [
        ("tuples", &[104, 1], &[]),
        ("large tuples", &[105, 0, 0, 0, 1], &[]),
        ("lists", &[108, 0, 0, 0, 1], &[106]),
        ("maps in values", &[116, 0, 0, 0, 1, 97, 1], &[]),
        ("maps in keys", &[116, 0, 0, 0, 1], &[97, 1]),
        ("lists in tails and elements", &[108, 0, 0, 0, 2, 106], &[97, 1]),
    ];
    let nested = |levels: usize, opening: &[u8], closing: &[u8]| {
        [&[131][..], &opening.repeat(levels), &[106], &closing.repeat(levels)].concat()
    };
    for (name, opening, closing) in nests {
        plain(&format!("255 nested {name}"), nested(255, opening, closing), true);
        plain(&format!("300 000 nested {name}"), nested(300_000, opening, closing), false);
    }
    let million = 1_000_000_u32.to_be_bytes();
    let nils = |count: u32| {
        [&[131, 108][..], &count.to_be_bytes(), &vec![106; count as usize + 1]].concat()
    };
    plain("a list of a million nils", nils(1_000_000), true);
    plain("a list that fills a vector that doubles, and one more", nils((1 << 20) + 1), true);
    let with_tail = |tail: &[u8]| [&nils(1_000_000)[..1_000_006], tail].concat();
    let one_more = with_tail(&[108, 0, 0, 0, 1, 106, 106]);
    plain("a million nils and a list of one more as their tail", one_more, true);
    plain("a million nils and a tail that is no list", with_tail(&[97, 1]), true);
    let one_by_one = [&[131][..], &[108, 0, 0, 0, 1, 106].repeat(300_000), &[106]].concat();
    plain("a list whose tails have one element each", one_by_one, true);
    plain(
        "a list of a million nils, promised twice",
        [&nils(1_000_000)[..5], &[0xff; 9]].concat(),
        false,
    );
    let atoms = [&[131, 108][..], &million, &b"w\x03nil".repeat(700_000)].concat();
    plain("a list of fewer atoms than it says", atoms, false);
    let equal = [&[131, 116][..], &million, &[97, 1, 106].repeat(1_000_000)].concat();
    plain("a map with a million equal keys", equal, false);
    let keys = 300_000_u32;
    let pairs: Vec<u8> =
        (0..keys).flat_map(|key| [&[98][..], &key.to_be_bytes(), &[106]].concat()).collect();
    plain("a map with 300 000 keys", [&[131, 116][..], &keys.to_be_bytes(), &pairs].concat(), true);
    let integer = |bytes: u32| {
        let magnitude = vec![0xff; bytes as usize];
        [&[131, 111][..], &bytes.to_be_bytes(), &[0], &magnitude].concat()
    };
    plain("an integer of a megabyte", integer(1 << 20), false);
    plain("an integer as large as OTP has", integer(65_535 * 8), true);
    plain("over four megabytes", Term::binary(vec![0; INFLATED + 1]).encode().unwrap(), false);

    #[cfg(feature = "compressed")]
    {
        let zeros = |bytes: usize| Term::binary(vec![0; bytes]).encode_compressed().unwrap();
        let mut compressed = |name: &str, etf: Vec<u8>, size, is_read| {
            bombs.push(Bomb { name: name.to_owned(), etf, size, is_read });
        };
        let bomb = zeros(3 << 20);
        assert!(bomb.len() < (3 << 20) / 900, "a thousand to one");
        compressed("three megabytes of zeros, compressed", bomb, 3 << 20, true);
        let bomb = zeros(100 << 20);
        let size = bomb.len();
        compressed("a hundred megabytes of zeros, compressed", bomb.clone(), size, false);
        compressed("the same in itself", [&[131, 80, 0, 0, 1, 0], &bomb[..]].concat(), size, false);
        let mut modest = bomb;
        modest[2..6].copy_from_slice(&4096_u32.to_be_bytes());
        compressed("the same, which says that it is small", modest, size, false);
        let nils = Term::decode(&nils(3_000_000)).unwrap().encode_compressed().unwrap();
        compressed("three million nils, compressed", nils, 3_000_000, true);
    }
    bombs
}

/// All who read a term, and what they need.
struct Readers {
    signing: SigningKey,
    token: TokenKey,
    session: SessionCookie,
}

impl Readers {
    fn new() -> Self {
        let secret = SecretKeyBase::new([7; 64]).unwrap();
        let params = Params::new().iterations(1);
        let derived = key_generator::derive(secret.secret_bytes(), b"salt", &params).unwrap();
        Self {
            signing: SigningKey::new(derived.secret_bytes()).unwrap(),
            token: TokenKey::builder(&secret, "salt").iterations(1).build().unwrap(),
            session: SessionCookie::builder(&secret, "salt").iterations(1).build().unwrap(),
        }
    }

    fn all_read(&self, bomb: &Bomb) {
        let Bomb { name, etf, size, is_read } = bomb;
        let most = |reader: &str, multiple: usize, size: usize, read: &dyn Fn() -> bool| {
            let (was_read, Memory { most, .. }) = measured(read);
            let bound = CONSTANT + multiple * size;
            assert!(most <= bound, "{name}: {reader} held {most} bytes for {size}");
            was_read
        };
        let within =
            |reader: &str, size: usize, read: &dyn Fn() -> bool| most(reader, MULTIPLE, size, read);
        let pushed = |reader: &str, read: &dyn Fn() -> bool| most(reader, PUSHED, *size, read);
        let same = |reader: &str, read: &dyn Fn() -> bool| {
            assert_eq!(within(reader, *size, read), *is_read, "{name}: {reader}");
        };
        same("Term", &|| Term::decode(etf).is_ok());
        same("serde, as a term", &|| from_slice_owned::<Term>(etf, Limits::new()).is_ok());
        same("serde, as anything", &|| {
            from_slice_owned::<serde::de::IgnoredAny>(etf, Limits::new()).is_ok()
        });
        for (term, Memory { kept, .. }) in [
            measured(|| Term::decode(etf).ok()),
            measured(|| from_slice_owned::<Term>(etf, Limits::new()).ok()),
        ] {
            assert!(kept <= KEPT * size, "{name}: a term of {kept} bytes for {size}");
            drop(term);
        }
        // Others may find that it does not fit.
        pushed("serde, as JSON", &|| {
            from_slice_owned::<serde_json::Value>(etf, Limits::new()).is_ok()
        });
        pushed("serde, as a list", &|| from_slice_owned::<Vec<Term>>(etf, Limits::new()).is_ok());
        within("serde, as bytes", *size, &|| {
            from_slice_owned::<Vec<u8>>(etf, Limits::new()).is_ok()
        });
        within("serde, as text", *size, &|| from_slice_owned::<String>(etf, Limits::new()).is_ok());

        // As the payload, where it is no token, and as the data of one.
        let now = Timestamp::from_secs(1_767_268_800);
        let whole = message_verifier::sign(etf, &self.signing, Digest::Sha256);
        let options = Verify::at(now).max_age(MaxAge::INFINITY);
        let refused = within("verify", *size, &|| self.token.verify_term(&whole, &options).is_ok());
        assert!(!refused, "{name}: no token");
        within("a session", *size, &|| self.session.read(&whole).is_ok());
        within("inspect", (*size).min(INSPECTED), &|| inspect(&whole).is_some());
        if etf[1] != 80 {
            let payload = [&[131, 104, 3][..], &etf[1..], &[97, 1, 97, 1]].concat();
            let token = message_verifier::sign(&payload, &self.signing, Digest::Sha256);
            same("verify", &|| self.token.verify_term(&token, &options).is_ok());
            same("verify, through serde", &|| {
                self.token.verify_with::<Term>(&token, &options).is_ok()
            });
            within("verify, as an id", *size, &|| {
                self.token.verify_with::<u64>(&token, &options).is_ok()
            });
            within("inspect", (*size).min(INSPECTED), &|| inspect(&token).is_some());
        }
    }
}
