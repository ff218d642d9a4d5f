//! Phoenix.Token in Rust.
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

mod base64url;
mod error;
pub mod key_generator;
pub mod message_encryptor;
pub mod message_verifier;
mod scratch;
mod secret;
pub mod term;
#[cfg(test)]
mod testing;
mod time;

pub use error::{DataError, DecodeError, EncodeError, Invalid, KeyError, SignError, VerifyError};
pub use secret::{EncryptionKey, SecretKeyBase, SigningKey};
pub use time::{MaxAge, Timestamp};
