//! Phoenix.Token in Rust.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "store")]
extern crate std;

mod error;
pub mod term;
#[cfg(feature = "store")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))))]
pub mod store;
mod time;

pub use error::{DataError, DecodeError, EncodeError, Invalid, KeyError, SignError, VerifyError};
pub use time::{MaxAge, Timestamp};
