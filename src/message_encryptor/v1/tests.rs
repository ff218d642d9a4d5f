#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

use alloc::{format, string::ToString};

use super::{
    super::{AAD, decrypt, tests::Counter},
    *,
};
use crate::testing::{hex, tampered};

const SIGN_SECRET: &[u8] = b"sign secret";

fn key(length: usize) -> EncryptionKey {
    EncryptionKey::new((0..40).collect::<Vec<u8>>().split_at(length).0).unwrap()
}

fn part(token: &str, index: usize) -> Vec<u8> {
    let mut scratch = Scratch::new();
    scratch.decode(token.split('.').nth(index).unwrap().as_bytes()).unwrap().to_vec()
}

/// The randomness that went into a token, which only its keys can tell.
fn fresh_of(token: &str, key: &EncryptionKey, sign_secret: &[u8]) -> Fresh {
    let text = token.split('.').nth(1).unwrap();
    let GcmKey::Aes128(content_key) = unwrap_key(text.as_bytes(), key, sign_secret).unwrap() else {
        unreachable!("Plug.Crypto writes content keys of 16 bytes");
    };
    let wrap_iv = part(token, 1)[32..].try_into().unwrap();
    Fresh { content_key: *content_key, wrap_iv, iv: part(token, 2).try_into().unwrap() }
}

#[test]
fn plug_crypto_1_is_answered_and_its_tokens_are_written_again_with_their_own_randomness() {
    let cases = [
        (
            "a940f582dbab5310b9a00b78de9e116e",
            "",
            "56",
            "QTEyOEdDTQ.o9tv6V5orGplzMa3lcfbQRoJyXt1gjdZFV5BzCn-IIHYCSkjiHcgYBEw4S0\
             .UmaAf4RJFxiHuh_W.hg.L4f9_8k1yzWxYggBF4xLSw",
        ),
        (
            "364a1b0f7b8db3d28e08b592e09e07bac77a1aab4413e7af36fc37317e4c8aeb\
             7c911dc03e5dc705108cf86c91471d88",
            "93",
            "",
            "QTEyOEdDTQ.X2fJtaUomj6GWuIOakE_XtlqKqeAfwS8M69qog6Sum6ldnF7IGeLesV6wEg\
             .0IUunSix-DOJEnHe..tt3X_hY6mX2PHK7R7YwlaQ",
        ),
    ];
    for (key, sign_secret, message, token) in cases {
        let key = EncryptionKey::new(hex(key)).unwrap();
        let (sign_secret, message) = (hex(sign_secret), hex(message));
        assert_eq!(decrypt(token, AAD, &key, &sign_secret).as_ref(), Ok(&message));
        let fresh = fresh_of(token, &key, &sign_secret);
        let again = encrypt_message(&message, AAD, &key, &sign_secret, &fresh);
        assert_eq!(again.unwrap(), token);
    }
}

#[test]
fn openssl_is_answered_with_keys_of_each_length() {
    let wrapped_keys = [
        (16, "1VtprdSbKAFFYf9luHZuC0Cn_LmMr5mbTbMY7TUF-XkyMzQ1Njc4OTo7PD0"),
        (24, "AmyBS7SKB_C_9AXLov6s2h3vketP8A86gSHi_Q4a-SsyMzQ1Njc4OTo7PD0"),
        (32, "oj6Jp61V64gBaoTpK5yNi5FEMgKeiHOgxZxTgvJz-UEyMzQ1Njc4OTo7PD0"),
        (40, "oj6Jp61V64gBaoTpK5yNi5FEMgKeiHOgxZxTgvJz-UEyMzQ1Njc4OTo7PD0"),
    ];
    let counted = |from: u8| core::array::from_fn(|at| from + u8::try_from(at).unwrap());
    for (length, wrapped_key) in wrapped_keys {
        let fresh = Fresh {
            content_key: Zeroizing::new(core::array::from_fn(|at| 100 + u8::try_from(at).unwrap())),
            wrap_iv: counted(50),
            iv: counted(70),
        };
        let token = encrypt_message(b"message", AAD, &key(length), SIGN_SECRET, &fresh);
        assert_eq!(
            token.unwrap(),
            format!("QTEyOEdDTQ.{wrapped_key}.RkdISUpLTE1OT1BR.mmnvL_RWjw.prg0iYZqlXIujfkeY9SEAg")
        );
    }
}

#[test]
fn content_keys_of_24_and_32_bytes_are_read() {
    for token in [
        "QTEyOEdDTQ.1VtprdSbKAFFYf9luHZuC7R2yGQMkKiFjVVuWFo64nVmVV6k-vScwDIzNDU2Nzg5Ojs8PQ\
         .RkdISUpLTE1OT1BR.-2Twvcv6uA.aS8TDLYICphvR2Fq53qgVQ",
        "QTEyOEdDTQ.1VtprdSbKAFFYf9luHZuC7R2yGQMkKiFvHmm0RQYtHYL8dFZVCA4hJpVFVLk1o9pMjM0NTY3O\
         Dk6Ozw9.RkdISUpLTE1OT1BR.vBnaSYAKAg.8hg2PgeAfbnoGyFvMBYAvw",
    ] {
        assert_eq!(decrypt(token, AAD, &key(16), SIGN_SECRET), Ok(b"message".to_vec()));
    }
}

#[test]
fn a_token_changed_anywhere_is_refused() {
    for message in [&b""[..], b"a message"] {
        let token = encrypt_with_rng(message, AAD, &key(16), SIGN_SECRET, &mut Counter(0));
        let token = token.unwrap();
        assert_eq!(decrypt(&token, AAD, &key(16), SIGN_SECRET).as_deref(), Ok(message));
        for other in tampered(&token) {
            let result = decrypt(&other, AAD, &key(16), SIGN_SECRET);
            assert_eq!(result, Err(Invalid), "{other:?}");
        }
    }
}

#[test]
fn another_key_sign_secret_or_aad_is_refused() {
    for length in [16, 24, 32, 40] {
        let key_ = key(length);
        let token = encrypt_with_rng(b"message", b"aad", &key_, SIGN_SECRET, &mut Counter(0));
        let token = token.unwrap();
        assert_eq!(decrypt(&token, b"aad", &key_, SIGN_SECRET), Ok(b"message".to_vec()));
        assert_eq!(decrypt(&token, AAD, &key_, SIGN_SECRET), Err(Invalid));
        assert_eq!(decrypt(&token, b"", &key_, SIGN_SECRET), Err(Invalid));
        assert_eq!(decrypt(&token, b"aad", &key_, b""), Err(Invalid));
        let other = EncryptionKey::new([7; 40].split_at(length).0).unwrap();
        assert_eq!(decrypt(&token, b"aad", &other, SIGN_SECRET), Err(Invalid));
    }
}

#[test]
fn only_the_first_32_bytes_of_a_longer_key_count() {
    let token = encrypt_with_rng(b"message", AAD, &key(40), b"", &mut Counter(0)).unwrap();
    assert_eq!(decrypt(&token, AAD, &key(32), b""), Ok(b"message".to_vec()));
    assert_eq!(decrypt(&token, AAD, &key(24), b""), Err(Invalid));
}

#[test]
fn what_has_other_than_five_parts_is_refused() {
    let token = encrypt_with_rng(b"message", AAD, &key(16), b"", &mut Counter(0)).unwrap();
    let (four, _) = token.rsplit_once('.').unwrap();
    for other in [
        "QTEyOEdDTQ".to_string(),
        "QTEyOEdDTQ.".to_string(),
        "QTEyOEdDTQ....".to_string(),
        four.to_string(),
        format!("{token}."),
        format!("{token}.AAAA"),
        format!(".{token}"),
        token.replacen('.', "..", 1),
        token.replacen("QTEyOEdDTQ", "A128GCM", 1),
        token.replacen("QTEyOEdDTQ", "QTEyOEdDTR", 1),
        token.replacen("QTEyOEdDTQ", "QTEyOEdDTQ==", 1),
    ] {
        assert_eq!(decrypt(&other, AAD, &key(16), b""), Err(Invalid), "{other}");
    }
}

#[test]
fn parts_of_other_lengths_are_refused() {
    let token = encrypt_with_rng(b"message", AAD, &key(16), b"", &mut Counter(0)).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    for index in [1, 2, 4] {
        for length in 0..90 {
            let mut text = Vec::new();
            base64url::append(&[0; 90][..length], &mut text);
            let text = base64url::text(text);
            let mut parts = parts.clone();
            parts[index] = &text;
            assert_eq!(decrypt(&parts.join("."), AAD, &key(16), b""), Err(Invalid));
        }
    }
}

#[test]
fn the_randomness_is_what_the_generator_gave() {
    let token = encrypt_with_rng(b"message", AAD, &key(32), b"", &mut Counter(0)).unwrap();
    let fresh = fresh_of(&token, &key(32), b"");
    assert!(fresh.content_key.iter().copied().eq(0..16));
    assert!(fresh.wrap_iv.into_iter().eq(16..28));
    assert!(fresh.iv.into_iter().eq(28..40));
}

#[test]
#[cfg(feature = "getrandom")]
fn two_tokens_of_the_same_message_share_no_randomness() {
    let tokens = [(); 2].map(|()| encrypt(b"message", AAD, &key(32), b"").unwrap());
    for index in 1..5 {
        assert_ne!(part(&tokens[0], index), part(&tokens[1], index));
    }
}

#[test]
fn what_is_written_is_encrypted_at_the_end_of_the_buffer() {
    for length in [0, 1, 100, 768, 769, 5000] {
        let message: Vec<u8> = (0..length).map(|at: usize| at.to_le_bytes()[0]).collect();
        let fresh = Fresh::filled_by(|bytes| {
            bytes.fill(9);
            Ok(())
        });
        let fresh = fresh.unwrap();
        let mut out = b"before".to_vec();
        encrypt_with(&mut out, &key(24), AAD, b"", &fresh, |out| {
            message.iter().for_each(|&byte| out.push(byte));
            Ok::<_, SignError>(())
        })
        .unwrap();
        let token = encrypt_message(&message, AAD, &key(24), b"", &fresh).unwrap();
        assert_eq!(out, format!("before{token}").into_bytes());
        assert_eq!(decrypt(&token, AAD, &key(24), b"").as_ref(), Ok(&message));
    }
}

#[test]
fn a_failed_write_leaves_the_buffer_as_it_was() {
    let fresh = Fresh { content_key: Zeroizing::new([9; 16]), wrap_iv: [9; 12], iv: [9; 12] };
    let mut out = b"before".to_vec();
    let result = encrypt_with(&mut out, &key(32), AAD, b"", &fresh, |out| {
        out.extend_from_slice(b"half a mess");
        Err(SignError::SignOnly)
    });
    assert_eq!(result, Err(SignError::SignOnly));
    assert_eq!(out, b"before");
}
