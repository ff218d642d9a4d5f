//! CSRF tokens: `Plug.CSRFProtection`, so that a form rendered by one side can be posted to the other.
//!
//! ```text
//! session token    = base64url(random[18])                           in the session, as "_csrf_token"
//! masked token     = base64url(session token XOR mask) mask          in a form, mask = base64url(random[18])
//! host-bound token = message_verifier(host key, base64url(random[18]) host)     in a form for that host
//! host key         = PBKDF2(secret_key_base, session token)
//! ```
//!
//! The mask makes each masked token another text, so that compressing the page gives nothing away. A
//! host-bound token is of no use to a host that was not meant to have it.
//!
//! The form's field is `_csrf_token`, the header `x-csrf-token`. Plug asks for a token in all requests
//! but those of the [methods that change nothing](is_unprotected_method), and takes one that either
//! of the two brings.

use alloc::{string::String, vec::Vec};
use core::{convert::Infallible, fmt};

use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

#[cfg(feature = "getrandom")]
use crate::error::SignError;
use crate::{
    base64url,
    key_generator::{self, Digest, Params},
    message_verifier, random,
    secret::{SecretKeyBase, SigningKey},
    token::Presented,
};

/// The token that the session keeps, and from which those of forms are made.
///
/// # Example
/// ```
/// use phoenix_token::{SecretKeyBase, cookie::Session, csrf_protection::{CsrfProtection, CsrfToken}};
///
/// let secret = SecretKeyBase::new("a secret key base of at least twenty bytes")?;
/// let protection = CsrfProtection::new(&secret);
/// let mut session = Session::new();
///
/// // To render a form:
/// let token = session.csrf_token().map_or_else(CsrfToken::generate, Ok)?;
/// session.put_csrf_token(&token);
/// let field = token.mask()?;
///
/// // When it is posted:
/// let token = session.csrf_token();
/// assert!(protection.check(token.as_ref(), &field, "www.example.com").is_ok());
/// assert!(protection.check(token.as_ref(), "forged", "www.example.com").is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct CsrfToken(Zeroizing<[u8; ENCODED]>);

impl CsrfToken {
    /// The key of the session's entry.
    pub const SESSION_KEY: &str = "_csrf_token";

    /// A new token. Take a new one whenever a user logs in; clearing the session does so.
    ///
    /// # Errors
    /// [`SignError::Randomness`]
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, SignError> {
        random_text(random::os).map(Self)
    }

    /// [`generate`](Self::generate) with randomness of the caller's, which must be
    /// cryptographically secure.
    pub fn generate_with_rng<R: CryptoRng + ?Sized>(rng: &mut R) -> Self {
        Self(random_text_from(rng))
    }

    /// The session's entry; `None` for all but 24 bytes. No more is asked of it, as upstream:
    /// the session is authentic.
    pub fn from_session(entry: &[u8]) -> Option<Self> {
        entry.try_into().ok().map(|text| Self(Zeroizing::new(text)))
    }

    /// The session's entry.
    pub fn secret_bytes(&self) -> &[u8; 24] {
        &self.0
    }

    /// A token for a form: `Plug.CSRFProtection.get_csrf_token/0`. It is another one each time.
    ///
    /// # Errors
    /// [`SignError::Randomness`]
    #[cfg(feature = "getrandom")]
    pub fn mask(&self) -> Result<String, SignError> {
        random_text(random::os).map(|mask| self.masked(&mask))
    }

    /// [`mask`](Self::mask) with randomness of the caller's, which must be cryptographically secure.
    pub fn mask_with_rng<R: CryptoRng + ?Sized>(&self, rng: &mut R) -> String {
        self.masked(&random_text_from(rng))
    }

    /// A token for a form that is posted to another host: `Plug.CSRFProtection.get_csrf_token_for/1`
    /// with the host of the URL, without a port. For a path there, as for a URL without a host, take
    /// [`mask`](Self::mask).
    ///
    /// It takes one PBKDF2 of 1000 iterations, and so does every check of such a token: that is
    /// upstream's rule, since the key is derived from the session's token.
    ///
    /// # Errors
    /// [`SignError::Randomness`]
    #[cfg(feature = "getrandom")]
    pub fn bind_to_host(&self, secret: &SecretKeyBase, host: &str) -> Result<String, SignError> {
        random_text(random::os).map(|nonce| self.bound(secret, &nonce, host))
    }

    /// [`bind_to_host`](Self::bind_to_host) with randomness of the caller's, which must be
    /// cryptographically secure.
    pub fn bind_to_host_with_rng<R: CryptoRng + ?Sized>(
        &self,
        secret: &SecretKeyBase,
        host: &str,
        rng: &mut R,
    ) -> String {
        self.bound(secret, &random_text_from(rng), host)
    }

    /// Whether a masked token is one of this token:
    /// `Plug.CSRFProtection.valid_state_and_csrf_token?/2`. Compared in constant time.
    pub fn accepts_masked(&self, given: &str) -> bool {
        let Some((masked, mask)) = given.as_bytes().split_last_chunk::<ENCODED>() else {
            return false;
        };
        let mut unmasked = Zeroizing::new([0; ENCODED]);
        if masked.len() != MASKED || base64url::decode_secret(masked, &mut *unmasked).is_err() {
            return false;
        }
        xor(&mut unmasked, mask);
        unmasked.ct_eq(&*self.0).into()
    }

    fn masked(&self, mask: &[u8; ENCODED]) -> String {
        let mut masked = self.0.clone();
        xor(&mut masked, mask);
        let mut out = base64url::secret_text(&*masked);
        out.extend(mask.iter().copied().map(char::from));
        out
    }

    fn bound(&self, secret: &SecretKeyBase, nonce: &[u8; ENCODED], host: &str) -> String {
        let message = [nonce, host.as_bytes()].concat();
        message_verifier::sign(&message, &self.host_key(secret), Digest::Sha256)
    }

    /// The host of a token that is bound to one.
    fn bound_host(&self, secret: &SecretKeyBase, given: &str) -> Option<Vec<u8>> {
        let key = self.host_key(secret);
        let message = message_verifier::verify_pinned(given, &key, Digest::Sha256).ok()?;
        message.split_first_chunk::<ENCODED>().map(|(_, host)| host.to_vec())
    }

    #[expect(clippy::expect_used, reason = "the defaults give 32 bytes")]
    fn host_key(&self, secret: &SecretKeyBase) -> SigningKey {
        key_generator::derive(secret.secret_bytes(), &*self.0, &Params::new())
            .and_then(|key| SigningKey::new(key.secret_bytes()))
            .expect("the default options")
    }
}

/// Checks the tokens that requests bring: the plug `Plug.CSRFProtection`.
#[derive(Clone, Debug)]
pub struct CsrfProtection {
    secret: SecretKeyBase,
    allow_hosts: Vec<String>,
}

impl CsrfProtection {
    /// With the secret key base of the endpoint, which host-bound tokens need.
    pub fn new(secret: &SecretKeyBase) -> Self {
        Self { secret: secret.clone(), allow_hosts: Vec::new() }
    }

    /// Also takes tokens that are bound to this host rather than to the one of the request
    /// (`allow_hosts:`), or to any that ends with it, where it begins with a dot:
    /// `".example.com"`.
    #[must_use]
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.allow_hosts.push(host.into());
        self
    }

    /// Whether a request brought a token of its session: masked, or bound to the host of the request,
    /// which is given without a port, or to one of those that are allowed.
    ///
    /// Without a token in the session nothing is accepted. A token that is bound to a host costs one
    /// PBKDF2 of 1000 iterations, about 0.2 ms.
    ///
    /// # Errors
    /// [`InvalidCsrfToken`], whatever the cause: answer with status 403, or go on with an empty
    /// session.
    pub fn check<'t>(
        &self,
        session: Option<&CsrfToken>,
        given: impl Presented<'t>,
        request_host: &str,
    ) -> Result<(), InvalidCsrfToken> {
        let (Some(token), Some(given)) = (session, given.presented()) else {
            return Err(InvalidCsrfToken);
        };
        let accepted = if given.starts_with(BOUND) {
            let host = token.bound_host(&self.secret, given);
            host.is_some_and(|host| self.is_allowed(&host, request_host))
        } else {
            token.accepts_masked(given)
        };
        if accepted { Ok(()) } else { Err(InvalidCsrfToken) }
    }

    fn is_allowed(&self, host: &[u8], request_host: &str) -> bool {
        let by_list = |allowed: &String| match allowed.starts_with('.') {
            true => host.ends_with(allowed.as_bytes()),
            false => host == allowed.as_bytes(),
        };
        host == request_host.as_bytes() || self.allow_hosts.iter().any(by_list)
    }
}

/// The request brought no token of its session. It says no more, whatever the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCsrfToken;

/// Whether Plug asks for no token: `GET`, `HEAD` and `OPTIONS`, in capitals.
pub fn is_unprotected_method(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

/// Random bytes of a token; 18, so that base64 needs no padding.
const RANDOM: usize = 18;
/// Characters that they become.
const ENCODED: usize = 24;
/// Characters that those become in turn.
const MASKED: usize = 32;
/// How a token that is bound to a host begins.
const BOUND: &str = "SFMyNTY.";

fn random_text<E>(
    fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
) -> Result<Zeroizing<[u8; ENCODED]>, E> {
    let mut bytes = Zeroizing::new([0; RANDOM]);
    fill(&mut *bytes)?;
    let mut text = Zeroizing::new([0; ENCODED]);
    base64url::encode_secret(&*bytes, &mut *text);
    Ok(text)
}

fn random_text_from<R: CryptoRng + ?Sized>(rng: &mut R) -> Zeroizing<[u8; ENCODED]> {
    let Ok(text) = random_text(random::from_rng::<_, Infallible>(rng));
    text
}

fn xor(bytes: &mut [u8; ENCODED], mask: &[u8; ENCODED]) {
    for (byte, mask) in bytes.iter_mut().zip(mask) {
        *byte ^= mask;
    }
}

impl fmt::Debug for CsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfToken([secret elided])")
    }
}

impl fmt::Display for InvalidCsrfToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the CSRF token is invalid")
    }
}

impl core::error::Error for InvalidCsrfToken {}
