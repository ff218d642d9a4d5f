//! Where secrets come from, and that none is shown.

use std::process::Command;

use proptest::prelude::*;

use super::{Ran, SECRET, command, feed, finish, folder};

const SIGN: [&str; 5] = ["sign", "--salt", "s", "--data", "1"];

/// Whether a token made under `SECRET` was made.
#[track_caller]
fn assert_made_under_secret(ran: &Ran) {
    let token = ran.line();
    let verify = ["verify", "--salt", "s", token];
    assert_eq!(finish(command().env("SECRET_KEY_BASE", SECRET).args(verify)).line(), "1");
}

#[test]
fn the_secret_comes_from_the_environment_a_file_or_standard_input() {
    assert_made_under_secret(&finish(command().env("SECRET_KEY_BASE", SECRET).args(SIGN)));
    let file = folder().join("secret");
    for ending in ["", "\n", "\r\n"] {
        let text = format!("{SECRET}{ending}");
        std::fs::write(&file, &text).unwrap();
        // The file has precedence.
        let mut by_file = command();
        by_file.env("SECRET_KEY_BASE", "another, which is not to be used").args(SIGN);
        assert_made_under_secret(&finish(by_file.arg("--secret-file").arg(&file)));
        let ran = feed(&text, command().args(SIGN).args(["--secret-file", "-"]));
        assert_made_under_secret(&ran);
    }
}

#[test]
fn without_a_secret_or_with_a_short_one_nothing_is_done() {
    finish(command().args(SIGN)).says(2, "SECRET_KEY_BASE: not set, and no --secret-file is given");
    let short = "the secret key base has 5 bytes, at least 20 are required";
    let ran = finish(command().env("SECRET_KEY_BASE", "short").args(SIGN));
    ran.says(2, &format!("SECRET_KEY_BASE: {short}"));
    let ran = feed("short", command().args(SIGN).args(["--secret-file", "-"]));
    ran.says(2, &format!("--secret-file: {short}"));
}

#[test]
fn standard_input_is_read_for_one_thing_only() {
    let args = ["verify", "--salt", "s", "-", "--secret-file", "-"];
    feed(SECRET, command().args(args))
        .says(2, "TOKEN: standard input is read for --secret-file already");
}

#[test]
fn standard_input_has_at_most_16_mebibytes() {
    let inspect = |bytes| feed(&"x".repeat(bytes), command().args(["inspect", "-"]));
    inspect(16 << 20).says(1, "neither a token nor a cookie of Plug");
    inspect((16 << 20) + 1).says(2, "TOKEN: more than 16 MiB");
}

#[test]
fn a_database_with_a_password_is_not_named_in_an_error() {
    for url in [
        "postgres://user:sesame-open@127.0.0.1:1/db",
        "mysql://user:sesame-open@127.0.0.1:1/db",
        "ecto://user:sesame-open@127.0.0.1:1/db",
        "postgres://user:sesame-open@[::/db",
        "postgres://user:sesame-open@host:port/db",
        "postgres://user:sesame-open@127.0.0.1:1/db?sslmode=sesame-open",
        "user:sesame-open@127.0.0.1/db",
        "sqlite:/sesame/none?mode=sesame-open",
    ] {
        let ran = finish(command().env("DATABASE_URL", url).args(["sessions", "list", "--user=1"]));
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
        assert!(!ran.err.contains("sesame-open"), "{ran:?}");
        let from_file = ["sessions", "list", "--user=1", "--database-url-file", "-"];
        assert_eq!(feed(url, command().args(from_file)).code, Some(2));
    }
}

/// A command line for each subcommand, with what goes to its standard input. `{token}` and
/// `{cookie}` are genuine, `{login}` is a token with that of a session in it, `{session}` is the token of a session.
const LINES: &[(&[&str], &str)] = &[
    (&["sign", "--salt", "s", "--data", "1"], ""),
    (&["sign", "--salt", "s", "--elixir", "%{"], ""),
    (&["encrypt", "--salt", "s", "--data", "1"], ""),
    (&["encrypt", "--salt", "s", "--data", "1", "--key-length", "7"], ""),
    (&["verify", "--salt", "s", "{token}"], ""),
    (&["verify", "--salt", "t", "{token}", "--key-iterations", "0"], ""),
    (&["decrypt", "--salt", "s", "{token}"], ""),
    (&["inspect", "{cookie}"], ""),
    (&["inspect", "{token}"], ""),
    (&["inspect", "{login}"], ""),
    (&["session", "read", "--signing-salt", "s", "{cookie}"], ""),
    (&["session", "read", "--signing-salt", "t", "{cookie}"], ""),
    (&["session", "write", "--signing-salt", "s", "--data", "{}"], ""),
    (&["session", "write", "--signing-salt", "s", "--data", "[]"], ""),
    (&["csrf", "new"], ""),
    (&["csrf", "mask", "--session-token-file", "-"], "{session}"),
    (&["csrf", "mask", "--session-token-file", "-", "--host", "h"], "{session}"),
    (&["csrf", "check", "--session-token-file", "-", "x"], "{session}"),
    (&["csrf", "check", "--session-token-file", "-", "SFMyNTY.a.b"], "{session}x"),
    (&["sessions", "list", "--user", "1"], ""),
    (&["sessions", "revoke", "--user", "1", "1"], ""),
    (&["sessions", "revoke-all", "--user", "1", "--topics"], ""),
    (&["sessions", "delete-expired"], ""),
    (&["sessions", "delete-expired", "--table", "no such table"], ""),
    (&["secret"], ""),
    (&["check", "/none"], ""),
    (&["completions", "bash"], ""),
    (&["man"], ""),
    (&["help"], ""),
    (&["sing"], ""),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_output_holds_a_secret(
        secret in "[A-Za-z0-9+/]{64}",
        password in "[A-Za-z0-9]{20}",
        session in "[A-Za-z0-9_-]{24}",
    ) {
        let with = |command: &mut Command| {
            command.env("SECRET_KEY_BASE", &secret);
            command.env("DATABASE_URL", format!("postgres://user:{password}@127.0.0.1:1/db"));
        };
        let made = |args: &[&str]| {
            let mut command = command();
            with(&mut command);
            finish(command.args(args)).line().to_owned()
        };
        let token = made(&["sign", "--salt", "s", "--data", "1"]);
        let data = format!(r#"{{"user_token": "{password}", "_csrf_token": "{session}"}}"#);
        let login = made(&["sign", "--salt", "s", "--data", &data]);
        let cookie = made(&["session", "write", "--signing-salt", "s", "--data", &data]);
        for (args, stdin) in LINES {
            let fill = |text: &str| {
                let text = text.replace("{token}", &token).replace("{cookie}", &cookie);
                text.replace("{login}", &login).replace("{session}", &session)
            };
            let mut command = command();
            with(&mut command);
            let ran = feed(&fill(stdin), command.args(args.iter().map(|arg| fill(arg))));
            for hidden in [&secret, &password, &session] {
                prop_assert!(!ran.out.contains(hidden.as_str()), "{:?} {:?}", args, ran);
                prop_assert!(!ran.err.contains(hidden.as_str()), "{:?} {:?}", args, ran);
            }
            prop_assert!(!ran.err.contains("panicked"), "{:?} {:?}", args, ran);
        }
    }
}
