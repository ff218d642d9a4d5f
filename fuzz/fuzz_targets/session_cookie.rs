//! Any bytes in a session cookie: a session if they are a map, refused if they are anything else or
//! if the cookie was changed; and what was read and written again is the same session.
#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use phoenix_token::{
    SignError, VerifyError,
    cookie::{MAX_BYTES, Session, SessionCookie},
    term::{DecodeError, Term},
};
use phoenix_token_fuzz::{Damage, Repeating, secret};

static COOKIES: LazyLock<[SessionCookie; 3]> = LazyLock::new(|| {
    let secret = secret();
    [
        SessionCookie::signed(&secret, "signing").expect("64 bytes"),
        SessionCookie::encrypted(&secret, "encryption", "signing").expect("64 bytes"),
        SessionCookie::builder(&secret, "signing")
            .encryption_salt("encryption")
            .a128gcm()
            .build()
            .expect("64 bytes"),
    ]
});

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    damage: Damage,
    bytes: &'a [u8],
}

fuzz_target!(|input: Input| {
    let expected = match Term::decode(input.bytes) {
        Ok(Term::Map(map)) => Ok(Session::from(map)),
        Err(DecodeError::Local) => Err(VerifyError::Local),
        _ => Err(VerifyError::Invalid),
    };
    let rng = &mut Repeating(b"not random at all");
    for session_cookie in &*COOKIES {
        let cookie = match session_cookie.write_with_rng(&input.bytes.to_vec(), rng) {
            Ok(cookie) => cookie,
            Err(SignError::CookieOverflow { bytes }) if bytes > MAX_BYTES => continue,
            Err(error) => panic!("{error}"),
        };
        let text = input.damage.to(&cookie);
        let read = session_cookie.read(&text);
        if text != cookie {
            assert_eq!(read, Err(VerifyError::Invalid));
            continue;
        }
        assert_eq!(read, expected);
        let Ok(session) = read else { continue };
        if let Ok(again) = session_cookie.write_with_rng(&session, rng) {
            assert_eq!(session_cookie.read(&again), Ok(session));
        }
    }
});
