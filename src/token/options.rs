//! What can be said when a token is made or read, and what a token that was read tells.

use core::time::Duration;

use crate::{
    key_generator::Digest,
    term::Limits,
    time::{MaxAge, Timestamp},
};

/// How a token is made: the options of `Phoenix.Token.sign/4` and `encrypt/4`.
///
/// # Example
/// ```
/// use phoenix_token::{MaxAge, Sign, Timestamp};
///
/// let remember_me = Sign::at(Timestamp::from_secs(1_700_000_000)).max_age(MaxAge::days(14));
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Sign {
    pub(super) signed_at: Option<Timestamp>,
    pub(super) max_age: MaxAge,
    pub(super) limits: Limits,
    #[cfg(feature = "compressed")]
    pub(super) compressed: bool,
    #[cfg(feature = "serde")]
    pub(super) serde: crate::serde::Options,
}

impl Sign {
    /// Signed at the moment of signing, by the clock; valid for one day.
    #[cfg(feature = "std")]
    pub fn new() -> Self {
        Self::signed(None)
    }

    /// Signed at the given moment (`signed_at:`); valid for one day.
    pub fn at(signed_at: Timestamp) -> Self {
        Self::signed(Some(signed_at))
    }

    fn signed(signed_at: Option<Timestamp>) -> Self {
        Self {
            signed_at,
            max_age: MaxAge::DEFAULT,
            limits: Limits::new(),
            #[cfg(feature = "compressed")]
            compressed: false,
            #[cfg(feature = "serde")]
            serde: crate::serde::Options::default(),
        }
    }

    /// Signed at the given moment instead (`signed_at:`).
    pub fn signed_at(mut self, signed_at: impl Into<Timestamp>) -> Self {
        self.signed_at = Some(signed_at.into());
        self
    }

    /// Valid for so long (`max_age:`), unless whoever verifies says otherwise.
    pub fn max_age(mut self, max_age: impl Into<MaxAge>) -> Self {
        self.max_age = max_age.into();
        self
    }

    /// Other bounds on size and nesting than the [defaults](Limits::new), for verifiers that have them
    /// as well: what is over the limits of whoever verifies is invalid there.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Compress the payload where that makes it smaller (`compressed: true`). Every release of
    /// Plug.Crypto reads it.
    #[cfg(feature = "compressed")]
    pub fn compressed(mut self) -> Self {
        self.compressed = true;
        self
    }

    /// How Rust types become terms.
    #[cfg(feature = "serde")]
    pub fn serde(mut self, options: crate::serde::Options) -> Self {
        self.serde = options;
        self
    }
}

#[cfg(feature = "std")]
impl Default for Sign {
    fn default() -> Self {
        Self::new()
    }
}

/// How a token is checked: the options of `Phoenix.Token.verify/4` and `decrypt/4`, and those that
/// only this crate has.
///
/// # Example
/// ```
/// use phoenix_token::{MaxAge, Verify};
/// use std::time::Duration;
///
/// let strict = Verify::new().max_age(MaxAge::hours(1)).tolerance(Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Verify {
    pub(super) now: Option<Timestamp>,
    pub(super) max_age: Option<MaxAge>,
    pub(super) tolerance: Tolerance,
    pub(super) limits: Limits,
    pub(super) digest: Option<Digest>,
}

/// How far in the future a token may have been signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tolerance {
    Millis(u128),
    Unlimited,
}

impl Verify {
    /// A token that was signed up to 60 seconds ahead of this host's clock is accepted.
    pub const DEFAULT_TOLERANCE: Duration = Duration::from_secs(60);

    /// Checked at the moment of verifying, by the clock, with the token's own age.
    #[cfg(feature = "std")]
    pub fn new() -> Self {
        Self::checked(None)
    }

    /// Checked at the given moment, with the token's own age.
    pub fn at(now: Timestamp) -> Self {
        Self::checked(Some(now))
    }

    fn checked(now: Option<Timestamp>) -> Self {
        Self {
            now,
            max_age: None,
            tolerance: Tolerance::Millis(Self::DEFAULT_TOLERANCE.as_millis()),
            limits: Limits::new(),
            digest: None,
        }
    }

    /// Checked at the given moment instead.
    pub fn now(mut self, now: impl Into<Timestamp>) -> Self {
        self.now = Some(now.into());
        self
    }

    /// Valid for so long (`max_age:`), whatever the token says.
    pub fn max_age(mut self, max_age: impl Into<MaxAge>) -> Self {
        self.max_age = Some(max_age.into());
        self
    }

    /// Accept a token signed up to so long in the future, for hosts whose clocks differ; beyond it
    /// the token is invalid. It never lengthens a token's life: that ends at `signed_at + max_age`
    /// all the same. Zero does as the next release of Plug.Crypto.
    pub fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = Tolerance::Millis(tolerance.as_millis());
        self
    }

    /// Accept a token however far in the future it was signed, as Plug.Crypto up to 2.1.
    pub fn accept_any_future(mut self) -> Self {
        self.tolerance = Tolerance::Unlimited;
        self
    }

    /// Other bounds on size and nesting than the [defaults](Limits::new).
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Accept a signed token with this digest only: with [`Digest::Sha256`] what Phoenix.Token
    /// writes, and nothing else. Without it the token's header chooses among three, as upstream.
    pub fn digest(mut self, digest: Digest) -> Self {
        self.digest = Some(digest);
        self
    }

    #[cfg(feature = "std")]
    pub(super) fn instant(&self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }

    #[cfg(not(feature = "std"))]
    pub(super) fn instant(&self) -> Timestamp {
        // Without a clock the only constructor is `at`.
        self.now.unwrap_or(Timestamp::from_millis(0))
    }
}

#[cfg(feature = "std")]
impl Default for Verify {
    fn default() -> Self {
        Self::new()
    }
}

impl Sign {
    #[cfg(feature = "std")]
    pub(super) fn instant(&self) -> Timestamp {
        self.signed_at.unwrap_or_else(Timestamp::now)
    }

    #[cfg(not(feature = "std"))]
    pub(super) fn instant(&self) -> Timestamp {
        // Without a clock the only constructor is `at`.
        self.signed_at.unwrap_or(Timestamp::from_millis(0))
    }
}

/// What an authentic token that is in time holds.
///
/// `Debug` shows the data as its own type does: give a type with secrets in it a `Debug` that leaves
/// them out, or log the other fields alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified<T> {
    /// The data that was signed.
    pub data: T,
    /// When it was signed. `None` only where the token holds something else than a number there,
    /// which the real library lets pass when the age is `:infinity`.
    pub signed_at: Option<Timestamp>,
    /// The age that was applied: the verifier's if it gave one, else the token's.
    pub max_age: MaxAge,
    /// Which key of a [`Keyring`](crate::Keyring) matched, from 0 for the first, which signs. A
    /// token under another key should be issued anew.
    pub key: usize,
}

impl<T> Verified<T> {
    /// The last moment at which the token is valid; `None` if that is never over.
    pub fn expires_at(&self) -> Option<Timestamp> {
        super::age::expiry(self.signed_at?, self.max_age)
    }

    /// The same with other data.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Verified<U> {
        let Self { data, signed_at, max_age, key } = self;
        Verified { data: change(data), signed_at, max_age, key }
    }
}
