//! The vectors of Project Wycheproof, through this module's own functions.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use wycheproof::{
    TestResult,
    aead::{TestName, TestSet},
};

use super::{aead, gcm::GcmKey};

#[test]
fn xchacha20_poly1305() {
    let mut count = 0;
    for group in TestSet::load(TestName::XChaCha20Poly1305).unwrap().test_groups {
        for case in group.tests {
            count += 1;
            // A nonce of another length has no place in the type, and none in a token.
            let Ok(nonce) = case.nonce[..].try_into() else {
                assert_eq!(case.result, TestResult::Invalid, "{}", case.tc_id);
                continue;
            };
            let key = case.key[..].try_into().unwrap();
            let tag = case.tag[..].try_into().unwrap();
            let mut buffer = case.ct.to_vec();
            let opened = aead::open_in_place_detached(key, nonce, &case.aad, &mut buffer, tag);
            assert_eq!(opened.is_ok(), case.result == TestResult::Valid, "{}", case.tc_id);
            if opened.is_ok() {
                assert_eq!(buffer, case.pt[..], "{}", case.tc_id);
                let sealed = aead::seal_in_place_detached(key, nonce, &case.aad, &mut buffer);
                assert_eq!((sealed.unwrap(), &buffer[..]), (*tag, &case.ct[..]), "{}", case.tc_id);
            }
        }
    }
    assert_eq!(count, 315);
}

#[test]
fn aes_gcm_with_an_iv_of_96_bits_and_a_tag_of_128() {
    let mut count = 0;
    for group in TestSet::load(TestName::AesGcm).unwrap().test_groups {
        for case in group.tests {
            // Other lengths have no place in the types, and none in a token.
            let (Ok(iv), Ok(tag)) = (case.nonce[..].try_into(), case.tag[..].try_into()) else {
                continue;
            };
            count += 1;
            let key = GcmKey::new(&case.key).unwrap();
            let mut buffer = case.ct.to_vec();
            let opened = key.open_in_place_detached(iv, &case.aad, &mut buffer, tag);
            assert_eq!(opened.is_ok(), case.result == TestResult::Valid, "{}", case.tc_id);
            if opened.is_ok() {
                assert_eq!(buffer, case.pt[..], "{}", case.tc_id);
                let sealed = key.seal_in_place_detached(iv, &case.aad, &mut buffer);
                assert_eq!((sealed.unwrap(), &buffer[..]), (*tag, &case.ct[..]), "{}", case.tc_id);
            }
        }
    }
    assert_eq!(count, 197);
}
