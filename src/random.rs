//! Randomness: the operating system's, or the caller's.

use rand_core::CryptoRng;

#[cfg(feature = "getrandom")]
use crate::error::SignError;

/// Randomness of the operating system.
#[cfg(feature = "getrandom")]
pub(crate) fn os(bytes: &mut [u8]) -> Result<(), SignError> {
    getrandom::fill(bytes).map_err(|_| SignError::Randomness)
}

/// Randomness of the caller's, which never fails.
pub(crate) fn from_rng<R: CryptoRng + ?Sized, E>(
    rng: &mut R,
) -> impl FnMut(&mut [u8]) -> Result<(), E> {
    |bytes| {
        rng.fill_bytes(bytes);
        Ok(())
    }
}
