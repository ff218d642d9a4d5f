//! Signed messages: `Plug.Crypto.MessageVerifier`.
//!
//! ```text
//! covered   = base64url("HS256") "." base64url(message)
//! signed    = covered "." base64url(HMAC-SHA-256(key, covered))
//! ```
//!
//! and likewise with `HS384` and `HS512`. The names are those of JWS ([RFC 7518 §3.2]), the format is
//! not: there is no JSON. The message can be read by whoever holds it; it cannot be changed.
//!
//! Base64url is taken in its one canonical spelling, so that no two texts are the same signed
//! message.
//!
//! [RFC 7518 §3.2]: https://www.rfc-editor.org/rfc/rfc7518#section-3.2

use alloc::{string::String, vec::Vec};
use core::convert::Infallible;

use hmac::{block_api::HmacCore, digest::Output};

use crate::{
    base64url,
    error::Invalid,
    key_generator::Digest,
    keyed_hash::{KeyedMac, Tag},
    secret::SigningKey,
};

/// Signs `message`. `Plug.Crypto.sign` and `Phoenix.Token` always write [`Digest::Sha256`].
///
/// # Example
/// ```
/// use phoenix_token::{SigningKey, key_generator::Digest, message_verifier::{sign, verify}};
///
/// let key = SigningKey::new(b"a key of any length")?;
/// let signed = sign(b"message", &key, Digest::Sha256);
/// assert!(signed.starts_with("SFMyNTY.bWVzc2FnZQ."));
/// assert_eq!(verify(&signed, &key), Ok(b"message".to_vec()));
/// # Ok::<(), phoenix_token::KeyError>(())
/// ```
pub fn sign(message: &[u8], key: &SigningKey, digest: Digest) -> String {
    let mut out = Vec::with_capacity(signed_len(message.len(), digest));
    let Ok(()) = sign_with(&mut out, key, digest, |out| {
        out.extend_from_slice(message);
        Ok::<_, Infallible>(())
    });
    base64url::text(out)
}

/// Gives the message if `key` signed it, with any of the three digests.
///
/// # Errors
/// [`Invalid`] for everything else.
pub fn verify(signed: &str, key: &SigningKey) -> Result<Vec<u8>, Invalid> {
    decoded(authenticate(signed.as_bytes(), key, None)?)
}

/// As [`verify`], and refuses what was signed with another digest.
///
/// # Errors
/// [`Invalid`] for everything else.
pub fn verify_pinned(signed: &str, key: &SigningKey, digest: Digest) -> Result<Vec<u8>, Invalid> {
    decoded(authenticate(signed.as_bytes(), key, Some(digest))?)
}

/// Appends the signed message of what `write` appends.
///
/// Nothing is allocated but room in `out`. After an error `out` is as before.
pub(crate) fn sign_with<E>(
    out: &mut Vec<u8>,
    key: &SigningKey,
    digest: Digest,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let start = out.len();
    out.extend_from_slice(header(digest).as_bytes());
    base64url::append_written(out, write).inspect_err(|_| out.truncate(start))?;
    let states = key.states();
    match digest {
        Digest::Sha256 => append_signature(&states.sha256, out, start),
        Digest::Sha384 => append_signature(&states.sha384, out, start),
        Digest::Sha512 => append_signature(&states.sha512, out, start),
    }
    Ok(())
}

/// The message's base64url text if `key` signed it. Allocates nothing.
///
/// The text has still to be decoded, which refuses what is not base64url: further dots, for one.
pub(crate) fn authenticate<'t>(
    signed: &'t [u8],
    key: &SigningKey,
    pinned: Option<Digest>,
) -> Result<&'t [u8], Invalid> {
    let (protected, _) = signed.split_first_chunk().ok_or(Invalid)?;
    let digest = digest_of(protected)?;
    if pinned.is_some_and(|pinned| pinned != digest) {
        return Err(Invalid);
    }
    let states = key.states();
    let covered = match digest {
        Digest::Sha256 => verified(&states.sha256, signed),
        Digest::Sha384 => verified(&states.sha384, signed),
        Digest::Sha512 => verified(&states.sha512, signed),
    }?;
    covered.get(HEADER_LENGTH..).ok_or(Invalid)
}

/// The digest, and the base64url text of message and signature, that a signed message claims.
/// Nothing is checked.
pub(crate) fn unauthenticated(signed: &[u8]) -> Result<(Digest, &[u8], &[u8]), Invalid> {
    let (protected, rest) = signed.split_first_chunk().ok_or(Invalid)?;
    let digest = digest_of(protected)?;
    let mut parts = rest.split(|&byte| byte == b'.');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(message), Some(signature), None) => Ok((digest, message, signature)),
        _ => Err(Invalid),
    }
}

/// Characters of the signed message of so many bytes.
pub(crate) fn signed_len(message: usize, digest: Digest) -> usize {
    HEADER_LENGTH
        .saturating_add(base64url::encoded_len(message))
        .saturating_add(1)
        .saturating_add(base64url::encoded_len(digest.tag_length()))
}

/// The first part and its dot.
const HEADER_LENGTH: usize = 8;

fn header(digest: Digest) -> &'static str {
    match digest {
        Digest::Sha256 => "SFMyNTY.",
        Digest::Sha384 => "SFMzODQ.",
        Digest::Sha512 => "SFM1MTI.",
    }
}

fn digest_of(protected: &[u8; HEADER_LENGTH]) -> Result<Digest, Invalid> {
    let digests = [Digest::Sha256, Digest::Sha384, Digest::Sha512];
    digests.into_iter().find(|&digest| header(digest).as_bytes() == protected).ok_or(Invalid)
}

/// Appends a dot and the signature over all from `start` on.
fn append_signature<Mac: KeyedMac>(keyed: &Mac, out: &mut Vec<u8>, start: usize) {
    let end = out.len();
    let signature_start = end.saturating_add(1);
    // The room is there before the MAC is: one of a text that goes on takes less time.
    let signature_length = base64url::encoded_len(Output::<HmacCore<Mac::Hash>>::default().len());
    out.resize(signature_start.saturating_add(signature_length), b'.');
    let (_, text) = out.split_at(start);
    let tag = keyed.tag_of_front(text, end.saturating_sub(start));
    base64url::encode(tag.as_bytes(), out.split_at_mut(signature_start).1);
}

/// What the signature at the end of `signed` covers, if it is genuine. The comparison takes the same
/// time whichever bytes differ.
fn verified<'t, Mac: KeyedMac>(keyed: &Mac, signed: &'t [u8]) -> Result<&'t [u8], Invalid> {
    let mut claimed = Output::<HmacCore<Mac::Hash>>::default();
    let signature_length = base64url::encoded_len(claimed.len());
    let signature_start = signed.len().checked_sub(signature_length).ok_or(Invalid)?;
    let (before, signature) = signed.split_at_checked(signature_start).ok_or(Invalid)?;
    let covered = before.strip_suffix(b".").ok_or(Invalid)?;
    base64url::decode_exact(signature, &mut claimed)?;
    #[cfg(test)]
    crate::testing::count(&crate::testing::CHECKED_MACS);
    let tag = keyed.tag_of_front(signed, covered.len());
    if tag == Tag::<Mac::Hash>::from(claimed) { Ok(covered) } else { Err(Invalid) }
}

fn decoded(text: &[u8]) -> Result<Vec<u8>, Invalid> {
    let mut message = Vec::new();
    base64url::decode_append(text, &mut message)?;
    Ok(message)
}

#[cfg(test)]
mod wycheproof;

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test may panic"
    )]
    use alloc::{format, string::ToString};

    use proptest::prelude::*;

    use super::*;
    use crate::testing::{hex, tampered};

    const DIGESTS: [Digest; 3] = [Digest::Sha256, Digest::Sha384, Digest::Sha512];

    fn key() -> SigningKey {
        SigningKey::new(b"a key").unwrap()
    }

    /// `covered` as somebody who has the key would sign it.
    fn signed_over(covered: &str) -> String {
        let mut out = covered.as_bytes().to_vec();
        append_signature(&key().states().sha256, &mut out, 0);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn plug_crypto_is_answered_with_each_digest() {
        let cases = [
            (
                "c7e1c22235ddac07cfafcc2921543bbb811e93dd03673a666c5f71034f331235",
                "9938",
                Digest::Sha256,
                "SFMyNTY.mTg.iymglPDceAd4KsETqu3Fap5WqdYmC-8Wqcm7w4hYAJg",
            ),
            (
                "b1ec9576cae95e27ee336c583e3d78550fe5a6930b505967d09c05260be97a47",
                "b5",
                Digest::Sha384,
                "SFMzODQ.tQ.a1VIbFfW2UWu8MusJiVrNCyxZt-vGPvW2wWP5sWZUSucqgWI8LebrSFCrEShLRpp",
            ),
            (
                "38",
                "",
                Digest::Sha512,
                "SFM1MTI..zvAOdwWNDCiS3hYHP-oEPT9fS58kHvhdxtJwheNO6SAlKEjUSmfz7m1uKeIRrLhjM_O1KOA\
                 MtJH-x_R4bjEGjw",
            ),
        ];
        for (key, message, digest, signed) in cases {
            let key = SigningKey::new(hex(key)).unwrap();
            assert_eq!(sign(&hex(message), &key, digest), signed);
            assert_eq!(verify(signed, &key), Ok(hex(message)));
            assert_eq!(verify_pinned(signed, &key, digest), Ok(hex(message)));
        }
    }

    #[test]
    fn a_message_changed_anywhere_is_refused() {
        for digest in DIGESTS {
            for message in [&b""[..], b"m", b"me", b"a message"] {
                let signed = sign(message, &key(), digest);
                assert_eq!(verify(&signed, &key()).as_deref(), Ok(message));
                for other in tampered(&signed) {
                    assert_eq!(verify(&other, &key()), Err(Invalid), "{other:?}");
                }
            }
        }
    }

    #[test]
    fn another_key_is_refused() {
        let signed = sign(b"message", &key(), Digest::Sha256);
        assert_eq!(verify(&signed, &SigningKey::new(b"a kez").unwrap()), Err(Invalid));
        assert_eq!(verify(&signed, &SigningKey::new(b"a key ").unwrap()), Err(Invalid));
    }

    #[test]
    fn the_header_of_one_digest_does_not_go_with_the_signature_of_another() {
        for digest in DIGESTS {
            let signed = sign(b"message", &key(), digest);
            for other in DIGESTS.into_iter().filter(|&other| other != digest) {
                let confused = [header(other), &signed[HEADER_LENGTH..]].concat();
                assert_eq!(verify(&confused, &key()), Err(Invalid));
                // Even where all that the digests cover is the same.
                let resigned = sign(b"message", &key(), other);
                let (_, signature) = resigned.rsplit_once('.').unwrap();
                let (covered, _) = signed.rsplit_once('.').unwrap();
                assert_eq!(verify(&format!("{covered}.{signature}"), &key()), Err(Invalid));
            }
        }
    }

    #[test]
    fn a_pinned_digest_refuses_the_others() {
        for digest in DIGESTS {
            let signed = sign(b"message", &key(), digest);
            for pinned in DIGESTS {
                let expected =
                    if pinned == digest { Ok(b"message".to_vec()) } else { Err(Invalid) };
                assert_eq!(verify_pinned(&signed, &key(), pinned), expected);
            }
        }
    }

    #[test]
    fn other_headers_are_refused_whatever_the_signature() {
        for header in
            ["", "SFMxMjg", "bm9uZQ", "sfmynty", "SFMyNTY=", "SFMyNTZ", "HS256", "SFMyNTY.a"]
        {
            let signed = signed_over(&format!("{header}.bWVzc2FnZQ"));
            assert_eq!(verify(&signed, &key()), Err(Invalid), "{signed}");
        }
        assert!(verify(&signed_over("SFMyNTY.bWVzc2FnZQ"), &key()).is_ok());
    }

    #[test]
    fn a_message_of_other_spelling_is_refused_whatever_the_signature() {
        for text in
            ["bWVzc2FnZQ==", "bWVzc2FnZR", "bWVz c2Fn", "+/", "bWVzc", "bWVz.c2Fn", ".", "é"]
        {
            let signed = signed_over(&format!("SFMyNTY.{text}"));
            assert_eq!(verify(&signed, &key()), Err(Invalid), "{signed}");
        }
    }

    #[test]
    fn a_shortened_signature_is_refused() {
        for digest in DIGESTS {
            let signed = sign(b"message", &key(), digest);
            let (covered, signature) = signed.rsplit_once('.').unwrap();
            for length in 0..signature.len() {
                let shortened = format!("{covered}.{}", &signature[..length]);
                assert_eq!(verify(&shortened, &key()), Err(Invalid));
            }
        }
    }

    #[test]
    fn what_has_other_than_three_parts_is_refused() {
        let signed = sign(b"message", &key(), Digest::Sha256);
        let (_, signature) = signed.rsplit_once('.').unwrap();
        for text in [
            "",
            ".",
            "..",
            "...",
            "SFMyNTY",
            "SFMyNTY.",
            "SFMyNTY..",
            "SFMyNTY.bWVzc2FnZQ",
            "SFMyNTY.bWVzc2FnZQ.",
            signature,
            &format!("SFMyNTY.{signature}"),
            &format!(".{signed}"),
            &format!("{signed}."),
            &format!("{signed}.{signature}"),
            &signed_over("SFMyNTY"),
        ] {
            assert_eq!(verify(text, &key()), Err(Invalid), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_signed_at_the_end_of_the_buffer() {
        for length in [0, 1, 100, 767, 768, 769, 2000] {
            let message: Vec<u8> = (0..length).map(|at: usize| at.to_le_bytes()[0]).collect();
            for digest in DIGESTS {
                let mut out = b"before".to_vec();
                sign_with(&mut out, &key(), digest, |out| {
                    message.iter().for_each(|&byte| out.push(byte));
                    Ok::<_, Infallible>(())
                })
                .unwrap();
                let signed = sign(&message, &key(), digest);
                assert_eq!(out, format!("before{signed}").into_bytes());
                assert_eq!(signed.len(), signed_len(length, digest));
                assert_eq!(verify(&signed, &key()).as_ref(), Ok(&message));
            }
        }
    }

    #[test]
    fn a_failed_write_leaves_the_buffer_as_it_was() {
        let mut out = b"before".to_vec();
        let result = sign_with(&mut out, &key(), Digest::Sha256, |out| {
            out.extend_from_slice(b"half a mess");
            Err("no more")
        });
        assert_eq!(result, Err("no more"));
        assert_eq!(out, b"before");
    }

    #[test]
    fn the_error_says_nothing_of_the_cause() {
        assert_eq!(verify("", &key()).unwrap_err().to_string(), "the message is invalid");
    }

    proptest! {
        #[test]
        fn what_is_signed_is_verified(message: Vec<u8>, key in proptest::array::uniform16(0_u8..), digest in 0..3_usize) {
            let key = SigningKey::new(key).unwrap();
            prop_assert_eq!(verify(&sign(&message, &key, DIGESTS[digest]), &key), Ok(message));
        }
    }
}
