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
pub mod damage;
pub mod description;
pub mod otp;
pub mod rng;
pub mod say;
pub mod stack;

// What the command `check` has need of as well.
#[path = "../../src/bin/phoenix-token/vectors/base64url.rs"]
pub mod base64url;
#[path = "../../src/bin/phoenix-token/vectors/difference.rs"]
pub mod difference;
#[path = "../../src/bin/phoenix-token/vectors/etf.rs"]
pub mod etf;
#[path = "../../src/bin/phoenix-token/vectors/hex.rs"]
pub mod hex;
#[path = "../../src/bin/phoenix-token/vectors/term_json.rs"]
pub mod term_json;
