//! Phoenix.Token in Rust.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod error;
pub mod term;
mod time;

pub use error::{DataError, DecodeError, EncodeError, Invalid, KeyError, SignError, VerifyError};
pub use time::{MaxAge, Timestamp};
