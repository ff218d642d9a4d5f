//! What the integration tests share.
#![allow(dead_code, unused_macros, reason = "each test takes what it needs")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::missing_errors_doc,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic, and its helpers are not a public interface"
)]

pub mod agreement;
pub mod base64url;
pub mod damage;
pub mod description;
pub mod difference;
pub mod etf;
pub mod hex;
pub mod otp;
pub mod report;
pub mod rng;
pub mod stack;
pub mod tamper;
pub mod term_json;
