//! Phoenix.Token in Rust.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

#[cfg(feature = "cbor")]
mod cbor;
mod error;
#[cfg(feature = "serde")]
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub mod serde;
pub mod term;
mod time;

#[cfg(feature = "cbor")]
#[cfg_attr(docsrs, doc(cfg(feature = "cbor")))]
pub use cbor::Cbor;
pub use error::{DataError, DecodeError, EncodeError, Invalid, KeyError, SignError, VerifyError};
pub use time::{MaxAge, Timestamp};
