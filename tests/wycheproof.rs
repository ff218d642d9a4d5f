//! The vectors of Project Wycheproof that the public functions can express. Those that need a nonce,
//! or a MAC over any bytes, stand beside the code: `message_encryptor`, `message_verifier`.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use phoenix_token::key_generator::{Digest, Params, derive};
use wycheproof::{
    TestResult,
    pbkdf2::{TestName, TestSet},
};

#[test]
fn pbkdf2_with_each_digest() {
    let mut count = 0;
    for (name, digest) in [
        (TestName::Pbkdf2HmacSha256, Digest::Sha256),
        (TestName::Pbkdf2HmacSha384, Digest::Sha384),
        (TestName::Pbkdf2HmacSha512, Digest::Sha512),
    ] {
        for group in TestSet::load(name).unwrap().test_groups {
            for case in group.tests {
                count += 1;
                let iterations = case.iteration_count.try_into().unwrap();
                let params =
                    Params::new().iterations(iterations).length(case.dk_len).digest(digest);
                let key = derive(&case.password, &case.salt, &params).unwrap();
                let answered = key.secret_bytes() == &case.dk[..];
                assert_eq!(answered, case.result == TestResult::Valid, "{}", case.tc_id);
            }
        }
    }
    assert_eq!(count, 176);
}
