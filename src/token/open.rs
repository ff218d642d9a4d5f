//! From data to token and back, whatever the data is: the path that every call takes.

use alloc::{string::String, vec::Vec};

#[cfg(feature = "compressed")]
use zeroize::Zeroizing;

use super::{
    age,
    envelope::{self, Envelope},
    key::TokenKey,
    options::{Sign, Verified, Verify},
};
#[cfg(feature = "compressed")]
use crate::term::compressed::compress;
use crate::{
    base64url,
    error::{EncodeError, Invalid, SignError, VerifyError},
    events,
    key_generator::Digest,
    message_encryptor::{self, AAD},
    message_verifier,
    scratch::Scratch,
    term::{Limits, check::check_term, decode, reader::Reader},
};

/// Bytes of a token that is made without a further allocation: an id, a name, a small struct.
const TYPICAL_TOKEN: usize = 256;

/// Plug.Crypto's `encrypt` uses no secret beside the key.
const SIGN_SECRET: &[u8] = b"";

impl TokenKey {
    /// Appends a signed token to `out`; `payload` appends what is signed.
    pub(crate) fn sign_payload(
        &self,
        out: &mut String,
        payload: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
    ) -> Result<(), SignError> {
        append(out, |out| {
            message_verifier::sign_with(out, &self.keys.signing, Digest::Sha256, payload)
        })
    }

    /// Appends an encrypted token to `out`; `fill` gives randomness, `payload` appends what is
    /// encrypted.
    pub(crate) fn encrypt_payload(
        &self,
        out: &mut String,
        fill: impl FnMut(&mut [u8]) -> Result<(), SignError>,
        payload: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
    ) -> Result<(), SignError> {
        let key = self.keys.encryption.as_ref().ok_or(SignError::SignOnly)?;
        append(out, |out| self.keys.cipher.encrypt(out, key, SIGN_SECRET, fill, payload))
    }
}

/// Checks a signed token; `data` reads the term of the data.
pub(super) fn verify<T>(
    keys: &[TokenKey],
    token: Option<&str>,
    options: &Verify,
    data: impl FnOnce(&[u8]) -> Result<T, VerifyError>,
) -> Result<Verified<T>, VerifyError> {
    authentic(keys, token, options, |payload, key| read_payload(payload, key, options, data))
        .inspect_err(|error| events::token_refused("verify", error))
}

/// Checks an encrypted token; `data` reads the term of the data.
pub(super) fn decrypt<T>(
    keys: &[TokenKey],
    token: Option<&str>,
    options: &Verify,
    data: impl FnOnce(&[u8]) -> Result<T, VerifyError>,
) -> Result<Verified<T>, VerifyError> {
    decrypted(keys, token, options, |payload, key| read_payload(payload, key, options, data))
        .inspect_err(|error| events::token_refused("decrypt", error))
}

/// Hands on the payload of a signed token, with the position of the first key that made it: it is
/// authentic, and of any age.
pub(crate) fn authentic<R, E: From<VerifyError>>(
    keys: &[TokenKey],
    token: Option<&str>,
    options: &Verify,
    payload: impl FnOnce(&[u8], usize) -> Result<R, E>,
) -> Result<R, E> {
    let token = presented(token, options.limits)?;
    let signed_by = |(position, key): (usize, &TokenKey)| {
        let encoded = message_verifier::authenticate(token, &key.keys.signing, options.digest);
        encoded.ok().map(|encoded| (encoded, position))
    };
    let found = keys.iter().enumerate().find_map(signed_by);
    let (encoded, position) = found.ok_or(VerifyError::Invalid)?;
    let mut scratch = Scratch::new();
    payload(decoded(encoded, &mut scratch).map_err(VerifyError::from)?, position)
}

/// Hands on the payload of an encrypted token, with the position of the first key that made it: it
/// is authentic, and of any age.
pub(crate) fn decrypted<R, E: From<VerifyError>>(
    keys: &[TokenKey],
    token: Option<&str>,
    options: &Verify,
    payload: impl FnOnce(&[u8], usize) -> Result<R, E>,
) -> Result<R, E> {
    let token = presented(token, options.limits)?;
    for (position, key) in keys.iter().enumerate() {
        let Some(key) = &key.keys.encryption else { continue };
        let mut scratch = Scratch::new();
        let message = message_encryptor::decrypt_into(token, AAD, key, SIGN_SECRET, &mut scratch);
        if let Ok(message) = message {
            return payload(message, position);
        }
    }
    Err(VerifyError::Invalid.into())
}

/// A new string with what `make` appends to it.
pub(crate) fn string(
    make: impl FnOnce(&mut String) -> Result<(), SignError>,
) -> Result<String, SignError> {
    let mut token = String::with_capacity(TYPICAL_TOKEN);
    make(&mut token)?;
    Ok(token)
}

/// The bytes of authentic base64url.
pub(crate) fn decoded<'s>(encoded: &[u8], scratch: &'s mut Scratch) -> Result<&'s [u8], Invalid> {
    let length = base64url::decoded_len(encoded.len()).ok_or(Invalid)?;
    let message = scratch.sized(length);
    base64url::decode_exact(encoded, message)?;
    Ok(message)
}

/// The text of a token, unless there is none or it is longer than any payload within the limits.
pub(crate) fn presented(token: Option<&str>, limits: Limits) -> Result<&[u8], VerifyError> {
    let token = token.ok_or(VerifyError::Missing)?.as_bytes();
    // Base64 writes 3 bytes as 4; header, keys and tags take less than the constant.
    let longest = limits.size.saturating_div(3).saturating_add(256).saturating_mul(4);
    if token.len() > longest { Err(VerifyError::Invalid) } else { Ok(token) }
}

/// Appends the payload of a token; `data` appends the term of the data.
pub(super) fn write_payload(
    out: &mut Vec<u8>,
    options: &Sign,
    data: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
) -> Result<(), SignError> {
    #[cfg(feature = "compressed")]
    let start = out.len();
    envelope::write(out, options.instant(), options.max_age, |out| {
        let start = out.len();
        data(out)?;
        let term = out.get(start..).unwrap_or_default();
        Ok::<_, SignError>(within(term, options.limits)?)
    })?;
    #[cfg(feature = "compressed")]
    if options.compressed {
        let plain = Zeroizing::new(out.split_off(start));
        out.extend_from_slice(&compress(&plain));
    }
    Ok(())
}

/// What is signed can be verified: the same limits hold on both sides.
pub(crate) fn within(term: &[u8], limits: Limits) -> Result<(), EncodeError> {
    if term.len() > limits.size.min(limits.inflated) {
        return Err(EncodeError::TooLarge);
    }
    check_term(&mut Reader::new(term), limits).map_err(|_| EncodeError::TooDeep)
}

/// Checks the age of an authentic payload; `data` reads the term of the data.
#[inline]
pub(crate) fn read_payload<T>(
    payload: &[u8],
    key: usize,
    options: &Verify,
    data: impl FnOnce(&[u8]) -> Result<T, VerifyError>,
) -> Result<Verified<T>, VerifyError> {
    let body = decode::body(payload, options.limits)?;
    match envelope::read_common(&body, options.limits) {
        Some(envelope) => in_time(envelope, key, options, data),
        None => in_time(envelope::read(&body, options.limits)?, key, options, data),
    }
}

/// Hands on the data of a payload, if that is in time.
#[inline(always)]
fn in_time<T>(
    Envelope { data: term, signed_at, max_age }: Envelope<'_>,
    key: usize,
    options: &Verify,
    data: impl FnOnce(&[u8]) -> Result<T, VerifyError>,
) -> Result<Verified<T>, VerifyError> {
    let applied = options.max_age.map_or(max_age, age::Field::from);
    age::check(signed_at, applied, options.instant(), options.tolerance)?;
    Ok(Verified {
        data: data(term)?,
        signed_at: signed_at.to_timestamp(),
        max_age: applied.to_max_age().ok_or(VerifyError::Invalid)?,
        key,
    })
}

/// Lets `write` append ASCII to `out`.
pub(crate) fn append(
    out: &mut String,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), SignError>,
) -> Result<(), SignError> {
    let mut bytes = core::mem::take(out).into_bytes();
    let result = write(&mut bytes);
    // What was in `out` is UTF-8 and what was appended is ASCII: there is nothing to default to.
    *out = String::from_utf8(bytes).unwrap_or_default();
    result
}
