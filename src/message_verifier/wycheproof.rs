//! The vectors of Project Wycheproof, through the keyed states that sign and verify.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use hmac::{block_api::HmacCore, digest::Output};
use wycheproof::{
    TestResult,
    mac::{TestName, TestSet},
};

use crate::{
    keyed_hash::{KeyedMac, Tag},
    secret::SigningKey,
};

#[test]
fn hmac_with_each_digest() {
    let mut count = 0;
    for name in [TestName::HmacSha256, TestName::HmacSha384, TestName::HmacSha512] {
        for group in TestSet::load(name).unwrap().test_groups {
            for case in group.tests {
                count += 1;
                let key = SigningKey::new(&*case.key).unwrap();
                let states = key.states();
                let genuine = match name {
                    TestName::HmacSha256 => is_genuine(&states.sha256, &case.msg, &case.tag),
                    TestName::HmacSha384 => is_genuine(&states.sha384, &case.msg, &case.tag),
                    _ => is_genuine(&states.sha512, &case.msg, &case.tag),
                };
                // A tag cut short is genuine there, and refused here.
                let whole = group.tag_size == 8 * tag_bytes(name);
                assert_eq!(genuine, whole && case.result == TestResult::Valid, "{}", case.tc_id);
            }
        }
    }
    assert_eq!(count, 522);
}

fn tag_bytes(name: TestName) -> usize {
    match name {
        TestName::HmacSha256 => 32,
        TestName::HmacSha384 => 48,
        _ => 64,
    }
}

fn is_genuine<Mac: KeyedMac>(keyed: &Mac, message: &[u8], tag: &[u8]) -> bool {
    Output::<HmacCore<Mac::Hash>>::try_from(tag)
        .is_ok_and(|tag| keyed.tag(message) == Tag::<Mac::Hash>::from(tag))
}
