//! The clock of this machine jumps an hour back and forth (libfaketime): nothing that has ended or
//! expired becomes valid, by the database's clock or by this process's.

use std::{path::PathBuf, process::Command, time::Duration};

use phoenix_token::{
    Timestamp,
    store::{NewSession, Settings, Store},
};

use crate::databases::{self, Place, server::find};

/// The file that says by how much the clock is off, for a process in which it is.
const FILE: &str = "FAKETIME_TIMESTAMP_FILE";
const HOUR: Duration = Duration::from_secs(3600);

/// Runs the tests below in a process whose clock can be set. Its servers' clocks stay as they are.
#[test]
fn a_clock_that_jumps_lets_nothing_in_that_has_ended_or_expired() {
    if std::env::var_os(FILE).is_some() {
        return;
    }
    let mut places: Vec<PathBuf> =
        ["x86_64", "aarch64"].map(|it| format!("/usr/lib/{it}-linux-gnu/faketime").into()).into();
    places.push("/usr/lib64/faketime".into());
    let library = match find("libfaketimeMT.so.1", &places) {
        Ok(library) => library,
        Err(why) => return databases::skip(&why),
    };
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["clock::", "--test-threads=1", "--nocapture"])
        .env("LD_PRELOAD", library)
        .env(FILE, databases::folder("clock").join("offset"))
        .envs([("FAKETIME_NO_CACHE", "1"), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")])
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("::jumps ... "), "{said}");
}

/// Sets the clock to so many hours from the true time.
fn jump_to(hours: i64) {
    let before = Timestamp::now();
    std::fs::write(std::env::var_os(FILE).unwrap(), format!("{hours:+}h\n")).unwrap();
    let moved = Timestamp::now().as_millis() - before.as_millis();
    assert!(moved.abs() > 3_000_000, "the clock did not jump: {moved} ms");
}

async fn jumps<P: Place>() {
    let Some(file) = std::env::var_os(FILE) else { return };
    std::fs::write(file, "+0h\n").unwrap();
    let Some(pool) = P::fresh().await else { return };
    for is_given in [false, true] {
        let settings = Settings::new().validity(HOUR / 2);
        let settings = if is_given { settings.clock(Timestamp::now) } else { settings };
        let by_this_process = is_given || P::NAME.starts_with("SQLite");
        Store::create_table(&pool, &settings).await.unwrap();
        let store = Store::open(&pool, settings).await.unwrap();
        let create = async || store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
        let [ended, kept] = [create().await, create().await];
        store.end(&pool, ended.secret_bytes()).await.unwrap().unwrap();

        jump_to(1);
        let accepted = async |token: &phoenix_token::store::SessionToken| {
            store.lookup(&pool, token.secret_bytes()).await.unwrap().is_some()
        };
        assert_eq!(accepted(&kept).await, !by_this_process, "{}", P::NAME);
        let later = create().await;
        for hours in [-1, 1, 0, -1, 0] {
            jump_to(hours);
            assert!(!accepted(&ended).await, "{}", P::NAME);
            assert!(!store.touch(&pool, ended.secret_bytes()).await.unwrap());
            assert!(store.reissue(&pool, ended.secret_bytes()).await.unwrap().is_none());
            // By this process's clock it expired while that was an hour ahead.
            assert_eq!(accepted(&kept).await, !by_this_process, "{}", P::NAME);
            let reissued = store.reissue(&pool, kept.secret_bytes()).await.unwrap();
            assert_eq!(reissued.is_some(), !by_this_process, "{}", P::NAME);
            assert!(accepted(&later).await, "{}", P::NAME);
        }
    }
}

on_every_database! { jumps }
