//! A process that works on a SQLite file and is killed, or whose disk fails or is full: what was
//! ended stays ended, and what was acknowledged is not lost.
//!
//! `PHOENIX_TOKEN_KILLS` sets how often the process is killed, 120 times without it.
#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test may panic and print"
)]

#[path = "common/databases.rs"]
mod databases;
#[path = "common/load.rs"]
#[allow(dead_code, unreachable_pub, reason = "a helper of tests")]
mod load;

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    time::Duration,
};

use databases::{Place as _, server::failing_disk, sqlite::SqliteFile};
use load::{Book, Known};
use phoenix_token::store::{NewSession, SessionToken, Settings, Store, StoreError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};

const FILE: &str = "PHOENIX_TOKEN_KILLED_FILE";

fn kills() -> u64 {
    std::env::var("PHOENIX_TOKEN_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(120)
}

async fn open(file: &str) -> SqlitePool {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    SqlitePoolOptions::new().max_connections(4).connect_with(options).await.unwrap()
}

/// The process that is killed: this very test, started by the others with a file to work on. It says
/// what was acknowledged, and what failed, line by line.
#[tokio::test(flavor = "multi_thread")]
async fn works_until_it_is_killed() {
    let Ok(file) = std::env::var(FILE) else { return };
    let pool = open(&file).await;
    let store = Store::open(&pool, Settings::new()).await.unwrap();
    let tell = |what: &str, token: &SessionToken| println!("\n{what} {}", token.to_base64url());
    let failed = |error: StoreError| println!("\nfailed {error}: {error:?}");
    loop {
        let made = store.create(&pool, 1, &NewSession::new()).await;
        let Some(made) = made.map_err(failed).ok() else { continue };
        tell("live", &made.token);
        if made.token.secret_bytes()[0] % 2 == 0 {
            tell("unknown", &made.token);
            let ended = store.end(&pool, made.token.secret_bytes()).await;
            if ended.map_err(failed).is_ok() {
                tell("ended", &made.token);
            }
        }
    }
}

/// Processes on one file, one after the other, each killed after its time; what they said.
struct Processes {
    pool: SqlitePool,
    store: Store<sqlx::Sqlite>,
    file: String,
    book: Book,
    failures: Vec<String>,
}

impl Processes {
    async fn new() -> Self {
        let file = databases::folder("sqlite").join("killed.db").into_os_string();
        let file = file.into_string().unwrap();
        let pool = open(&file).await;
        Store::create_table(&pool, &Settings::new()).await.unwrap();
        let store = Store::open(&pool, Settings::new()).await.unwrap();
        Self { pool, store, file, book: Book::default(), failures: Vec::new() }
    }

    fn run(&mut self, environment: &[(&str, String)], time: Duration) {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "works_until_it_is_killed", "--nocapture"])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env(FILE, &self.file)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(time);
            child.kill().unwrap();
            child.wait().unwrap();
        });
        for line in lines.map_while(Result::ok) {
            let Some((what, rest)) = line.split_once(' ') else { continue };
            let known = match what {
                "live" => Known::Live,
                "unknown" => Known::Unknown,
                "ended" => Known::Ended,
                "failed" => {
                    self.failures.push(rest.to_owned());
                    continue;
                }
                _ => continue,
            };
            // The last line may be half one.
            if let Some(token) = SessionToken::from_base64url(rest) {
                self.book.note(&token, known);
            }
        }
        killer.join().unwrap();
    }
}

#[tokio::test]
async fn a_process_killed_in_mid_load_loses_nothing_that_was_acknowledged() {
    let mut processes = Processes::new().await;
    for round in 0..kills() {
        processes.run(&[], Duration::from_millis(150 + round % 7 * 20));
    }
    let name = format!("SQLite, {} processes killed", kills());
    processes.book.check(&processes.store, &processes.pool, &name).await;
}

#[tokio::test]
async fn a_disk_that_fails_is_an_error_and_nothing_is_lost() {
    let faults = match failing_disk() {
        Ok(faults) => faults,
        Err(why) => return databases::skip(&why),
    };
    let mut processes = Processes::new().await;
    for _ in 0..20 {
        processes.run(&faults, Duration::from_millis(400));
    }
    println!("{} operations failed", processes.failures.len());
    // SQLITE_IOERR_FSYNC.
    let failed = |line: &String| line.starts_with("the database refused") && line.contains("1034");
    assert!(processes.failures.iter().any(failed), "{:?}", processes.failures);
    processes.book.check(&processes.store, &processes.pool, "SQLite, EIO").await;
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_sessions_can_still_be_ended() {
    let pool = SqliteFile::fresh().await.unwrap();
    let small = SqliteFile::again(&pool, 1).await;
    Store::create_table(&small, &Settings::new()).await.unwrap();
    let store = Store::open(&small, Settings::new()).await.unwrap();
    SqliteFile::run(&small, "PRAGMA max_page_count = 20").await;
    let mut made = Vec::new();
    let error = loop {
        match store.create(&small, 1, &NewSession::new()).await {
            Ok(session) => made.push(session.token),
            Err(error) => break error,
        }
    };
    let StoreError::Database(cause) = error else { panic!("{error:?}") };
    assert_eq!(cause.as_database_error().unwrap().code().as_deref(), Some("13"), "full");
    for token in &made {
        assert!(store.lookup(&small, token.secret_bytes()).await.unwrap().is_some());
        assert!(store.end(&small, token.secret_bytes()).await.unwrap().is_some());
        assert!(store.lookup(&small, token.secret_bytes()).await.unwrap().is_none());
    }
}
