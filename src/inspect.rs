//! What a token or cookie says of itself, read without its key.
//!
//! For a support desk and for logs: nothing that is found here was authenticated, and anyone can
//! have written it. Decide nothing by it.

use crate::{
    key_generator::Digest,
    message_encryptor::{self, Cipher},
    message_verifier,
    scratch::Scratch,
    term::{Limits, Map, Term, decode},
    time::{MaxAge, Timestamp},
    token::envelope,
};

/// What is seen without a key. All of it is untrusted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Untrusted {
    /// By its form.
    pub untrusted_kind: UntrustedKind,
    /// Bytes of the text.
    pub text_bytes: usize,
    /// Bytes of the payload: of the message where it is signed, of the ciphertext where it is
    /// encrypted.
    pub payload_bytes: usize,
    /// What a signed message holds; `None` for encrypted ones.
    pub untrusted_content: Option<UntrustedContent>,
}

/// The forms of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UntrustedKind {
    /// Signed: `HS256`, `HS384` or `HS512`.
    Signed(Digest),
    /// Encrypted with XChaCha20-Poly1305, as Plug.Crypto 2 writes.
    Xcp,
    /// Encrypted with AES-GCM, as Plug.Crypto 1 wrote.
    A128Gcm,
}

/// What a signed message holds, in the order in which it is tried.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum UntrustedContent {
    /// A token of `Phoenix.Token`, or a signed cookie: one of the three layouts.
    Token {
        /// The data.
        untrusted_data: Term,
        /// When it says it was signed.
        untrusted_signed_at: Option<Timestamp>,
        /// How long it says it is valid.
        untrusted_max_age: Option<MaxAge>,
    },
    /// A map of strings, as a session cookie holds.
    Session {
        /// The map.
        untrusted_session: Term,
    },
    /// Any other term.
    Term {
        /// The term.
        untrusted_term: Term,
    },
    /// No term.
    Bytes,
}

/// Reads a message without its key; `None` where it has none of the forms.
///
/// # Example
/// ```
/// use phoenix_token::{UntrustedContent, UntrustedKind, inspect, key_generator::Digest};
///
/// let token = "SFMyNTY.g2gDYQFuBgDQAJP_iwFiO5rKAA.rI1dX_zEnhl3oipsxcmz2MQX8wnn_u7Fw4DHuPnckYk";
/// let untrusted = inspect(token).ok_or("no token")?;
/// assert_eq!(untrusted.untrusted_kind, UntrustedKind::Signed(Digest::Sha256));
/// let Some(UntrustedContent::Token { untrusted_data, .. }) = untrusted.untrusted_content else {
///     return Err("no token".into());
/// };
/// assert_eq!(untrusted_data.to_string(), "1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inspect(text: &str) -> Option<Untrusted> {
    inspect_with(text, Limits::new().size(64 << 10).inflated(64 << 10))
}

/// [`inspect`] with other limits than its own, 64 KiB of term: anyone can have written what is read
/// here, and a compressed term grows a thousandfold.
pub fn inspect_with(text: &str, limits: Limits) -> Option<Untrusted> {
    signed(text, limits).or_else(|| encrypted(text))
}

fn signed(text: &str, limits: Limits) -> Option<Untrusted> {
    let (digest, encoded, signature) = message_verifier::unauthenticated(text.as_bytes()).ok()?;
    let mut scratch = Scratch::new();
    if scratch.decode(signature).ok()?.len() != digest.tag_length() {
        return None;
    }
    let message = scratch.decode(encoded).ok()?;
    Some(Untrusted {
        untrusted_kind: UntrustedKind::Signed(digest),
        text_bytes: text.len(),
        payload_bytes: message.len(),
        untrusted_content: Some(content(message, limits)),
    })
}

fn encrypted(text: &str) -> Option<Untrusted> {
    let (cipher, payload_bytes) = message_encryptor::unauthenticated(text.as_bytes()).ok()?;
    let untrusted_kind = match cipher {
        Cipher::Xcp => UntrustedKind::Xcp,
        Cipher::A128Gcm => UntrustedKind::A128Gcm,
    };
    let text_bytes = text.len();
    Some(Untrusted { untrusted_kind, text_bytes, payload_bytes, untrusted_content: None })
}

fn content(message: &[u8], limits: Limits) -> UntrustedContent {
    let Ok(body) = decode::body(message, limits) else { return UntrustedContent::Bytes };
    token(&body, limits)
        .or_else(|| {
            let term = decode::whole_term(&body, limits).ok()?;
            let strings = |map: &Map| map.iter().all(|(key, _)| key.as_str().is_some());
            Some(match term.as_map() {
                Some(map) if strings(map) => UntrustedContent::Session { untrusted_session: term },
                _ => UntrustedContent::Term { untrusted_term: term },
            })
        })
        .unwrap_or(UntrustedContent::Bytes)
}

fn token(body: &[u8], limits: Limits) -> Option<UntrustedContent> {
    let envelope = envelope::read(body, limits).ok()?;
    Some(UntrustedContent::Token {
        untrusted_data: decode::checked_term(envelope.data).ok()?,
        untrusted_signed_at: envelope.signed_at.to_timestamp(),
        untrusted_max_age: envelope.max_age.to_max_age(),
    })
}
