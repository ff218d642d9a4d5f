//! Cookies of Plug: the session, and signed and encrypted cookies.
//!
//! ```text
//! session cookie   = message_verifier(signing key, term_to_binary(session))
//!                  = message_encryptor(encryption key, term_to_binary(session))
//! signed cookie    = TokenKey::derive(secret, name "_cookie").sign(value)
//! encrypted cookie = TokenKey::derive(secret, name "_cookie").encrypt(value)
//! ```
//!
//! [`SessionCookie`] reads and writes the first of them, [`TokenCookie`] the other two; [`RememberMe`]
//! is the signed cookie that phx.gen.auth has for staying logged in. [`SetCookie`] makes the header
//! that sends any of them, or the `cookie::Cookie` (feature `cookie`), and what removes them.
//!
//! Source: `Plug.Session.COOKIE`, `Plug.Conn.put_resp_cookie/4` and `fetch_cookies/2` of Plug;
//! `phx.gen.auth` of Phoenix for what stands in them.

#[cfg(feature = "cookie")]
mod cookie_crate;
mod http_date;
mod remember_me;
mod session;
mod session_cookie;
mod session_data;
mod session_rotation;
mod set_cookie;
mod token_cookie;
mod token_rotation;
mod well_known;

pub use remember_me::RememberMe;
pub use session::Session;
pub use session_cookie::{SessionCookie, SessionCookieBuilder};
#[cfg(feature = "json")]
pub use session_data::Json;
pub use session_data::SessionData;
pub use set_cookie::{SameSite, SetCookie};
pub use token_cookie::TokenCookie;

use crate::error::SignError;

/// The most bytes of a cookie that Plug sends, its name and attributes included: browsers need not
/// keep larger ones ([RFC 6265 §6.1](https://www.rfc-editor.org/rfc/rfc6265#section-6.1)).
pub const MAX_BYTES: usize = 4096;

/// Refuses what is longer than any cookie that is sent.
fn check_size(bytes: usize) -> Result<(), SignError> {
    if bytes > MAX_BYTES { Err(SignError::CookieOverflow { bytes }) } else { Ok(()) }
}
