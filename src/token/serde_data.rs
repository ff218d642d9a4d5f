//! Tokens whose data is any type that serde knows: the four calls of `Phoenix.Token`.
//!
//! Each comes by itself (the clock, all options at their defaults), with the time given (`_at`), and
//! with options (`_with`).

use alloc::{string::String, vec::Vec};
use core::slice::from_ref;

use ::serde::{Serialize, de::DeserializeOwned};
use rand_core::CryptoRng;

use super::{Presented, Sign, TokenKey, Verified, Verify, open};
use crate::{
    error::{SignError, VerifyError},
    random,
    serde::{from_slice_in_one_pass, to_writer},
    term::Limits,
    time::Timestamp,
};

/// `sign` and `verify`: the holder of the token can read it, and cannot change it.
impl TokenKey {
    /// `Phoenix.Token.sign(context, salt, data)`: signed now, valid for a day.
    ///
    /// # Errors
    /// [`SignError::Data`] where the data has no place in a term, or is over the
    /// [limits](Sign::limits) within which tokens are read.
    ///
    /// # Example
    /// ```
    /// # let secret = phoenix_token::SecretKeyBase::new("a secret key base of twenty bytes")?;
    /// # let key = phoenix_token::TokenKey::derive(&secret, "user auth");
    /// let token = key.sign(&("user", 42))?;
    /// assert!(token.starts_with("SFMyNTY."));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "std")]
    pub fn sign<T: Serialize + ?Sized>(&self, data: &T) -> Result<String, SignError> {
        self.sign_with(data, &Sign::new())
    }

    /// [`sign`](Self::sign) as of the given moment.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn sign_at<T: Serialize + ?Sized>(
        &self,
        data: &T,
        signed_at: Timestamp,
    ) -> Result<String, SignError> {
        self.sign_with(data, &Sign::at(signed_at))
    }

    /// [`sign`](Self::sign) with options.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn sign_with<T: Serialize + ?Sized>(
        &self,
        data: &T,
        options: &Sign,
    ) -> Result<String, SignError> {
        open::string(|out| self.sign_payload(out, |out| write(data, options, out)))
    }

    /// [`sign_with`](Self::sign_with), appended to a buffer of the caller's: no allocation where it
    /// has room, and holds no more than 4 KiB. On an error the buffer is as it was.
    ///
    /// # Errors
    /// As [`sign`](Self::sign).
    pub fn sign_into<T: Serialize + ?Sized>(
        &self,
        data: &T,
        options: &Sign,
        out: &mut String,
    ) -> Result<(), SignError> {
        open::append(out, |out| self.sign_payload(out, |out| write(data, options, out)))
    }

    /// `Phoenix.Token.verify(context, salt, token)`, with the token's own age.
    ///
    /// # Errors
    /// [`Missing`](VerifyError::Missing), [`Invalid`](VerifyError::Invalid) or
    /// [`Expired`](VerifyError::Expired), as upstream;
    /// [`Data`](VerifyError::Data) where the data is authentic but no `T`;
    /// [`Local`](VerifyError::Local) where only the node that wrote it could read it.
    ///
    /// # Example
    /// ```
    /// # let secret = phoenix_token::SecretKeyBase::new("a secret key base of twenty bytes")?;
    /// # let key = phoenix_token::TokenKey::derive(&secret, "user auth");
    /// use phoenix_token::VerifyError;
    ///
    /// let token = key.sign(&42)?;
    /// assert_eq!(key.verify::<u64>(&token)?.data, 42);
    /// assert_eq!(key.verify::<u64>("SFMyNTY.g2o.AAAA"), Err(VerifyError::Invalid));
    /// assert_eq!(key.verify::<u64>(None), Err(VerifyError::Missing));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "std")]
    pub fn verify<'t, T: DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
    ) -> Result<Verified<T>, VerifyError> {
        self.verify_with(token, &Verify::new())
    }

    /// [`verify`](Self::verify) as of the given moment.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_at<'t, T: DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
        now: Timestamp,
    ) -> Result<Verified<T>, VerifyError> {
        self.verify_with(token, &Verify::at(now))
    }

    /// [`verify`](Self::verify) with options.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_with<'t, T: DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<T>, VerifyError> {
        open::verify(from_ref(self), token.presented(), options, read)
    }
}

/// `encrypt` and `decrypt`: the holder of the token can neither read nor change it.
impl TokenKey {
    /// `Phoenix.Token.encrypt(context, salt, data)`: as of now, valid for a day.
    ///
    /// # Errors
    /// As [`sign`](Self::sign); [`SignError::SignOnly`] where the key has no cipher,
    /// [`SignError::Randomness`] where the operating system gives none.
    ///
    /// # Example
    /// ```
    /// # let secret = phoenix_token::SecretKeyBase::new("a secret key base of twenty bytes")?;
    /// # let key = phoenix_token::TokenKey::derive(&secret, "user auth");
    /// let token = key.encrypt("for your eyes only")?;
    /// assert!(token.starts_with("XCP."));
    /// assert_eq!(key.decrypt::<String>(&token)?.data, "for your eyes only");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(all(feature = "std", feature = "getrandom"))]
    pub fn encrypt<T: Serialize + ?Sized>(&self, data: &T) -> Result<String, SignError> {
        self.encrypt_with(data, &Sign::new())
    }

    /// [`encrypt`](Self::encrypt) as of the given moment.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    #[cfg(feature = "getrandom")]
    pub fn encrypt_at<T: Serialize + ?Sized>(
        &self,
        data: &T,
        signed_at: Timestamp,
    ) -> Result<String, SignError> {
        self.encrypt_with(data, &Sign::at(signed_at))
    }

    /// [`encrypt`](Self::encrypt) with options.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    #[cfg(feature = "getrandom")]
    pub fn encrypt_with<T: Serialize + ?Sized>(
        &self,
        data: &T,
        options: &Sign,
    ) -> Result<String, SignError> {
        open::string(|out| self.encrypt_payload(out, random::os, |out| write(data, options, out)))
    }

    /// [`encrypt_with`](Self::encrypt_with), appended to a buffer of the caller's. On an error the
    /// buffer is as it was.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    #[cfg(feature = "getrandom")]
    pub fn encrypt_into<T: Serialize + ?Sized>(
        &self,
        data: &T,
        options: &Sign,
        out: &mut String,
    ) -> Result<(), SignError> {
        open::append(out, |out| {
            self.encrypt_payload(out, random::os, |out| write(data, options, out))
        })
    }

    /// [`encrypt_with`](Self::encrypt_with) with randomness of the caller's, for hosts without an
    /// operating system. The generator must be cryptographically secure: a nonce that comes twice
    /// gives the messages away.
    ///
    /// # Errors
    /// As [`sign`](Self::sign), and [`SignError::SignOnly`].
    pub fn encrypt_with_rng<T: Serialize + ?Sized, R: CryptoRng + ?Sized>(
        &self,
        data: &T,
        options: &Sign,
        rng: &mut R,
    ) -> Result<String, SignError> {
        open::string(|out| {
            self.encrypt_payload(out, random::from_rng(rng), |out| write(data, options, out))
        })
    }

    /// `Phoenix.Token.decrypt(context, salt, token)`, with the token's own age. Reads what
    /// Plug.Crypto 2 writes (`XCP`) and what 1 wrote (`A128GCM`).
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    #[cfg(feature = "std")]
    pub fn decrypt<'t, T: DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
    ) -> Result<Verified<T>, VerifyError> {
        self.decrypt_with(token, &Verify::new())
    }

    /// [`decrypt`](Self::decrypt) as of the given moment.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn decrypt_at<'t, T: DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
        now: Timestamp,
    ) -> Result<Verified<T>, VerifyError> {
        self.decrypt_with(token, &Verify::at(now))
    }

    /// [`decrypt`](Self::decrypt) with options.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn decrypt_with<'t, T: DeserializeOwned>(
        &self,
        token: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<T>, VerifyError> {
        open::decrypt(from_ref(self), token.presented(), options, read)
    }
}

fn write<T: Serialize + ?Sized>(
    data: &T,
    options: &Sign,
    out: &mut Vec<u8>,
) -> Result<(), SignError> {
    open::write_payload(out, options, |out| {
        to_writer(data, out, options.serde, options.limits.depth)
            .map_err(|error| SignError::Data(error.into()))
    })
}

pub(crate) fn read<T: DeserializeOwned>(term: &[u8], limits: Limits) -> Result<T, VerifyError> {
    from_slice_in_one_pass(term, limits).map_err(|error| VerifyError::Data(error.into()))
}
