//! Phoenix.Token in Rust: the very tokens of Elixir's Phoenix and Plug.
//!
//! A Rust service that shares the `secret_key_base` of a Phoenix application mints tokens that
//! Phoenix accepts, and accepts what Phoenix minted.
//!
//! ```
//! use phoenix_token::{MaxAge, SecretKeyBase, TokenKey, Verify};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let secret_key_base = String::from("a secret key base of at least twenty bytes");
//! let secret = SecretKeyBase::new(secret_key_base)?; // from the environment, at least 20 bytes
//! let user_auth = TokenKey::derive(&secret, "user auth"); // PBKDF2 runs here, once
//!
//! let token = user_auth.sign(&42)?; // Phoenix.Token.verify(secret, "user auth", token) gives {:ok, 42}
//! let user_id: u64 = user_auth.verify(&token)?.data;
//!
//! let strict = Verify::new().max_age(MaxAge::hours(1));
//! let user_id: u64 = user_auth.verify_with(&token, &strict)?.data;
//! # assert_eq!(user_id, 42);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! | in Elixir | here |
//! | --- | --- |
//! | `Phoenix.Token.sign/4`, `verify/4`, `encrypt/4`, `decrypt/4` | [`TokenKey`], with options in [`Sign`] and [`Verify`] |
//! | `Plug.Session` with `store: :cookie` | [`cookie::SessionCookie`] and [`cookie::Session`] |
//! | `put_resp_cookie/4` with `sign: true` or `encrypt: true` | [`cookie::TokenCookie`]; [`cookie::RememberMe`] for that of phx.gen.auth |
//! | `put_resp_cookie/4`, `delete_resp_cookie/3` | [`cookie::SetCookie`] |
//! | `Plug.CSRFProtection` | [`csrf_protection`] |
//! | changing a secret, `rotating_options:` | [`Keyring`] |
//! | `Plug.Crypto.MessageVerifier`, `MessageEncryptor`, `KeyGenerator` | [`message_verifier`], [`message_encryptor`], [`key_generator`] |
//! | the `users_tokens` of phx.gen.auth | `store`, with the features `sqlite`, `postgres`, `mysql` |
//! | `UserAuth` of phx.gen.auth | `axum`, with the feature of that name |
//! | `:erlang.term_to_binary/2`, `binary_to_term/2` | [`serde`](mod@serde) for Rust types, [`term`] for all others |
//!
//! # Without `std`
//!
//! With `default-features = false` the crate needs `alloc` alone. There is no clock and no
//! randomness then: times are given ([`Sign::at`], [`Verify::at`]), and encryption takes a generator
//! of the caller's. Without the feature `serde` the data of a token is a [`Term`](term::Term).
//!
//! # What may differ
//!
//! The answers are those of the real libraries, to the byte. Where they differ on purpose (one
//! spelling for each token, limits, no panic, a tolerance for clocks) is listed in the repository's
//! `DESIGN.md`.
#![forbid(unsafe_code)]
#![cfg_attr(not(any(feature = "std", test)), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "store")]
extern crate std;

#[cfg(feature = "axum")]
#[cfg_attr(docsrs, doc(cfg(feature = "axum")))]
pub mod axum;
mod base64url;
mod calendar;
#[cfg(feature = "cbor")]
mod cbor;
pub mod cookie;
pub mod csrf_protection;
mod error;
mod events;
#[cfg(all(any(doc, doctest), feature = "std", feature = "serde"))]
pub mod guide;
mod inspect;
pub mod key_generator;
mod keyed_hash;
mod keyring;
pub mod message_encryptor;
pub mod message_verifier;
mod random;
mod scratch;
mod secret;
#[cfg(feature = "serde")]
pub mod serde;
#[cfg(feature = "store")]
#[cfg_attr(docsrs, doc(cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))))]
pub mod store;
pub mod term;
#[cfg(test)]
mod testing;
mod time;
mod token;
mod wipe;

#[cfg(feature = "cbor")]
pub use cbor::Cbor;
pub use error::{DataError, DecodeError, EncodeError, Invalid, KeyError, SignError, VerifyError};
pub use inspect::{Untrusted, UntrustedContent, UntrustedKind, inspect, inspect_with};
pub use keyring::{DuplicateKey, Keyring, Matched, RingKey, RotateError};
/// Its `CryptoRng` is what functions ending in `_with_rng` take.
pub use rand_core;
pub use secret::{EncryptionKey, SecretKeyBase, SigningKey};
pub use time::{MaxAge, Timestamp};
pub use token::{Presented, Sign, TokenKey, TokenKeyBuilder, Verified, Verify};

#[cfg(all(doctest, feature = "std", feature = "serde"))]
#[doc = include_str!("../README.md")]
struct Readme;
