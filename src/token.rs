//! Tokens: `Phoenix.Token.sign/4`, `verify/4`, `encrypt/4` and `decrypt/4`.
//!
//! ```text
//! key   = PBKDF2(secret_key_base, salt)              once, when a TokenKey is made
//! token = message_verifier(key, payload)             sign
//!       = message_encryptor(key, payload)            encrypt
//! payload = term_to_binary({data, signed_at_ms, max_age_seconds})
//! ```
//!
//! Source: `Plug.Crypto` of plug_crypto, to which `Phoenix.Token` passes everything on.

mod age;
#[cfg(feature = "serde")]
mod batch;
pub(crate) mod envelope;
mod key;
pub(crate) mod open;
mod options;
mod presented;
mod rotation;
pub(crate) mod term_data;

#[cfg(feature = "serde")]
pub(crate) mod serde_data;

pub use key::{TokenKey, TokenKeyBuilder};
pub use options::{Sign, Verified, Verify};
pub use presented::Presented;
