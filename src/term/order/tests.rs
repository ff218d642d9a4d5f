//! How much is compared: counted, since too much of it would only be slow.
#![allow(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a test may panic"
)]
use alloc::vec;

use super::*;
use crate::{
    term::{Limits, check::check},
    testing::COMPARED_TERMS,
};

/// Pairs of terms that are compared while the bytes are decoded, and while they are checked.
fn compared(etf: &[u8]) -> [usize; 2] {
    let counted = |work: &dyn Fn()| {
        let before = COMPARED_TERMS.get();
        work();
        COMPARED_TERMS.get() - before
    };
    [
        counted(&|| drop(Term::decode(etf).unwrap())),
        counted(&|| assert!(check(etf, Limits::new()).is_ok())),
    ]
}

#[test]
fn keys_inside_keys_are_compared_without_looking_at_all_of_them_again_at_each_level() {
    const ALIKE: usize = 200;
    const LEVELS: usize = 120;
    // %{{[], ..., [], %{...}} => [], {[], ..., [], 1} => []}: the keys differ in their last elements.
    let start = [&[104, 201][..], &[106; ALIKE]].concat();
    let mut inner = vec![116, 0, 0, 0, 0];
    for _ in 0..LEVELS {
        inner = [&[116, 0, 0, 0, 2][..], &start, &inner, &[106], &start, &[97, 1, 106]].concat();
    }
    let etf = [&[131][..], &inner].concat();
    for compared in compared(&etf) {
        assert!(compared > ALIKE * LEVELS, "{compared} compared: the keys begin alike");
        assert!(compared < 2 * etf.len(), "{compared} compared in {} bytes", etf.len());
    }
}

#[test]
fn keys_that_begin_alike_are_sorted_for_a_term_alone() {
    const ALIKE: usize = 99;
    const KEYS: u16 = 1000;
    let start = [&[104, 100][..], &[106; ALIKE]].concat();
    // In an order that is none.
    let keys = (0..KEYS).map(|key| (u32::from(key) * 389 % u32::from(KEYS)).to_be_bytes());
    let pairs: Vec<_> = keys.map(|key| [&start[..], &[98], &key, &[106]].concat()).collect();
    let etf = [&[131, 116, 0, 0][..], &KEYS.to_be_bytes(), &pairs.concat()].concat();
    let [decoding, checking] = compared(&etf);
    let terms = usize::from(KEYS) * (ALIKE + 1);
    assert!(decoding > terms, "{decoding} compared: the keys are out of order");
    assert!(decoding < terms * 2 * usize::from(KEYS).ilog2() as usize, "{decoding} compared");
    assert!(checking < terms, "{checking} compared to see that {terms} make no two equal keys");
}
