//! Any bytes: the verdict and the term of a real OTP, but for the differences that DESIGN.md lists.
//! Needs `erl` on the path.
#![no_main]

/// The judges of the integration tests.
#[allow(dead_code, reason = "each judge takes what it needs")]
#[path = "../../tests/common"]
mod common {
    pub mod agreement;
    pub mod difference;
    pub mod etf;
    pub mod hex;
    pub mod otp;
    pub mod report;
}

use std::cell::RefCell;

use common::{agreement::agreement, otp::Otp};
use libfuzzer_sys::fuzz_target;

/// Judged by one OTP before it gets too full of atoms, which it never forgets.
const LIFE: usize = 1_000_000;

thread_local! {
    static OTP: RefCell<(Option<Otp>, usize)> = const { RefCell::new((None, 0)) };
}

fuzz_target!(|bytes: &[u8]| {
    let verdict = OTP.with_borrow_mut(|(otp, judged)| {
        *judged += 1;
        if *judged % LIFE == 0 {
            *otp = None;
        }
        let otp = otp.get_or_insert_with(|| Otp::start("term_differential").expect("an OTP"));
        otp.judge(&[bytes.to_vec()]).remove(0)
    });
    if let Err(difference) = agreement(bytes, &verdict) {
        panic!("{difference}");
    }
});
