//! Many tokens under one key.

use ::serde::de::DeserializeOwned;

use super::{Presented, TokenKey, Verified, Verify};
use crate::{error::VerifyError, keyring::Keyring};

impl TokenKey {
    /// [`verify_with`](Self::verify_with) for one token after the other, all checked at the same
    /// moment: for a gateway, or a log. Each is verified when it is asked for, and nothing is kept.
    ///
    /// # Example
    /// ```
    /// # let secret = phoenix_token::SecretKeyBase::new("a secret key base of twenty bytes")?;
    /// # let key = phoenix_token::TokenKey::derive(&secret, "user auth");
    /// use phoenix_token::{Verify, VerifyError};
    ///
    /// let tokens = [key.sign(&1)?, String::from("forged"), key.sign(&3)?];
    /// let ids: Vec<Result<u64, VerifyError>> = key
    ///     .verify_batch(&tokens, &Verify::new())
    ///     .map(|verified| verified.map(|verified| verified.data))
    ///     .collect();
    /// assert_eq!(ids, [Ok(1), Err(VerifyError::Invalid), Ok(3)]);
    ///
    /// let lines = format!("{} {}", key.sign(&5)?, key.sign(&6)?);
    /// let tokens: Vec<&str> = lines.split(' ').collect();
    /// for verified in key.verify_batch::<u64, _, _>(&tokens, &Verify::new()) {
    ///     assert!([5, 6].contains(&verified?.data));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify_batch<'k, 't, T, P, I>(
        &'k self,
        tokens: I,
        options: &Verify,
    ) -> impl Iterator<Item = Result<Verified<T>, VerifyError>> + use<'k, 't, T, P, I>
    where
        T: DeserializeOwned,
        P: Presented<'t>,
        I: IntoIterator<Item = P>,
    {
        // The clock is read once.
        let options = options.now(options.instant());
        tokens.into_iter().map(move |token| self.verify_with(token, &options))
    }
}

impl Keyring<TokenKey> {
    /// [`TokenKey::verify_batch`] under every key.
    pub fn verify_batch<'k, 't, T, P, I>(
        &'k self,
        tokens: I,
        options: &Verify,
    ) -> impl Iterator<Item = Result<Verified<T>, VerifyError>> + use<'k, 't, T, P, I>
    where
        T: DeserializeOwned,
        P: Presented<'t>,
        I: IntoIterator<Item = P>,
    {
        let options = options.now(options.instant());
        tokens.into_iter().map(move |token| self.verify_with(token, &options))
    }
}
