//! From data to token and back, whatever the data is: the path that every call takes.

use alloc::{string::String, vec::Vec};
#[cfg(feature = "serde")]
use core::mem;

use super::{
    age,
    envelope::{self, Envelope},
    key::TokenKey,
    options::{Sign, Verified, Verify},
};
use crate::{
    base64url,
    error::{EncodeError, SignError, VerifyError},
    events,
    key_generator::Digest,
    message_encryptor::{self, AAD},
    message_verifier,
    scratch::Scratch,
    term::{Limits, check::check_whole, decode},
};
#[cfg(feature = "compressed")]
use crate::{term::compressed::compress, wipe::wipe};

/// Bytes of a token that is made without a further allocation: an id, a name, a small struct.
const TYPICAL_TOKEN: usize = 256;

/// Plug.Crypto's `encrypt` uses no secret beside the key.
const SIGN_SECRET: &[u8] = b"";

impl TokenKey {
    /// Appends a signed token to `out`; `write` appends what is signed.
    pub(crate) fn sign_payload(
        &self,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
    ) -> Result<(), SignError> {
        message_verifier::sign_with(out, &self.keys.signing, Digest::Sha256, write)
    }

    /// Appends an encrypted token to `out`; `fill` gives randomness, `write` appends what is
    /// encrypted.
    pub(crate) fn encrypt_payload(
        &self,
        out: &mut Vec<u8>,
        fill: impl FnMut(&mut [u8]) -> Result<(), SignError>,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
    ) -> Result<(), SignError> {
        let key = self.keys.encryption.as_ref().ok_or(SignError::SignOnly)?;
        self.keys.cipher.encrypt(out, key, SIGN_SECRET, fill, write)
    }
}

/// Checks a signed token; `read_data` is as for [`read_payload`].
pub(super) fn verify<T>(
    keys: &[TokenKey],
    token: Option<&str>,
    options: &Verify,
    read_data: impl Fn(&[u8], Limits) -> Result<T, VerifyError>,
) -> Result<Verified<T>, VerifyError> {
    authentic(keys, token, options, |payload, position| {
        read_payload(payload, position, options, read_data)
    })
    .inspect_err(|error| events::token_refused("verify", error))
}

/// Checks an encrypted token; `read_data` is as for [`read_payload`].
pub(super) fn decrypt<T>(
    keys: &[TokenKey],
    token: Option<&str>,
    options: &Verify,
    read_data: impl Fn(&[u8], Limits) -> Result<T, VerifyError>,
) -> Result<Verified<T>, VerifyError> {
    decrypted(keys, token, options, |payload, position| {
        read_payload(payload, position, options, read_data)
    })
    .inspect_err(|error| events::token_refused("decrypt", error))
}

/// Hands on the payload of a signed token, with the position of the first key that made it: it is
/// authentic, and of any age.
pub(crate) fn authentic<R, E: From<VerifyError>>(
    keys: &[TokenKey],
    token: Option<&str>,
    options: &Verify,
    with_payload: impl FnOnce(&[u8], usize) -> Result<R, E>,
) -> Result<R, E> {
    let token = presented(token, options.limits)?;
    let signed_by = |(position, key): (usize, &TokenKey)| {
        let encoded = message_verifier::authenticate(token, &key.keys.signing, options.digest);
        encoded.ok().map(|encoded| (encoded, position))
    };
    let found = keys.iter().enumerate().find_map(signed_by);
    let (encoded, position) = found.ok_or(VerifyError::Invalid)?;
    let mut scratch = Scratch::new();
    with_payload(scratch.decode(encoded).map_err(VerifyError::from)?, position)
}

/// Hands on the payload of an encrypted token, with the position of the first key that made it: it
/// is authentic, and of any age.
pub(crate) fn decrypted<R, E: From<VerifyError>>(
    keys: &[TokenKey],
    token: Option<&str>,
    options: &Verify,
    with_payload: impl FnOnce(&[u8], usize) -> Result<R, E>,
) -> Result<R, E> {
    let token = presented(token, options.limits)?;
    let mut scratch = Scratch::new();
    for (position, key) in keys.iter().enumerate() {
        let Some(key) = &key.keys.encryption else { continue };
        let message = message_encryptor::decrypt_into(token, AAD, key, SIGN_SECRET, &mut scratch);
        if let Ok(message) = message {
            return with_payload(message, position);
        }
    }
    Err(VerifyError::Invalid.into())
}

/// A new string of what `make` appends.
pub(crate) fn string(
    make: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
) -> Result<String, SignError> {
    let mut token = Vec::with_capacity(TYPICAL_TOKEN);
    make(&mut token)?;
    Ok(base64url::text(token))
}

/// Appends what `make` appends. After an error `out` is as before.
///
/// That it is text is checked of all of `out`, so a long one is not written to: many tokens in one
/// buffer would take a time that grows by their square.
#[cfg(feature = "serde")]
pub(super) fn append(
    out: &mut String,
    make: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
) -> Result<(), SignError> {
    const SHORT: usize = 4096;
    if out.len() > SHORT {
        out.push_str(&string(make)?);
        return Ok(());
    }
    let mut token = mem::take(out).into_bytes();
    let made = make(&mut token);
    *out = base64url::text(token);
    made
}

/// The text of a token, unless there is none or it is longer than any payload within the limits.
pub(crate) fn presented(token: Option<&str>, limits: Limits) -> Result<&[u8], VerifyError> {
    let token = token.ok_or(VerifyError::Missing)?.as_bytes();
    // Base64 writes 3 bytes as 4; header, keys and tags take less than the constant.
    let longest = limits.size.saturating_div(3).saturating_add(256).saturating_mul(4);
    if token.len() > longest { Err(VerifyError::Invalid) } else { Ok(token) }
}

/// Appends the payload of a token; `write_data` appends the term of the data, of no more levels than the
/// limits allow.
pub(super) fn write_payload(
    out: &mut Vec<u8>,
    options: &Sign,
    write_data: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
) -> Result<(), SignError> {
    let start = out.len();
    envelope::write(out, options.instant(), options.max_age, write_data)?;
    #[cfg(feature = "compressed")]
    if options.compressed {
        compress_payload(out, start, options.limits)?;
    }
    within(out.len().saturating_sub(start), options.limits)
}

/// Compresses the payload that begins at `start`, if that makes it shorter.
#[cfg(feature = "compressed")]
fn compress_payload(out: &mut Vec<u8>, start: usize, limits: Limits) -> Result<(), SignError> {
    let (_, plain) = out.split_at_mut(start);
    let Some(compressed) = compress(plain) else { return Ok(()) };
    // What is inflated again has no version byte.
    if plain.len().saturating_sub(1) > limits.inflated {
        return Err(EncodeError::OverLimit.into());
    }
    wipe(plain);
    out.truncate(start);
    out.extend_from_slice(&compressed);
    Ok(())
}

/// What is signed can be verified: so many bytes, as they are signed, are within the same limits there.
pub(crate) fn within(bytes: usize, limits: Limits) -> Result<(), SignError> {
    if bytes > limits.size { Err(EncodeError::OverLimit.into()) } else { Ok(()) }
}

/// Checks the age of an authentic payload, and has `read_data` read the data.
///
/// `read_data` gets bytes that nobody may have checked: it takes one whole term within the limits, and
/// refuses all else. Its error counts where they have been checked.
#[inline]
pub(crate) fn read_payload<T>(
    payload: &[u8],
    position: usize,
    options: &Verify,
    read_data: impl Fn(&[u8], Limits) -> Result<T, VerifyError>,
) -> Result<Verified<T>, VerifyError> {
    let body = decode::body(payload, options.limits)?;
    if let Some(envelope) = envelope::read_common(&body)
        && let Ok(verified) = in_time(envelope, position, options, &read_data)
    {
        return Ok(verified);
    }
    // Of a payload with any fault, all is checked before its age is looked at.
    let envelope = envelope::read(&body, options.limits)?;
    let signed_at = envelope.signed_at;
    in_time(envelope, position, options, &read_data).inspect_err(|error| {
        if *error == VerifyError::Invalid {
            age::tell_if_ahead(signed_at, options.instant(), options.tolerance);
        }
    })
}

/// Hands on the data of a payload, if that is in time.
#[inline(always)]
fn in_time<T>(
    Envelope { data, signed_at, max_age }: Envelope<'_>,
    position: usize,
    options: &Verify,
    read_data: &impl Fn(&[u8], Limits) -> Result<T, VerifyError>,
) -> Result<Verified<T>, VerifyError> {
    let applied = options.max_age.map_or(max_age, age::Field::from);
    age::check(signed_at, applied, options.instant(), options.tolerance)?;
    Ok(Verified {
        data: read_data(data, options.limits)?,
        signed_at: signed_at.to_timestamp(),
        max_age: applied.to_max_age().ok_or(VerifyError::Invalid)?,
        key: position,
    })
}

/// Reads no data, only sees to it that there is some.
pub(crate) fn checked(term: &[u8], limits: Limits) -> Result<(), VerifyError> {
    Ok(check_whole(term, limits)?)
}

#[cfg(all(test, feature = "serde"))]
mod tests;
