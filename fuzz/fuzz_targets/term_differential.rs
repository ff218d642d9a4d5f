//! Any bytes: the verdict and the term of a real OTP, but for the differences that DESIGN.md lists.
//! Needs `erl` on the path.
#![no_main]

/// The judges of the integration tests.
#[allow(dead_code, reason = "each judge takes what it needs")]
#[path = "../../tests/common"]
mod common {
    pub mod agreement;
    pub mod otp;
    pub mod say;

    #[path = "../../src/bin/phoenix-token/vectors/difference.rs"]
    pub mod difference;
    #[path = "../../src/bin/phoenix-token/vectors/etf.rs"]
    pub mod etf;
    #[path = "../../src/bin/phoenix-token/vectors/hex.rs"]
    pub mod hex;
}

use std::cell::RefCell;

use common::{agreement::agreement, otp::Otp};
use libfuzzer_sys::fuzz_target;
use phoenix_token::term::Term;

/// Judged by one OTP before it gets too full of atoms, which it never forgets.
const LIFE: usize = 1_000_000;

thread_local! {
    static OTP: RefCell<(Option<Otp>, usize)> = const { RefCell::new((None, 0)) };
}

fuzz_target!(|bytes: &[u8]| {
    // Built for fuzzing, miniz_oxide passes over checksums; `--no-cfg-fuzzing` keeps them.
    if cfg!(fuzzing) && bytes.starts_with(&[131, 80]) {
        return;
    }
    OTP.with_borrow_mut(|(otp, judged)| {
        *judged += 1;
        if *judged % LIFE == 0 {
            *otp = None;
        }
        let otp = otp.get_or_insert_with(|| Otp::start("term_differential").expect("an OTP"));
        let verdict = otp.judge(&[bytes.to_vec()]).remove(0);
        if let Err(difference) = agreement(bytes, &verdict) {
            let excused = otp.release() < 27 && has_negative_zero(bytes) || names_the_judge(bytes);
            assert!(excused, "{difference}");
        }
    });
});

/// Up to OTP 26 the keys 0.0 and -0.0 are one and the same, and a map of both is refused.
fn has_negative_zero(bytes: &[u8]) -> bool {
    Term::decode(bytes).is_ok_and(|term| term.to_string().contains("-0.0"))
}

/// Of its own pids a node refuses those that it cannot have made: of 15 bits, up to OTP 25.
fn names_the_judge(bytes: &[u8]) -> bool {
    let name = b"nonode@nohost";
    bytes.windows(name.len()).any(|window| window == name)
}
