//! Exit codes and sentences, and an output that nobody reads.

use std::process::Stdio;

use super::{command, finish, run};

#[test]
fn an_argument_at_fault_is_named() {
    for (args, named) in [
        (&["sign", "--data", "1"][..], "--salt"),
        (&["sign", "--salt", "s"], "--data"),
        (&["sign", "--salt", "s", "--data", "1", "--elixir", "1"], "--elixir"),
        (&["sign", "--salt", "s", "--data", "1", "--max-age", "soon"], "--max-age"),
        (&["sign", "--salt", "s", "--data", "1", "--signed-at", "NaN"], "--signed-at"),
        (&["sign", "--salt", "s", "--data", "1", "--key-iterations", "0"], "--key-iterations"),
        (&["encrypt", "--salt", "s", "--data", "1", "--key-length", "16"], "--key-length"),
        (&["verify", "--salt", "s"], "TOKEN"),
        (&["verify", "--salt", "s", "x", "--key-digest", "md5"], "--key-digest"),
        (&["verify", "--salt", "s", "x", "--secret-file", "/none"], "--secret-file"),
        (&["secret", "31"], "[LENGTH]"),
        (&["sessions", "list", "--user", "x"], "--user"),
        (&["sessions", "list", "--user", "1"], "DATABASE_URL"),
        (&["sessions", "delete-expired", "--batch", "0"], "--batch"),
        (&["sessions", "revoke-all", "--user", "1", "--live-socket-prefix", "x"], "--topics"),
        (&["completions", "tcsh"], "SHELL"),
        (&["man", "--dir", "/none/such"], "--dir"),
        (
            &["session", "write", "--signing-salt", "s", "--data", "{}", "--a128gcm"],
            "--encryption-salt",
        ),
        (&["sing"], "sing"),
        (&[], "Usage"),
    ] {
        let ran = run(args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{args:?} {ran:?}");
        assert!(ran.err.contains(named), "{args:?} {ran:?}");
        assert!(!ran.err.contains("panicked"), "{ran:?}");
    }
}

#[test]
fn help_and_version_are_answers() {
    for args in
        [&["--help"][..], &["--version"], &["sign", "--help"], &["help", "sessions", "list"]]
    {
        let ran = finish(command().args(args));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{args:?}");
        assert!(!ran.out.is_empty());
    }
}

/// Runs it with a standard output that has no reader.
fn unread(args: &[&str]) -> (Option<i32>, String) {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = command();
    command.env("SECRET_KEY_BASE", super::SECRET).args(args).stdout(writer);
    let output = command.stderr(Stdio::piped()).output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn an_output_that_nobody_reads_ends_it_quietly() {
    for args in [
        &["--help"][..],
        &["secret", "65536"],
        &["completions", "zsh"],
        &["man"],
        &["sign", "--salt", "s", "--data", "1"],
        &["check", concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/plug_crypto-2.1.1")],
    ] {
        assert_eq!(unread(args), (Some(0), String::new()), "{args:?}");
    }
}

#[test]
fn a_refusal_stays_one_when_nobody_reads_the_output() {
    let answers = super::folder();
    let text = std::fs::read_to_string(super::vectors().join("message_verifier.json")).unwrap();
    let changed = text.replacen("\"error\"", "{\"ok\": \"00\"}", 1);
    assert_ne!(changed, text);
    std::fs::write(answers.join("message_verifier.json"), changed).unwrap();
    let token = run(&["sign", "--salt", "other", "--data", "1"]);
    let session_token = super::folder().join("session_token");
    std::fs::write(&session_token, "x".repeat(24)).unwrap();
    for (args, sentence) in [
        (&["check", answers.to_str().unwrap()][..], "the backend and this program do not agree"),
        (&["verify", "--salt", "s", token.line()], "the token is invalid"),
        (&["decrypt", "--salt", "s", token.line()], "the token is invalid"),
        (&["inspect", "x"], "neither a token nor a cookie of Plug"),
        (&["session", "read", "--signing-salt", "s", "x"], "the session cookie is invalid"),
        (
            &["csrf", "check", "--session-token-file", session_token.to_str().unwrap(), "x"],
            "the CSRF token is invalid",
        ),
    ] {
        assert_eq!(unread(args), (Some(1), format!("phoenix-token: {sentence}\n")), "{args:?}");
    }
}

#[test]
fn an_output_that_is_full_is_told() {
    let Ok(full) = std::fs::File::options().write(true).open("/dev/full") else { return };
    let output = command().arg("secret").stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("standard output: "));
}

#[test]
fn a_secret_key_base_is_base64_of_the_length_given() {
    for (args, length) in [(&["secret"][..], 64), (&["secret", "32"], 32), (&["secret", "77"], 77)]
    {
        let (one, other) = (run(args), run(args));
        assert_eq!(one.line().len(), length);
        assert!(one.line().bytes().all(|c| c.is_ascii_alphanumeric() || b"+/".contains(&c)));
        assert_ne!(one.line(), other.line());
    }
}

#[test]
fn completions_and_manual_pages_name_every_command() {
    let commands =
        ["sign", "verify", "encrypt", "decrypt", "inspect", "session", "sessions", "csrf"];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&["completions", shell]).out;
        assert!(commands.iter().all(|command| script.contains(command)), "{shell}");
    }
    let page = run(&["man"]).out;
    assert!(page.starts_with(".ie") && commands.iter().all(|it| page.contains(it)), "{page}");
    let folder = super::folder();
    assert_eq!(run(&["man", "--dir", folder.to_str().unwrap()]).code, Some(0));
    for name in ["phoenix-token", "phoenix-token-sign", "phoenix-token-sessions-list"] {
        let page = std::fs::read_to_string(folder.join(format!("{name}.1"))).unwrap();
        assert!(page.contains(".SH EXAMPLE\n.nf\n  $ "), "{page}");
    }
}
