//! The session cookie, to and from the library, and those of the real Plug.

use phoenix_token::{
    SecretKeyBase,
    cookie::{Session, SessionCookie},
    term::Term,
};

use super::{SECRET, cases, command, finish, run, run_with, term_json::TermJson};

const SALTS: [&str; 4] = ["--signing-salt", "signing", "--encryption-salt", "encryption"];

fn signed() -> SessionCookie {
    SessionCookie::signed(&SecretKeyBase::new(SECRET).unwrap(), "signing").unwrap()
}

fn encrypted() -> SessionCookie {
    let secret = SecretKeyBase::new(SECRET).unwrap();
    SessionCookie::encrypted(&secret, "encryption", "signing").unwrap()
}

fn read(args: &[&str]) -> String {
    run(&[&["session", "read"], args].concat()).line().to_owned()
}

#[test]
fn the_library_takes_what_the_command_writes() {
    let write = ["session", "write", "--data", r#"{"locale": "pl", "n": [1, null]}"#];
    let signed_cookie = run(&[&write[..], &SALTS[..2]].concat());
    let encrypted_cookie = run(&[&write[..], &SALTS].concat());
    let session = signed().read(signed_cookie.line()).unwrap();
    assert_eq!(session.get::<String>("locale").unwrap().as_deref(), Some("pl"));
    assert_eq!(encrypted().read(encrypted_cookie.line()).unwrap(), session);

    let named = run(&[&write[..], &SALTS[..2], &["--key", "_my_app_key"]].concat());
    let value = named.line().strip_prefix("_my_app_key=").unwrap();
    assert_eq!(signed().read(value).unwrap(), session);
}

#[test]
fn keys_that_are_atoms_become_strings_as_put_session_has_it() {
    let cookie = run(&["session", "write", "--signing-salt", "signing", "--elixir", "%{a: :b}"]);
    assert_eq!(read(&["--signing-salt", "signing", cookie.line()]), r#"%{"a" => :b}"#);
    for data in ["[]", "%{1 => 2}", r#"%{:a => 1, "a" => 2}"#] {
        let ran = run(&["session", "write", "--signing-salt", "signing", "--elixir", data]);
        assert!(ran.code == Some(2) && ran.err.starts_with("phoenix-token: --elixir: "), "{ran:?}");
    }
}

#[test]
fn the_command_reads_what_the_library_writes_alone_and_in_a_header() {
    let mut session = Session::new();
    session.put_term("locale", "pl");
    let cookie = encrypted().write(&session).unwrap();
    assert_eq!(read(&[&SALTS[..], &[&cookie]].concat()), r#"%{"locale" => "pl"}"#);
    let args = [&["session", "read", "--key", "_my_app_key"], &SALTS[..], &["-"]].concat();
    for (before, after) in [
        ("Cookie: a=b; ", "; c=d"),
        ("cookie: ", ""),
        ("COOKIE:", ""),
        ("", ";"),
        ("", "; at=12:30"),
    ] {
        let header = format!("{before}_my_app_key={cookie}{after}");
        assert_eq!(run_with(&header, &args).line(), r#"%{"locale" => "pl"}"#);
    }
    run_with("a=b", &args).says(1, "there is no cookie _my_app_key");
    run(&["session", "read", "--signing-salt", "other", &cookie])
        .says(1, "the session cookie is invalid");
}

#[test]
fn what_opens_a_session_is_shown_only_where_it_is_named() {
    let mut session = Session::new();
    session.put_term("user_token", "sesame-token");
    session.put_term("_csrf_token", "sesame-csrf");
    session.put_term("live_socket_id", "users_sessions:sesame");
    session.put_term("locale", "pl");
    let cookie = signed().write(&session).unwrap();
    let shown = read(&["--signing-salt", "signing", &cookie]);
    let elided = r#"%{"_csrf_token" => "[elided]", "live_socket_id" => "[elided]", "locale" => "pl", "user_token" => "[elided]"}"#;
    assert_eq!(shown, elided);
    assert!(run(&["inspect", &cookie]).out.contains(elided));

    let named = read(&["--signing-salt", "signing", "--reveal", "user_token", &cookie]);
    assert!(named.contains("sesame-token") && !named.contains("sesame-csrf"), "{named}");
    let written = run(&["session", "write", "--signing-salt", "signing", "--elixir", &shown]);
    assert_eq!(written.code, Some(2));
    assert!(written.err.contains("left out when the session was read"), "{written:?}");
}

#[test]
fn text_of_32_bytes_is_shown_and_as_many_random_bytes_are_not() {
    let mut session = Session::new();
    session.put_term("cart_id", "0123456789abcdef0123456789abcdef");
    session.put_term("city", "Świętochłowice, Śląskie, PL");
    session.put_term("password_reset_token", "0123456789abcdef0123456789abcdef");
    let random: Vec<u8> = (0..32).map(|at| 0xa7_u8.wrapping_mul(at).wrapping_add(0x35)).collect();
    session.put_term("remembered", random);
    // Valid UTF-8, and yet no text.
    session.put_term("zeros", vec![0_u8; 32]);
    let shown = read(&["--signing-salt", "signing", &signed().write(&session).unwrap()]);
    let elided = r#"%{"cart_id" => "0123456789abcdef0123456789abcdef", "city" => "Świętochłowice, Śląskie, PL", "password_reset_token" => "[elided]", "remembered" => "[elided]", "zeros" => "[elided]"}"#;
    assert_eq!(shown, elided);
}

#[test]
fn a_session_is_written_as_it_was_read_unless_something_was_left_out_of_it() {
    let live = vec![0xff_u8; 32];
    let mut session = Session::new();
    session.put_term("cart_id", "0123456789abcdef0123456789abcdef");
    let whole = signed().write(&session).unwrap();
    session.put_term("seen", Term::list([Term::tuple([Term::atom("at").unwrap(), live.into()])]));
    let nested = signed().write(&session).unwrap();
    for (format, argument) in [("elixir", "--elixir"), ("json", "--data")] {
        let written = |cookie: &str| {
            let shown = read(&["--signing-salt", "signing", "--format", format, cookie]);
            run(&["session", "write", "--signing-salt", "signing", argument, &shown])
        };
        assert_eq!(written(&whole).line(), whole);
        let sentence = "the entry \"seen\" was left out when the session was read";
        let refused = written(&nested);
        assert!(refused.code == Some(2) && refused.err.contains(sentence), "{refused:?}");
    }
}

/// Plug.Crypto 1.x takes keys of other lengths, later releases do not.
#[test]
fn the_length_of_the_key_is_judged_by_the_form_of_the_cookie() {
    let options = [&SALTS[..], &["--key-length", "16"]].concat();
    let write = ["session", "write", "--data", r#"{"locale": "pl"}"#, "--a128gcm"];
    let old = run(&[&write[..], &options].concat());
    assert_eq!(read(&[&options[..], &[old.line()]].concat()), r#"%{"locale" => "pl"}"#);
    let new = encrypted().write(&Session::new()).unwrap();
    let refused = run(&[&["session", "read"], &options[..], &[&new]].concat());
    assert_eq!(refused.code, Some(2));
    assert!(refused.err.starts_with("phoenix-token: --key-length: "), "{refused:?}");
}

#[test]
fn a_short_secret_is_no_secret_for_sessions() {
    let args = ["session", "read", "--signing-salt", "signing", "x"];
    let ran = finish(command().env("SECRET_KEY_BASE", &SECRET[..40]).args(args));
    ran.says(2, "SECRET_KEY_BASE: the secret key base has 40 bytes, at least 64 are required");
}

#[test]
fn cookies_of_the_real_plug_are_read() {
    for case in cases("session_cookie.json") {
        let mut command = command();
        command.env("SECRET_KEY_BASE", case["secret_key_base"].as_str().unwrap());
        command.args(["session", "read"]);
        for name in ["signing_salt", "encryption_salt"] {
            if let Some(salt) = case[name].as_str() {
                command.arg(format!("--{}={salt}", name.replace('_', "-")));
            }
        }
        for (name, value) in case["options"].as_object().unwrap() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            command.arg(format!("--{}={value}", name.replace('_', "-")));
        }
        let session: TermJson = serde_json::from_value(case["session"].clone()).unwrap();
        let session = session.to_term().unwrap();
        for name in names(&session) {
            command.arg(format!("--reveal={name}"));
        }
        let ran = finish(command.args(["--", case["cookie"].as_str().unwrap()]));
        assert_eq!(ran.line(), session.to_string());
    }
}

/// The keys that something in the term may stand under.
fn names(term: &Term) -> Vec<String> {
    let name = |key: &Term| {
        let text = key.as_str().or_else(|| key.as_atom().map(|atom| atom.as_str()));
        text.map_or_else(|| key.to_string(), str::to_owned)
    };
    match term {
        Term::Map(map) => {
            let of_each = map.iter().flat_map(|(key, value)| [names(key), names(value)].concat());
            map.iter().map(|(key, _)| name(key)).chain(of_each).collect()
        }
        Term::Tuple(elements) => {
            elements.first().map(name).into_iter().chain(elements.iter().flat_map(names)).collect()
        }
        Term::List(elements) => elements.iter().flat_map(names).collect(),
        Term::ImproperList(list) => {
            list.elements().iter().chain([list.tail()]).flat_map(names).collect()
        }
        _ => Vec::new(),
    }
}
