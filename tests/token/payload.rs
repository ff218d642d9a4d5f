//! What is inside a token: the layouts that are read, and what is refused though it is authentic.

use phoenix_token::{
    MaxAge, Sign, SignError, SigningKey, Verified, Verify, VerifyError,
    key_generator::{self, Digest},
    message_verifier,
    term::{Limits, Term},
};

use super::{NOW, key, seconds_later, secret};

/// A token over a payload that no `sign` of ours would write.
fn signed_payload(payload: &[u8]) -> String {
    let derived = key_generator::derive(
        secret().secret_bytes(),
        b"user auth",
        &key_generator::Params::default(),
    );
    let key = SigningKey::new(derived.unwrap().secret_bytes()).unwrap();
    message_verifier::sign(payload, &key, Digest::Sha256)
}

fn verify_term(token: &str, options: &Verify) -> Result<Verified<Term>, VerifyError> {
    key().verify_term(token, options)
}

#[test]
fn the_older_layouts_are_read_and_live_for_a_day() {
    let signed_at = Term::from(NOW.as_millis());
    let atom = |name| Term::atom(name).unwrap();
    let old = [
        Term::tuple(["data".into(), signed_at.clone()]),
        Term::map([
            (atom("data"), "data".into()),
            (atom("signed"), signed_at.clone()),
            (atom("other"), 1.into()),
        ]),
    ];
    for payload in old {
        let token = signed_payload(&payload.encode().unwrap());
        let verified = verify_term(&token, &Verify::at(seconds_later(86_400))).unwrap();
        assert_eq!((verified.data, verified.max_age), ("data".into(), MaxAge::DEFAULT));
        let late = verify_term(&token, &Verify::at(seconds_later(86_401)));
        assert!(matches!(late, Err(VerifyError::Expired { .. })));
    }
}

#[test]
fn an_authentic_payload_that_is_no_token_is_invalid() {
    let signed_at = Term::from(NOW.as_millis());
    let atom = |name| Term::atom(name).unwrap();
    let others = [
        Term::tuple([]),
        Term::tuple(["data".into()]),
        Term::tuple(["data".into(), signed_at.clone(), 1.into(), 1.into()]),
        Term::list(["data".into(), signed_at.clone()]),
        Term::from("data"),
        Term::map([(atom("data"), "data".into())]),
        Term::map([("data".into(), "data".into()), ("signed".into(), signed_at.clone())]),
        Term::tuple(["data".into(), "now".into(), 60.into()]),
        Term::tuple(["data".into(), signed_at.clone(), atom("never")]),
    ];
    for payload in others {
        let token = signed_payload(&payload.encode().unwrap());
        assert_eq!(verify_term(&token, &Verify::at(NOW)), Err(VerifyError::Invalid));
    }
    let whole = Term::tuple(["data".into(), signed_at, 60.into()]).encode().unwrap();
    assert!(verify_term(&signed_payload(&whole), &Verify::at(NOW)).is_ok());
    for length in 0..whole.len() {
        let token = signed_payload(&whole[..length]);
        assert_eq!(verify_term(&token, &Verify::at(NOW)), Err(VerifyError::Invalid));
    }
    let longer = [&whole[..], &[106]].concat();
    assert_eq!(verify_term(&signed_payload(&longer), &Verify::at(NOW)), Err(VerifyError::Invalid));
}

#[test]
fn a_payload_for_one_node_only_has_its_own_answer() {
    let token = signed_payload(&[131, 121, 1, 2, 3, 4, 97, 1]);
    assert_eq!(verify_term(&token, &Verify::at(NOW)), Err(VerifyError::Local));
    let forged = token.replacen("SFMyNTY.g3k", "SFMyNTY.g3o", 1);
    assert_eq!(verify_term(&forged, &Verify::at(NOW)), Err(VerifyError::Invalid));
}

#[test]
fn what_is_no_number_for_signed_at_passes_with_infinity_as_it_does_in_elixir() {
    let payload = Term::tuple(["data".into(), "now".into(), 60.into()]).encode().unwrap();
    let options = Verify::at(NOW).max_age(MaxAge::INFINITY);
    let verified = verify_term(&signed_payload(&payload), &options).unwrap();
    assert_eq!((verified.signed_at, verified.expires_at()), (None, None));
}

#[test]
fn over_a_limit_is_invalid() {
    let data = vec!["x".repeat(100); 10];
    let token = key().sign_at(&data, NOW).unwrap();
    let limited =
        |limits| key().verify_with::<Vec<String>>(&token, &Verify::at(NOW).limits(limits));
    assert_eq!(limited(Limits::new().size(1000)), Err(VerifyError::Invalid));
    assert_eq!(limited(Limits::new().depth(0)), Err(VerifyError::Invalid));
    assert!(limited(Limits::new().size(1100).depth(1)).is_ok());
}

#[test]
fn what_could_not_be_verified_is_not_signed() {
    let large = "x".repeat((4 << 20) + 1);
    let message = |error: SignError| error.to_string();
    let error = key().sign_at(&large, NOW).unwrap_err();
    assert_eq!(message(error), "the data does not fit: over the limit on size");
    let deep = |levels| (0..levels).fold(Term::from(1), |inner, _| Term::tuple([inner]));
    let options = Sign::at(NOW);
    let error = key().sign_term(&deep(257), &options).unwrap_err();
    assert_eq!(message(error), "the data does not fit: nested too deeply");
    let deepest = key().sign_term(&deep(256), &options).unwrap();
    assert_eq!(key().verify_term(&deepest, &Verify::at(NOW)).unwrap().data, deep(256));
    let more = Limits::new().depth(300);
    let deeper = key().sign_term(&deep(257), &options.limits(more)).unwrap();
    assert_eq!(key().verify_term(&deeper, &Verify::at(NOW)), Err(VerifyError::Invalid));
    assert!(key().verify_term(&deeper, &Verify::at(NOW).limits(more)).is_ok());
}

#[cfg(feature = "compressed")]
#[test]
fn what_could_not_be_inflated_again_is_not_compressed() {
    let data = Term::from("phoenix ".repeat(100).as_str());
    let payload = Term::tuple([data.clone(), NOW.as_millis().into(), 86_400.into()]);
    // The version is not compressed.
    let inflated = payload.encode().unwrap().len() - 1;
    for (limit, fits) in [(inflated, true), (inflated - 1, false)] {
        let limits = Limits::new().inflated(limit);
        let signed = key().sign_term(&data, &Sign::at(NOW).compressed().limits(limits));
        assert_eq!(signed.is_ok(), fits, "{signed:?}");
        if let Ok(token) = signed {
            assert!(verify_term(&token, &Verify::at(NOW).limits(limits)).is_ok());
        }
    }
}
