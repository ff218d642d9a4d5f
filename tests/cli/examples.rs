//! The examples of all help texts, run as they stand there.

use std::{collections::BTreeSet, process::Command};

use phoenix_token::store::{NewSession, Settings, Store};

use super::{command, finish, folder, vectors};

/// The help of each command, and of each group of commands, by its words.
fn helps() -> Vec<(Vec<String>, String)> {
    let (mut open, mut helps) = (vec![Vec::new()], Vec::new());
    while let Some(words) = open.pop() {
        let ran = finish(command().args(&words).arg("--help"));
        let commands = ran.out.split("Commands:\n").nth(1).unwrap_or_default();
        let commands = commands.lines().take_while(|line| line.starts_with("  "));
        let commands: Vec<_> =
            commands.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect();
        for command in commands.iter().filter(|command| *command != "help") {
            open.push([words.clone(), vec![command.clone()]].concat());
        }
        helps.push((words, ran.out));
    }
    helps
}

/// `$ ` and a command, each with what it writes below it.
fn example(help: &str) -> Vec<(&str, String)> {
    let mut lines: Vec<(&str, String)> = Vec::new();
    for line in help.split("Example:\n").nth(1).unwrap_or_default().lines() {
        let line = line.strip_prefix("  ").unwrap();
        match (line.strip_prefix("$ "), lines.last_mut()) {
            (Some(command), _) => lines.push((command, String::new())),
            (None, Some((_, out))) => *out += &format!("{line}\n"),
            (None, None) => panic!("{help}"),
        }
    }
    lines
}

#[tokio::test]
async fn every_example_works_as_it_is_printed() {
    let helps = helps();
    let all: BTreeSet<_> = helps.iter().map(|(words, _)| words.join(" ")).collect();
    let some = ["", "secret", "session", "csrf", "sessions", "sessions delete-expired"];
    assert!(all.len() >= 22 && some.iter().all(|words| all.contains(*words)), "{all:?}");
    for (words, help) in helps {
        let example = example(&help);
        let run = format!("phoenix-token {}", words.join(" "));
        let is_shown = example.iter().any(|(command, _)| command.contains(run.trim()));
        assert!(is_shown, "{words:?} has no example");

        let place = folder();
        prepare(&place).await;
        let script: String =
            example.iter().map(|(command, _)| format!("{command}\nprintf '\\036'\n")).collect();
        let bin = std::path::Path::new(env!("CARGO_BIN_EXE_phoenix-token")).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-euc", &script]).current_dir(&place).env_clear();
        let ran = finish(shell.env("PATH", path).env("HOME", &place));
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{words:?} {ran:?}");
        for ((command, expected), out) in example.iter().zip(ran.out.split('\u{1e}')) {
            assert!(expected.is_empty() || expected == out, "{command}\n{out}");
        }
    }
}

/// What the examples speak of: a database with a session of user 42, and a backend's answers.
async fn prepare(place: &std::path::Path) {
    let url = format!("sqlite:{}?mode=rwc", place.join("my_app.db").display());
    let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
    Store::create_table(&pool, &Settings::new()).await.unwrap();
    let store = Store::open(&pool, Settings::new()).await.unwrap();
    store.create(&pool, 42, &NewSession::new()).await.unwrap();
    pool.close().await;
    std::fs::create_dir(place.join("answers")).unwrap();
    for name in ["key_derivation.json", "csrf.json"] {
        std::fs::copy(vectors().join(name), place.join("answers").join(name)).unwrap();
    }
}
