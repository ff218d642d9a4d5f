//! CSRF tokens as a caller sees them: laws, and each of the answers.
#![cfg(all(feature = "std", feature = "getrandom"))]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[path = "common/zeros.rs"]
mod zeros;

use phoenix_token::{
    SecretKeyBase,
    csrf_protection::{CsrfProtection, CsrfToken, InvalidCsrfToken, is_unprotected_method},
};
use proptest::prelude::*;
use zeros::Zeros;

const HOST: &str = "www.example.com";

fn secret() -> SecretKeyBase {
    SecretKeyBase::new([7; 64]).unwrap()
}

fn token() -> CsrfToken {
    CsrfToken::generate().unwrap()
}

fn check(token: &CsrfToken, given: &str) -> Result<(), InvalidCsrfToken> {
    CsrfProtection::new(&secret()).check(Some(token), given, HOST)
}

#[test]
fn a_session_token_is_24_characters_of_base64url() {
    let token = token();
    assert!(
        token
            .secret_bytes()
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    );
    assert_ne!(token.secret_bytes(), self::token().secret_bytes());
    assert!(CsrfToken::from_session(&[b'a'; 24]).is_some());
    assert!(CsrfToken::from_session(&[b'a'; 23]).is_none());
    assert!(CsrfToken::from_session(&[b'a'; 25]).is_none());
}

#[test]
fn each_mask_is_another_and_all_are_accepted() {
    let token = token();
    let (one, other) = (token.mask().unwrap(), token.mask().unwrap());
    assert_ne!(one, other);
    assert_eq!((one.len(), other.len()), (56, 56));
    assert_eq!((check(&token, &one), check(&token, &other)), (Ok(()), Ok(())));
}

#[test]
fn no_other_randomness_is_taken_than_the_callers() {
    let nothing = CsrfToken::generate_with_rng(&mut Zeros);
    assert_eq!(nothing.secret_bytes(), &[b'A'; 24]);
    assert_eq!(check(&nothing, &nothing.mask_with_rng(&mut Zeros)), Ok(()));

    let token = token();
    let masked = token.mask_with_rng(&mut Zeros);
    assert!(masked.ends_with(&"A".repeat(24)), "{masked}");
    assert_eq!(check(&token, &masked), Ok(()));
    let bound = token.bind_to_host_with_rng(&secret(), HOST, &mut Zeros);
    assert!(bound.starts_with(&format!("SFMyNTY.{}", "QUFB".repeat(8))), "{bound}");
    assert_eq!(check(&token, &bound), Ok(()));
}

#[test]
fn a_token_of_another_session_is_refused() {
    let (token, other) = (token(), token());
    let bound = other.bind_to_host(&secret(), HOST).unwrap();
    assert_eq!(check(&token, &other.mask().unwrap()), Err(InvalidCsrfToken));
    assert_eq!(check(&token, &bound), Err(InvalidCsrfToken));
    assert_eq!(check(&other, &bound), Ok(()));
}

#[test]
fn the_session_token_itself_is_no_token_for_a_form() {
    let token = token();
    let bare = std::str::from_utf8(token.secret_bytes()).unwrap();
    assert_eq!(check(&token, bare), Err(InvalidCsrfToken));
}

#[test]
fn without_a_token_on_either_side_nothing_is_accepted() {
    let protection = CsrfProtection::new(&secret());
    let token = token();
    let masked = token.mask().unwrap();
    assert_eq!(protection.check(None, &masked, HOST), Err(InvalidCsrfToken));
    assert_eq!(protection.check(Some(&token), None, HOST), Err(InvalidCsrfToken));
    assert_eq!(protection.check(None, None, HOST), Err(InvalidCsrfToken));
    assert_eq!(InvalidCsrfToken.to_string(), "the CSRF token is invalid");
}

#[test]
fn a_masked_token_changed_anywhere_is_refused() {
    let token = token();
    let masked = token.mask().unwrap();
    for (at, character) in masked.char_indices() {
        for other in ['A', 'b', '-', '=', '+', '.', '\0', 'é'] {
            if other != character {
                let (before, after) = (masked.get(..at).unwrap(), masked.get(at + 1..).unwrap());
                for changed in [format!("{before}{other}{after}"), format!("{before}{after}")] {
                    assert_eq!(check(&token, &changed), Err(InvalidCsrfToken), "{changed}");
                }
            }
        }
    }
}

#[test]
fn a_bound_token_is_for_its_host_or_for_one_that_is_allowed() {
    let token = token();
    let bound = token.bind_to_host(&secret(), "api.example.com").unwrap();
    let check = |allowed: &[&str], host: &str| {
        let protection = CsrfProtection::new(&secret());
        let protection = allowed.iter().fold(protection, |all, host| all.allow_host(*host));
        protection.check(Some(&token), &bound, host).is_ok()
    };
    assert!(check(&[], "api.example.com"));
    assert!(!check(&[], HOST));
    assert!(!check(&[], "api.example.com:4000"), "the host comes without a port");
    assert!(check(&["api.example.com"], HOST));
    assert!(check(&["example.org", ".example.com"], HOST));
    assert!(!check(&["example.com"], HOST), "a suffix begins with a dot");
    assert!(!check(&[".api.example.com"], HOST), "which is part of what must be there");
    assert!(!check(&["other.example.com", ".org"], HOST));
}

#[test]
fn a_bound_token_needs_the_same_secret() {
    let token = token();
    let bound = token.bind_to_host(&SecretKeyBase::new([8; 64]).unwrap(), HOST).unwrap();
    assert_eq!(check(&token, &bound), Err(InvalidCsrfToken));
    assert!(!token.accepts_masked(&bound));
}

#[test]
fn requests_that_change_nothing_need_no_token() {
    let unprotected = ["GET", "HEAD", "OPTIONS"];
    assert!(unprotected.into_iter().all(is_unprotected_method));
    let protected = ["POST", "PUT", "PATCH", "DELETE", "get", "", "TRACE", "CONNECT"];
    assert!(!protected.into_iter().any(is_unprotected_method));
}

#[test]
fn nothing_secret_is_printed() {
    assert_eq!(format!("{:?}", token()), "CsrfToken([secret elided])");
    let protection = format!("{:?}", CsrfProtection::new(&secret()).allow_host("a"));
    assert_eq!(
        protection,
        r#"CsrfProtection { secret: SecretKeyBase([secret elided]), allow_hosts: ["a"] }"#
    );
}

proptest! {
    #[test]
    fn a_token_of_any_session_accepts_its_own_masks(session: [u8; 24]) {
        let token = CsrfToken::from_session(&session).unwrap();
        prop_assert!(token.accepts_masked(&token.mask().unwrap()));
    }

    #[test]
    fn no_other_text_is_accepted(session: [u8; 24], text in "[A-Za-z0-9_-]{56}", any: String) {
        let token = CsrfToken::from_session(&session).unwrap();
        prop_assert!(!token.accepts_masked(&text));
        prop_assert!(!token.accepts_masked(&any));
    }
}
