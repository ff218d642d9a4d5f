//! Session cookies as a caller sees them: laws, and each of the answers.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde", feature = "compressed"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

mod serializer;

use phoenix_token::{
    KeyError, Keyring, SecretKeyBase, SignError, SigningKey, VerifyError,
    cookie::{MAX_BYTES, Session, SessionCookie},
    csrf_protection::CsrfToken,
    key_generator::{self, Digest, Params},
    message_verifier,
    term::{Bitstring, Float, ImproperList, Limits, Map, Term},
};
use proptest::prelude::*;

const SALT: &str = "Sb5x9SKE";
const ENCRYPTION_SALT: &str = "ZJzA4wtU";

fn secret() -> SecretKeyBase {
    SecretKeyBase::new([7; 64]).unwrap()
}

fn signed() -> SessionCookie {
    SessionCookie::signed(&secret(), SALT).unwrap()
}

fn encrypted() -> SessionCookie {
    SessionCookie::encrypted(&secret(), ENCRYPTION_SALT, SALT).unwrap()
}

fn a128gcm(signing_salt: &str) -> SessionCookie {
    SessionCookie::builder(&secret(), signing_salt)
        .encryption_salt(ENCRYPTION_SALT)
        .a128gcm()
        .build()
        .unwrap()
}

fn kinds() -> [SessionCookie; 3] {
    [signed(), encrypted(), a128gcm(SALT)]
}

/// An authentic cookie that holds these bytes.
fn holding(bytes: &[u8]) -> String {
    let key = key_generator::derive(&[7; 64], SALT.as_bytes(), &Params::new()).unwrap();
    let key = SigningKey::new(key.secret_bytes()).unwrap();
    message_verifier::sign(bytes, &key, Digest::Sha256)
}

/// 30 entries, among which is each type that a term can have.
fn thirty_entries() -> Session {
    let etf = |bytes: &[u8]| Term::decode(bytes).unwrap();
    let pid = [131, 88, 119, 1, b'n', 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
    let reference = [131, 90, 0, 1, 119, 1, b'n', 0, 0, 0, 1, 0, 0, 0, 9];
    let nested = Term::tuple([Term::map([(1.into(), Term::list([Term::NIL]))])]);
    let mut session = Session::new();
    let terms = [
        Term::NIL,
        true.into(),
        Term::atom("żółw").unwrap(),
        0.into(),
        255.into(),
        (-1).into(),
        i32::MIN.into(),
        2_147_483_648_i64.into(),
        u128::MAX.into(),
        Term::Float(Float::new(-0.0).unwrap()),
        Term::Float(Float::new(f64::MIN_POSITIVE).unwrap()),
        "".into(),
        "Zażółć".into(),
        Term::binary([0, 255]),
        Term::Bitstring(Bitstring::new([0b1010_0000], 3).unwrap()),
        Term::list([]),
        Term::charlist("charlist"),
        Term::list([Term::NIL, 1.into()]),
        Term::ImproperList(ImproperList::new([1.into()], "tail".into()).unwrap()),
        Term::tuple([]),
        Term::tuple([Term::atom("ok").unwrap(), "value".into()]),
        Term::map([]),
        Term::map([(Term::atom("a").unwrap(), 1.into()), ("a".into(), 2.into())]),
        nested,
        etf(&pid),
        etf(&reference),
        Term::Float(Float::new(1.0).unwrap()),
        i64::MIN.into(),
        u64::MAX.into(),
        "last".into(),
    ];
    for (index, term) in terms.into_iter().enumerate() {
        session.put_term(&format!("entry {index}"), term);
    }
    session
}

#[test]
fn thirty_entries_of_every_type_survive_the_change_of_one() {
    for cookie in kinds() {
        let value = cookie.write(&thirty_entries()).unwrap();
        let mut session = cookie.read(&value).unwrap();
        assert_eq!((session.len(), &session), (30, &thirty_entries()));

        session.put("entry 3", "changed").unwrap();
        let session = cookie.read(&cookie.write(&session).unwrap()).unwrap();
        assert_eq!(session.get("entry 3"), Ok(Some("changed".to_owned())));
        let unchanged = |session: &Session| {
            let mut session = session.clone();
            session.remove("entry 3");
            session
        };
        assert_eq!(unchanged(&session), unchanged(&thirty_entries()));
    }
}

#[test]
fn a_signed_session_that_was_not_changed_is_the_same_cookie() {
    let value = signed().write(&thirty_entries()).unwrap();
    assert_eq!(signed().write(&signed().read(&value).unwrap()).unwrap(), value);
}

#[test]
fn keys_that_are_no_strings_are_kept() {
    let map: Map =
        [(Term::atom("a").unwrap(), 1.into()), (2.into(), 3.into())].into_iter().collect();
    let mut session = signed().read(&signed().write(&Session::from(map.clone())).unwrap()).unwrap();
    assert_eq!((session.keys().count(), session.iter().count()), (0, 2));
    session.put_term("b", 4);
    session.remove("b");
    assert_eq!(Map::from(session), map);
}

#[test]
fn nothing_but_a_map_is_a_session() {
    let empty = Term::map([]).encode().unwrap();
    assert_eq!(signed().read(&holding(&empty)), Ok(Session::new()));
    assert_eq!(signed().read(None), Err(VerifyError::Missing));
    assert_eq!(signed().read(&holding(&[131, 121, 0])), Err(VerifyError::Local));
    let trailing = [&empty[..], &[0]].concat();
    let not_sessions: [&[u8]; 6] =
        [b"", b"no term", &[131, 106], &[131, 97, 1], &[131, 116, 0, 0, 0, 1, 106], &trailing];
    for bytes in not_sessions {
        assert_eq!(signed().read(&holding(bytes)), Err(VerifyError::Invalid), "{bytes:?}");
    }
    for text in ["", ".", "SFMyNTY..", "XCP.", "QTEyOEdDTQ....", "SFMyNTY.g3QAAAAA"] {
        for cookie in kinds() {
            assert_eq!(cookie.read(text), Err(VerifyError::Invalid), "{text}");
        }
    }
}

#[test]
fn a_limit_refuses_what_the_defaults_take() {
    let mut session = Session::new();
    session.put_term("deep", Term::list([Term::list([Term::NIL])]));
    let value = signed().write(&session).unwrap();
    for (depth, accepted) in [(3, true), (2, false)] {
        let limits = Limits::new().depth(depth);
        let cookie = SessionCookie::builder(&secret(), SALT).limits(limits).build().unwrap();
        assert_eq!(cookie.read(&value).is_ok(), accepted);
        assert_eq!(Keyring::new(cookie).read(&value).is_ok(), accepted);
    }
}

#[test]
fn a_session_is_encrypted_otherwise_each_time() {
    for cookie in [encrypted(), a128gcm(SALT)] {
        let write = || cookie.write(&thirty_entries()).unwrap();
        assert_ne!(write(), write());
    }
}

#[test]
fn a_session_is_read_by_its_own_kind_alone() {
    for (writer, kind) in kinds().iter().zip(0..) {
        let value = writer.write(&thirty_entries()).unwrap();
        for (reader, other) in kinds().iter().zip(0..) {
            let both_encrypted = kind > 0 && other > 0;
            assert_eq!(reader.read(&value).is_ok(), kind == other || both_encrypted);
        }
    }
}

#[test]
fn the_signing_salt_guards_the_content_key_of_a128gcm_alone() {
    let session = thirty_entries();
    let value = a128gcm(SALT).write(&session).unwrap();
    assert!(value.starts_with("QTEyOEdDTQ."));
    assert_eq!(a128gcm("another").read(&value), Err(VerifyError::Invalid));
    assert_eq!(encrypted().read(&value), Ok(session.clone()), "XCP is what it writes");

    let value = encrypted().write(&session).unwrap();
    assert!(value.starts_with("XCP."));
    assert_eq!(a128gcm("another").read(&value), Ok(session));
}

#[test]
fn the_secret_key_base_has_at_least_64_bytes() {
    let short = SecretKeyBase::new([7; 63]).unwrap();
    let error = SessionCookie::signed(&short, SALT).unwrap_err();
    assert_eq!(error, KeyError::SecretTooShort { required: 64, actual: 63 });
    assert_eq!(error.to_string(), "the secret key base has 63 bytes, at least 64 are required");
    assert!(SessionCookie::encrypted(&short, ENCRYPTION_SALT, SALT).is_err());
}

#[test]
fn the_key_options_of_plug_apply_to_both_keys() {
    let built = |length| {
        let secret = secret();
        let builder = SessionCookie::builder(&secret, SALT).iterations(2).digest(Digest::Sha384);
        (
            builder.clone().length(length).build(),
            builder.clone().length(length).encryption_salt(ENCRYPTION_SALT).build(),
            builder.length(length).encryption_salt(ENCRYPTION_SALT).a128gcm().build(),
        )
    };
    assert!(matches!(built(32), (Ok(_), Ok(_), Ok(_))));
    assert!(matches!(built(64), (Ok(_), Err(KeyError::Length { .. }), Ok(_))));
    assert!(matches!(built(5), (Ok(_), Err(_), Err(_))));
    assert!(matches!(built(0), (Err(_), Err(_), Err(_))));
}

#[test]
fn a_cookie_over_4096_bytes_is_not_written() {
    let with = |length: usize| {
        let mut session = Session::new();
        session.put_term("filler", "x".repeat(length));
        session
    };
    for cookie in kinds() {
        let longest = (0..4096).rev().find(|length| cookie.write(&with(*length)).is_ok()).unwrap();
        let value = cookie.write(&with(longest)).unwrap();
        assert!((MAX_BYTES - 2..=MAX_BYTES).contains(&value.len()), "{}", value.len());
        let Err(SignError::CookieOverflow { bytes }) = cookie.write(&with(longest + 1)) else {
            unreachable!("{longest} was the longest")
        };
        assert!((MAX_BYTES + 1..MAX_BYTES + 3).contains(&bytes), "{bytes}");
    }
    let error = SignError::CookieOverflow { bytes: 4097 };
    assert_eq!(error.to_string(), "the cookie has 4097 bytes, at most 4096 are sent");
}

#[test]
fn an_entry_is_read_as_a_type_or_as_it_is() {
    let mut session = Session::new();
    session.put("answer", &42).unwrap();
    session.put("nothing", &()).unwrap();
    assert_eq!(session.get("answer"), Ok(Some(42_u8)));
    assert_eq!(session.get_term("answer"), Some(&Term::from(42)));
    assert_eq!(session.get::<u8>("nothing"), Ok(None), "nil");
    assert_eq!(session.get_term("nothing"), Some(&Term::NIL));
    assert_eq!(session.get::<u8>("absent"), Ok(None));
    let error = session.get::<String>("answer").unwrap_err();
    assert_eq!(error.to_string(), "the data does not fit: expected a string, found an integer");
    assert!(session.put("answer", &f64::NAN).is_err());
    assert_eq!(session.get("answer"), Ok(Some(42)), "as before");
}

#[test]
fn logging_in_leaves_nothing_of_the_session_before() {
    let token = [0xfb; 32];
    let mut session = thirty_entries();
    session.put_csrf_token(&CsrfToken::generate().unwrap());
    session.log_in(&token);
    assert!(!session.is_empty());
    assert_eq!(session.keys().collect::<Vec<_>>(), ["live_socket_id", "user_token"]);
    assert_eq!(session.user_token(), Some(&token));
    let topic = "users_sessions:-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s=";
    assert_eq!(session.live_socket_id(), Some(topic));
    session.clear();
    assert!(session.is_empty() && session.user_token().is_none());
}

#[test]
fn what_phoenix_keeps_has_names() {
    let mut session = Session::new();
    assert!(session.csrf_token().is_none() && session.flash("info").is_none());
    let token = CsrfToken::generate().unwrap();
    session.put_csrf_token(&token);
    session.put_live_socket_id("users_sessions:1");
    session.put_user_remember_me();
    session.put_user_return_to("/settings");
    session.put_flash("info", "Welcome back!");
    session.put_flash("error", "No.");
    let shown = Term::Map(session.as_map().clone())
        .to_string()
        .replace(std::str::from_utf8(token.secret_bytes()).unwrap(), "24 characters");
    assert_eq!(
        shown,
        r#"%{"_csrf_token" => "24 characters", "live_socket_id" => "users_sessions:1", "phoenix_flash" => %{"error" => "No.", "info" => "Welcome back!"}, "user_remember_me" => true, "user_return_to" => "/settings"}"#
    );
    assert_eq!(session.csrf_token().unwrap().secret_bytes(), token.secret_bytes());
    assert_eq!(session.live_socket_id(), Some("users_sessions:1"));
    assert!(session.user_remember_me());
    assert_eq!(session.take_user_return_to().as_deref(), Some("/settings"));
    assert_eq!(session.take_user_return_to(), None);
    assert_eq!(session.flash("info"), Some("Welcome back!"));
    let flash = [("error", "No."), ("info", "Welcome back!")];
    assert_eq!(session.take_flash(), flash.map(|(kind, text)| (kind.into(), text.into())));
    assert!(session.take_flash().is_empty() && session.get_term("phoenix_flash").is_none());
}

#[test]
fn entries_of_another_kind_than_phoenix_has_are_none() {
    let mut session = Session::new();
    for key in ["user_token", "live_socket_id", "_csrf_token", "phoenix_flash", "user_return_to"] {
        session.put_term(key, 7);
    }
    session.put_term("user_remember_me", "true");
    assert!(session.user_token().is_none() && session.live_socket_id().is_none());
    assert!(session.csrf_token().is_none() && session.flash("info").is_none());
    assert!(!session.user_remember_me() && session.take_user_return_to().is_none());
    session.put_term("user_token", Term::binary([1; 31]));
    session.put_term("_csrf_token", Term::binary([1; 25]));
    assert!(session.user_token().is_none() && session.csrf_token().is_none());
}

#[test]
fn nothing_secret_is_printed() {
    let mut session = Session::new();
    session.put_term("password", "hunter2");
    assert_eq!(format!("{session:?}"), r#"Session(["password"], [values elided])"#);
    assert_eq!(format!("{:?}", signed()), "SessionCookie([secret elided])");
    let builder = format!("{:?}", SessionCookie::builder(&secret(), SALT));
    assert!(builder.contains("SecretKeyBase([secret elided])"), "{builder}");
}

proptest! {
    #[test]
    fn what_was_written_is_read(entries: Vec<(String, Vec<u8>)>) {
        let mut session = Session::new();
        for (key, value) in entries {
            session.put_term(&key, value);
        }
        for cookie in kinds() {
            if let Ok(value) = cookie.write(&session) {
                prop_assert_eq!(cookie.read(&value), Ok(session.clone()));
            }
        }
    }

    #[test]
    fn no_other_text_is_a_session(text: String) {
        for cookie in kinds() {
            prop_assert_eq!(cookie.read(&text), Err(VerifyError::Invalid));
        }
    }
}

#[test]
fn what_could_not_be_read_is_not_written() {
    let cookie = SessionCookie::signed(&secret(), "signing salt").unwrap();
    let nested = |levels| {
        let term = (0..levels).fold(Term::from(1), |inner, _| Term::tuple([inner]));
        let mut session = Session::new();
        session.put_term("deep", term);
        session
    };
    let deepest = nested(255);
    let written = cookie.write(&deepest).unwrap();
    assert_eq!(cookie.read(&written), Ok(deepest));
    let error = cookie.write(&nested(256)).unwrap_err();
    assert_eq!(error.to_string(), "the data does not fit: nested too deeply");
}
