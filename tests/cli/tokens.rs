//! Tokens, to and from the library, and those of the real one.

use std::time::Duration;

use phoenix_token::{
    MaxAge, SecretKeyBase, Sign, SigningKey, Timestamp, TokenKey, Verify, cookie::RememberMe,
    key_generator::Digest, message_verifier, term::Term,
};
use serde_json::Value;

use super::{SECRET, cases, command, finish, run, run_with};

fn key(salt: &str) -> TokenKey {
    TokenKey::derive(&SecretKeyBase::new(SECRET).unwrap(), salt)
}

#[test]
fn the_library_takes_what_the_command_makes() {
    let signed = run(&["sign", "--salt", "user auth", "--elixir", "%{user_id: 1, role: :admin}"]);
    let verified = key("user auth").verify_term(signed.line(), &Verify::new()).unwrap();
    assert_eq!(verified.data.to_string(), "%{role: :admin, user_id: 1}");
    assert_eq!(verified.max_age, MaxAge::DEFAULT);

    let encrypted =
        run(&["encrypt", "--salt", "s", "--data", "[1]", "--max-age", "infinity", "--compressed"]);
    let decrypted = key("s").decrypt::<Vec<u8>>(encrypted.line()).unwrap();
    assert_eq!((decrypted.data, decrypted.max_age), (vec![1], MaxAge::INFINITY));
    let old = run(&["encrypt", "--salt", "s", "--data", "[1]", "--a128gcm"]);
    assert!(old.line().starts_with("QTEyOEdDTQ."));
    assert_eq!(key("s").decrypt::<Vec<u8>>(old.line()).unwrap().data, [1]);
}

#[test]
fn the_command_takes_what_the_library_makes() {
    let token = key("user auth").sign("Ada").unwrap();
    assert_eq!(run(&["verify", "--salt", "user auth", &token]).line(), r#""Ada""#);
    assert_eq!(run_with(&token, &["verify", "--salt", "user auth", "-"]).line(), r#""Ada""#);
    let line = format!("{token}\r\n");
    assert_eq!(run_with(&line, &["verify", "--salt", "user auth", "-"]).line(), r#""Ada""#);

    let token = key("s").encrypt(&Some(7)).unwrap();
    assert_eq!(run(&["decrypt", "--salt", "s", "--format", "json", &token]).line(), "7");
}

#[test]
fn the_options_are_those_of_upstream() {
    let options = ["--key-iterations", "3", "--key-length", "48", "--key-digest", "sha512"];
    let args = ["sign", "--salt", "s", "--data", "1", "--signed-at", "1700000000.5"];
    let made = run(&[&args[..], &options, &["--max-age", "1.5"]].concat());
    let secret = SecretKeyBase::new(SECRET).unwrap();
    let key = TokenKey::builder(&secret, "s").iterations(3).length(48).digest(Digest::Sha512);
    let key = key.signing_only().build().unwrap();
    let signed_at = Timestamp::from_millis(1_700_000_000_500);
    let sign = Sign::at(signed_at).max_age(MaxAge::seconds_f64(1.5).unwrap());
    assert_eq!(made.line(), key.sign_term(&1.into(), &sign).unwrap());

    let verify = [&["verify", "--salt", "s"][..], &options, &[made.line()]].concat();
    run(&verify).says(1, "the token has expired, it was valid until 2023-11-14 22:13:22Z");
    let ageless = [&verify[..], &["--max-age", "infinity"]].concat();
    assert_eq!(run(&ageless).line(), "1");
    run(&["verify", "--salt", "s", made.line()]).says(1, "the token is invalid");
}

#[test]
fn a_token_of_another_secret_salt_or_operation_is_refused() {
    let token = key("s").sign(&1).unwrap();
    let other = SECRET.replace('f', "g");
    let ran =
        finish(command().env("SECRET_KEY_BASE", other).args(["verify", "--salt", "s", &token]));
    ran.says(1, "the token is invalid");
    run(&["verify", "--salt", "t", &token]).says(1, "the token is invalid");
    run(&["decrypt", "--salt", "s", &token]).says(1, "the token is invalid");
    run(&["verify", "--salt", "s", ""]).says(1, "the token is invalid");
}

#[test]
fn a_token_that_was_never_valid_has_not_expired() {
    for (make, open) in [("sign", "verify"), ("encrypt", "decrypt")] {
        for (own, given, sentence) in [
            ("-5", None, "the token was never valid, because its max age is zero or less"),
            ("0", None, "the token was never valid, because its max age is zero or less"),
            ("60", Some("-0.5"), "the token was never valid, because its max age is zero or less"),
            // It was, for this one millisecond.
            ("0.0005", None, "the token has expired, it was valid until 2023-11-14 22:13:20Z"),
            ("-5", Some("1"), "the token has expired, it was valid until 2023-11-14 22:13:21Z"),
        ] {
            let sign = [make, "--salt", "s", "--data", "1", "--signed-at", "1700000000"];
            let token = run(&[&sign[..], &["--max-age", own]].concat());
            let given = given.map(|given| ["--max-age", given]);
            let given = given.iter().flatten().copied().collect::<Vec<_>>();
            run(&[&[open, "--salt", "s", token.line()][..], &given].concat()).says(1, sentence);
        }
    }
}

#[test]
fn a_token_signed_ahead_of_the_clock_is_taken_up_to_the_tolerance() {
    for (make, open) in [("sign", "verify"), ("encrypt", "decrypt")] {
        let signed = |seconds| {
            let at = Timestamp::now().checked_add(Duration::from_secs(seconds)).unwrap();
            let at = format!("{}", at.as_millis() / 1000);
            run(&[make, "--salt", "s", "--data", "1", "--signed-at", &at]).line().to_owned()
        };
        let opened =
            |token: &str, more: &[&str]| run(&[&[open, "--salt", "s", token][..], more].concat());
        assert_eq!(opened(&signed(50), &[]).line(), "1");
        assert_eq!(opened(&signed(50), &["--tolerance", "49.5e3"]).line(), "1");

        let token = signed(7200);
        for tolerance in [&[][..], &["--tolerance", "0"], &["--tolerance", "5"]] {
            let refused = opened(&token, tolerance);
            let ahead = refused.err.strip_prefix("phoenix-token: the token was signed ");
            let ahead = ahead
                .and_then(|text| text.strip_suffix(" s ahead of this clock, see --tolerance\n"));
            let seconds = ahead.unwrap_or_else(|| panic!("{refused:?}"));
            assert_eq!((refused.code, refused.out.as_str()), (Some(1), ""));
            assert!((1..=7200).contains(&seconds.parse::<u32>().unwrap()), "{seconds}");
            assert_eq!(opened(&token, &["--tolerance", seconds]).line(), "1");
        }
        assert_eq!(opened(&token, &["--tolerance", "any"]).line(), "1");

        // Nothing is told of a token of another key.
        let other = run(&[open, "--salt", "t", &token, "--tolerance", "any"]);
        other.says(1, "the token is invalid");
        run(&[open, "--salt", "t", &token]).says(1, "the token is invalid");
    }
    for wrong in ["soon", "NaN", "1e300"] {
        let ran = run(&["verify", "--salt", "s", "x", "--tolerance", wrong]);
        assert!(ran.code == Some(2) && ran.err.contains("seconds or `any`"), "{ran:?}");
    }
}

#[test]
fn inspect_needs_no_key_and_says_that_nothing_was_checked() {
    let token = key("s").sign_with(&5, &Sign::at(Timestamp::from_secs(1_700_000_000))).unwrap();
    let seen = finish(command().args(["inspect", &token]));
    assert_eq!(
        seen.out,
        "nothing of this was checked\nform: signed, HS256\npayload: 19 bytes\ndata: 5\n\
         signed at: 2023-11-14 22:13:20Z\nmax age: 86400 s\n"
    );
    let encrypted = run(&["inspect", &key("s").encrypt(&5).unwrap()]);
    assert!(encrypted.out.contains("form: encrypted, XCP"), "{encrypted:?}");
    run(&["inspect", "x"]).says(1, "neither a token nor a cookie of Plug");
}

#[test]
fn inspect_tells_each_form_and_what_is_no_token() {
    let key = SigningKey::new("any key").unwrap();
    let term = Term::from(7).encode().unwrap();
    for (digest, bytes, form, content) in [
        (Digest::Sha384, &term[..], "signed, HS384\npayload: 3 bytes", "term: 7"),
        (Digest::Sha512, b"text", "signed, HS512\npayload: 4 bytes", "no term"),
    ] {
        let message = message_verifier::sign(bytes, &key, digest);
        let seen = finish(command().args(["inspect", &message]));
        assert_eq!(seen.out, format!("nothing of this was checked\nform: {form}\n{content}\n"));
    }
    let old = run(&["encrypt", "--salt", "s", "--data", "1", "--a128gcm"]);
    let seen = finish(command().args(["inspect", old.line()]));
    assert!(seen.out.contains("form: encrypted, A128GCM (Plug.Crypto 1)\n"), "{seen:?}");
}

#[test]
fn inspect_shows_what_opens_a_session_only_where_it_is_named() {
    let secret = SecretKeyBase::new(SECRET).unwrap();
    let live = [0xa5, 0x07, 0xe2, 0x9c, 0x51, 0xff, 0x3b, 0x80].repeat(4);
    let live = <[u8; 32]>::try_from(live).unwrap();
    let bytes = Term::binary(live).to_string();
    let cookie = RememberMe::new(&secret, "my_app").unwrap().write(&live).unwrap();
    let seen = |token: &str, more: &[&str]| {
        let ran = finish(command().args(["inspect", token]).args(more));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""));
        ran.out
    };
    assert!(seen(&cookie, &[]).contains("\ndata: \"[elided]\"\n"));
    let shown = seen(&cookie, &["--reveal", "data", "--format", "json"]);
    assert!(shown.contains(&format!("\ndata: \"{bytes}\"\n")), "{shown}");

    let key = SigningKey::new("any key").unwrap();
    let bare = |term: &Term| message_verifier::sign(&term.encode().unwrap(), &key, Digest::Sha256);
    for (literal, elided) in [
        ("%{user_token: \"sesame\", id: 1}", "%{id: 1, user_token: \"[elided]\"}"),
        ("%{\"admin_token\" => \"sesame\"}", "%{\"admin_token\" => \"[elided]\"}"),
        ("%{1 => 2, \"user_token\" => \"sesame\"}", "%{1 => 2, \"user_token\" => \"[elided]\"}"),
        (
            "%{:live_socket_id => \"sesame\", 2 => LIVE}",
            "%{2 => \"[elided]\", :live_socket_id => \"[elided]\"}",
        ),
        ("LIVE", "\"[elided]\""),
        ("[id: 1, user_token: \"sesame\"]", "[id: 1, user_token: \"[elided]\"]"),
        ("[{:session, LIVE}]", "[session: \"[elided]\"]"),
        ("[{\"user_token\", \"sesame\"}]", "[{\"user_token\", \"[elided]\"}]"),
        ("{1, LIVE, :token, 2}", "{1, \"[elided]\", :token, 2}"),
        ("[1, LIVE | LIVE]", "[1, \"[elided]\" | \"[elided]\"]"),
        (
            "%{user: %{sessions: [{1, LIVE}, [user_token: \"sesame\"]]}}",
            "%{user: %{sessions: [{1, \"[elided]\"}, [user_token: \"[elided]\"]]}}",
        ),
        ("%{user_token: %{\"sesame\" => 1}}", "%{user_token: \"[elided]\"}"),
        ("%{LIVE => 1}", "%{\"[elided]\" => 1}"),
        (
            "%{[LIVE] => 1, {:a_token, \"sesame\"} => LIVE}",
            "%{\"[elided 2]\" => 1, \"[elided]\" => \"[elided]\"}",
        ),
    ] {
        let literal = literal.replace("LIVE", &bytes);
        let signed = run(&["sign", "--salt", "s", "--elixir", &literal]);
        let verified = self::key("s").verify_term(signed.line(), &Verify::new()).unwrap();
        let term = bare(&verified.data);
        for (token, name) in [(signed.line(), "data"), (&term, "term")] {
            let shown = seen(token, &[]);
            let shown = shown.replace("\nsession: ", "\nterm: ");
            assert!(shown.contains(&format!("\n{name}: {elided}\n")), "{shown}");
            // A map of strings is a session's, without a token around it.
            let names = [name, "session", "sessions", "user_token", "admin_token", "a_token"];
            let names = [&names[..], &["live_socket_id", "2"]].concat();
            let names = names.iter().flat_map(|name| ["--reveal", name]).collect::<Vec<_>>();
            let revealed = seen(token, &names);
            let revealed = revealed.replace("\nsession: ", "\nterm: ");
            assert!(revealed.contains(&format!("\n{name}: {}\n", verified.data)), "{revealed}");
        }
    }
    let nothing = seen(run(&["sign", "--salt", "s", "--elixir", "%{a_token: nil}"]).line(), &[]);
    assert!(nothing.contains("\ndata: %{a_token: nil}\n"), "{nothing}");

    let pair = format!("{{:session, {bytes}}}");
    let shown = seen(run(&["sign", "--salt", "s", "--elixir", &pair]).line(), &[]);
    assert!(shown.contains("\ndata: {:session, \"[elided]\"}\n"), "{shown}");

    // The envelope of the token is one level, and 256 are read.
    let lists = |inner: &str| format!("{}{inner}{}", "[".repeat(254), "]".repeat(254));
    let deepest = lists(&pair);
    let shown = seen(run(&["sign", "--salt", "s", "--elixir", &deepest]).line(), &[]);
    let elided = lists("session: \"[elided]\"");
    assert!(shown.contains(&format!("\ndata: {elided}\n")), "{shown}");
}

#[test]
fn data_too_large_for_a_token_is_told() {
    let large = format!("\"{}\"", "x".repeat(5 << 20));
    for option in ["--data", "--elixir"] {
        for operation in ["sign", "encrypt"] {
            let ran = run_with(&large, &[operation, "--salt", "s", option, "-"]);
            ran.says(2, &format!("{option}: the data does not fit: over the limit on size"));
        }
    }
}

/// Milliseconds of 64 bits end at 9.2e15 seconds.
#[test]
fn a_time_beyond_all_is_told() {
    let moment = |text| run(&["sign", "--salt", "s", "--data", "1", "--signed-at", text]);
    let seen = run(&["inspect", moment("8.9e15").line()]);
    assert!(seen.out.contains("\nsigned at: 282031742-09-17 06:13:20Z\n"), "{seen:?}");
    let ran = moment("9.0e15");
    let told = "error: invalid value '9.0e15' for '--signed-at <SECONDS>': seconds since 1970\n\n\
                For more information, try '--help'.\n";
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(2), "", told));
}

/// The tokens of plug_crypto 2.1.1 have expired long since, so they are read without an age.
#[test]
fn tokens_of_the_real_library_are_read() {
    let mut read = 0;
    for case in cases("token.json") {
        let text = |name: &str| case[name].as_str().unwrap().to_owned();
        let etf = text("data_etf");
        let etf: Vec<u8> = (0..etf.len() / 2)
            .map(|at| u8::from_str_radix(&etf[2 * at..2 * at + 2], 16).unwrap())
            .collect();
        let data = Term::decode(&etf).unwrap().to_string();
        let operation = if text("operation") == "sign" { "verify" } else { "decrypt" };
        let (salt, token) = (text("salt"), text("token"));
        let mut command = command();
        command.env("SECRET_KEY_BASE", text("secret_key_base"));
        command.args([operation, "--max-age", "infinity", &format!("--salt={salt}")]);
        for (name, value) in case["options"].as_object().unwrap() {
            let value = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            command.arg(format!("--{}={value}", name.replace('_', "-")));
        }
        let ran = finish(command.args(["--", &token]));
        assert_eq!((ran.code, ran.out), (Some(0), format!("{data}\n")), "{salt} {}", ran.err);
        read += 1;
    }
    assert!(read > 50, "{read}");
}
