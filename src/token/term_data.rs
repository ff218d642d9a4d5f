//! Tokens whose data is a [`Term`]: what works without the feature `serde`.

use alloc::{string::String, vec::Vec};
use core::slice::from_ref;

use rand_core::CryptoRng;

use super::{Presented, Sign, TokenKey, Verified, Verify, open};
use crate::{
    error::{SignError, VerifyError},
    random,
    term::{Limits, Term, decode, encode},
};

impl TokenKey {
    /// [`sign_with`](Self::sign_with) for a term.
    ///
    /// # Errors
    /// [`SignError::Data`] where the term is more than the format can hold, or is over the
    /// [limits](Sign::limits) within which tokens are read.
    pub fn sign_term(&self, data: &Term, options: &Sign) -> Result<String, SignError> {
        open::string(|out| self.sign_payload(out, |out| write(data, options, out)))
    }

    /// [`verify_with`](Self::verify_with) for a term.
    ///
    /// # Errors
    /// As [`verify`](Self::verify), but never [`VerifyError::Data`].
    pub fn verify_term<'t>(
        &self,
        token: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<Term>, VerifyError> {
        open::verify(from_ref(self), token.presented(), options, read)
    }

    /// [`encrypt_with`](Self::encrypt_with) for a term.
    ///
    /// # Errors
    /// As [`sign_term`](Self::sign_term); [`SignError::SignOnly`] where the key has no cipher,
    /// [`SignError::Randomness`] where the operating system gives none.
    #[cfg(feature = "getrandom")]
    pub fn encrypt_term(&self, data: &Term, options: &Sign) -> Result<String, SignError> {
        open::string(|out| self.encrypt_payload(out, random::os, |out| write(data, options, out)))
    }

    /// [`encrypt_with_rng`](Self::encrypt_with_rng) for a term.
    ///
    /// # Errors
    /// As [`sign_term`](Self::sign_term), and [`SignError::SignOnly`].
    pub fn encrypt_term_with_rng<R: CryptoRng + ?Sized>(
        &self,
        data: &Term,
        options: &Sign,
        rng: &mut R,
    ) -> Result<String, SignError> {
        open::string(|out| {
            self.encrypt_payload(out, random::from_rng(rng), |out| write(data, options, out))
        })
    }

    /// [`decrypt_with`](Self::decrypt_with) for a term.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt), but never [`VerifyError::Data`].
    pub fn decrypt_term<'t>(
        &self,
        token: impl Presented<'t>,
        options: &Verify,
    ) -> Result<Verified<Term>, VerifyError> {
        open::decrypt(from_ref(self), token.presented(), options, read)
    }
}

fn write(data: &Term, options: &Sign, out: &mut Vec<u8>) -> Result<(), SignError> {
    open::write_payload(out, options, |out| Ok(encode::write(data, out, options.limits.depth)?))
}

pub(crate) fn read(term: &[u8], limits: Limits) -> Result<Term, VerifyError> {
    Ok(decode::whole_term(term, limits)?)
}
