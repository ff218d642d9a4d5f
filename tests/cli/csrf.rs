//! CSRF tokens, to and from the library.

use phoenix_token::{
    SecretKeyBase,
    csrf_protection::{CsrfProtection, CsrfToken},
};

use super::{SECRET, command, feed, finish, folder, run, run_with};

#[test]
fn the_library_takes_the_tokens_of_the_command() {
    let token = run(&["csrf", "new"]);
    let session = CsrfToken::from_session(token.line().as_bytes()).unwrap();
    let mask = ["csrf", "mask", "--session-token-file", "-"];
    assert!(session.accepts_masked(run_with(token.line(), &mask).line()));

    let bound = run_with(token.line(), &[&mask[..], &["--host", "a.example"]].concat());
    let protection = CsrfProtection::new(&SecretKeyBase::new(SECRET).unwrap());
    assert!(protection.check(Some(&session), bound.line(), "a.example").is_ok());
    assert!(protection.check(Some(&session), bound.line(), "b.example").is_err());
}

#[test]
fn the_command_takes_the_tokens_of_the_library() {
    let session = CsrfToken::generate().unwrap();
    let text = std::str::from_utf8(session.secret_bytes()).unwrap();
    let masked = session.mask().unwrap();
    let check = ["csrf", "check", "--session-token-file", "-"];
    // No secret is needed for it.
    let ran = feed(text, command().args(check).args(["--", &masked]));
    assert_eq!(ran.line(), "accepted");

    let secret = SecretKeyBase::new(SECRET).unwrap();
    let bound = session.bind_to_host(&secret, "a.example.com").unwrap();
    let checked = |host: &[&str]| run_with(text, &[&check[..], host, &["--", &bound]].concat());
    assert_eq!(checked(&["--host", "a.example.com"]).line(), "accepted");
    let allowed = ["--host", "b.example", "--allow-host", ".example.com"];
    assert_eq!(checked(&allowed).line(), "accepted");
    checked(&["--host", "b.example"]).says(1, "the CSRF token is invalid");
    run_with(text, &[&check[..], &["forged"]].concat()).says(1, "the CSRF token is invalid");
}

#[test]
fn the_session_token_is_24_characters_in_a_file() {
    let file = folder().join("token");
    std::fs::write(&file, "short\n").unwrap();
    let mask = ["csrf", "mask", "--session-token-file", file.to_str().unwrap()];
    finish(command().args(mask))
        .says(2, "--session-token-file: not the 24 characters of a session's token");
}
