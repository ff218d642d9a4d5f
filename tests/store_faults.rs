//! Servers killed, backends terminated, connections lost or silent, no room left: each operation
//! ends in its time, what was ended stays ended, and what was acknowledged is not lost.
//!
//! `PHOENIX_TOKEN_KILLS` sets how often servers and processes are killed, 5 times without it.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, unused_imports, reason = "one database alone needs a part of it")
)]
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
#[cfg(any(feature = "postgres", feature = "mysql"))]
#[path = "common/proxy.rs"]
#[allow(unreachable_pub, clippy::unwrap_used, reason = "a helper of tests")]
mod proxy;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use databases::Place as _;
use phoenix_token::store::{Backend, NewSession, SessionToken, Settings, Store, StoreError};
use sqlx::Pool;

/// What the pools of these tests wait for a connection.
const WAIT: Duration = Duration::from_secs(2);
/// The store's own second, and one more for a machine that is busy.
const GRACE: Duration = Duration::from_secs(2);

fn kills() -> u32 {
    std::env::var("PHOENIX_TOKEN_KILLS").ok().and_then(|it| it.parse().ok()).unwrap_or(5)
}

/// What is known of a token.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Known {
    Live,
    /// The log-out was asked for and not acknowledged.
    Unknown,
    Ended,
}

/// Sessions that are made, looked up and ended, and what was acknowledged of them.
struct Load<DB: Backend> {
    pool: Pool<DB>,
    store: Store<DB>,
    book: Mutex<HashMap<[u8; 32], Known>>,
    longest: Mutex<Duration>,
    failed: Mutex<u32>,
    stopped: AtomicBool,
}

impl<DB: Backend> Load<DB> {
    async fn on(pool: Pool<DB>) -> Arc<Self> {
        Store::create_table(&pool, &Settings::new()).await.unwrap();
        let store = Store::open(&pool, Settings::new()).await.unwrap();
        Arc::new(Self {
            pool,
            store,
            book: Mutex::default(),
            longest: Mutex::default(),
            failed: Mutex::default(),
            stopped: AtomicBool::new(false),
        })
    }

    fn start(self: &Arc<Self>) -> Vec<tokio::task::JoinHandle<()>> {
        (0..12).map(|user| tokio::spawn(self.clone().work(user))).collect()
    }

    async fn stop(&self, tasks: Vec<tokio::task::JoinHandle<()>>) {
        self.stopped.store(true, Ordering::SeqCst);
        for task in tasks {
            task.await.unwrap();
        }
        self.stopped.store(false, Ordering::SeqCst);
    }

    async fn work(self: Arc<Self>, user: i64) {
        while !self.stopped.load(Ordering::SeqCst) {
            let made = self.timed(self.store.create(&self.pool, user, &NewSession::new())).await;
            let Some(made) = made else { continue };
            let bytes = *made.token.secret_bytes();
            self.know(bytes, Known::Live);
            if bytes[0] % 2 == 0 {
                self.know(bytes, Known::Unknown);
                if self.timed(self.store.end(&self.pool, &bytes)).await.is_some() {
                    self.know(bytes, Known::Ended);
                    let found = self.timed(self.store.lookup(&self.pool, &bytes)).await;
                    assert_eq!(found.flatten(), None, "it came back");
                }
            }
        }
    }

    fn know(&self, token: [u8; 32], known: Known) {
        self.book.lock().unwrap().insert(token, known);
    }

    /// The result, if the operation succeeded; it must have ended in time.
    async fn timed<T>(&self, operation: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
        let started = Instant::now();
        let result = operation.await;
        let elapsed = started.elapsed();
        let mut longest = self.longest.lock().unwrap();
        *longest = elapsed.max(*longest);
        if let Err(error) = &result {
            *self.failed.lock().unwrap() += 1;
            assert!(!error.to_string().is_empty());
        }
        result.ok()
    }

    /// Everything acknowledged is so, and every operation ended in time.
    async fn check(&self, name: &str) {
        let started = Instant::now();
        while self.store.count(&self.pool, 0).await.is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "it does not recover");
        }
        let book = self.book.lock().unwrap().clone();
        let mut counts = [0; 3];
        for (token, known) in &book {
            let found = self.store.lookup(&self.pool, token).await.unwrap().is_some();
            match known {
                Known::Live => assert!(found, "an acknowledged session is lost"),
                Known::Ended => assert!(!found, "an ended session came back"),
                Known::Unknown => {}
            }
            counts[*known as usize] += 1;
        }
        let (longest, failed) = (*self.longest.lock().unwrap(), *self.failed.lock().unwrap());
        println!(
            "{name}: {} live, {} unknown, {} ended, {failed} operations failed, the longest took \
             {longest:?}",
            counts[0], counts[1], counts[2]
        );
        assert!(longest < WAIT + GRACE, "{longest:?}");
        assert!(counts[0] > 0 && counts[2] > 0);
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

    use super::{databases::postgres, proxy::Proxy, *};

    async fn pool(port: u16) -> PgPool {
        let options: PgConnectOptions = postgres::url(port).parse().unwrap();
        PgPoolOptions::new()
            .max_connections(6)
            .acquire_timeout(WAIT)
            .connect_with(options)
            .await
            .unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_killed_in_mid_load_loses_nothing_that_was_acknowledged() {
        let mut server = match postgres::start(&[]) {
            Ok(server) => server,
            Err(why) => return databases::skip(&why),
        };
        let load = Load::on(pool(server.port).await).await;
        for _ in 0..kills() {
            let tasks = load.start();
            tokio::time::sleep(Duration::from_millis(400)).await;
            server = tokio::task::spawn_blocking(move || {
                server.kill();
                server.restart().unwrap();
                server
            })
            .await
            .unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
            load.stop(tasks).await;
        }
        load.check("PostgreSQL, SIGKILL").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn terminated_backends_are_errors_and_no_more() {
        let server = match postgres::start(&[]) {
            Ok(server) => server,
            Err(why) => return databases::skip(&why),
        };
        let admin = pool(server.port).await;
        let load = Load::on(pool(server.port).await).await;
        let tasks = load.start();
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                             WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'";
            let _ = sqlx::query(terminate).execute(&admin).await;
        }
        load.stop(tasks).await;
        load.check("PostgreSQL, backends terminated").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn connections_cut_or_silent_are_errors_in_time() {
        let server = match postgres::start(&[]) {
            Ok(server) => server,
            Err(why) => return databases::skip(&why),
        };
        let proxy = Proxy::to(server.port).await;
        holed(Load::on(pool(proxy.port).await).await, proxy, "PostgreSQL, network").await;
    }
}

#[cfg(feature = "mysql")]
mod mariadb {
    use sqlx::mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions};

    use super::{databases::mariadb, proxy::Proxy, *};

    async fn pool(port: u16) -> MySqlPool {
        let options = MySqlConnectOptions::new()
            .host("127.0.0.1")
            .port(port)
            .username("test")
            .database("faults");
        MySqlPoolOptions::new()
            .max_connections(6)
            .acquire_timeout(WAIT)
            .connect_with(options)
            .await
            .unwrap()
    }

    async fn database(port: u16) {
        let options = MySqlConnectOptions::new().host("127.0.0.1").port(port).username("test");
        let admin = MySqlPoolOptions::new().connect_with(options).await.unwrap();
        mariadb::MariaDb::run(&admin, "CREATE DATABASE faults").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_killed_in_mid_load_loses_nothing_that_was_acknowledged() {
        let mut server = match mariadb::start(&[]) {
            Ok(server) => server,
            Err(why) => return databases::skip(&why),
        };
        database(server.port).await;
        let load = Load::on(pool(server.port).await).await;
        for _ in 0..kills().min(10) {
            let tasks = load.start();
            tokio::time::sleep(Duration::from_millis(400)).await;
            server = tokio::task::spawn_blocking(move || {
                server.kill();
                server.restart().unwrap();
                server
            })
            .await
            .unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
            load.stop(tasks).await;
        }
        load.check("MariaDB, SIGKILL").await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn connections_cut_or_silent_are_errors_in_time() {
        let server = match mariadb::start(&[]) {
            Ok(server) => server,
            Err(why) => return databases::skip(&why),
        };
        database(server.port).await;
        let proxy = Proxy::to(server.port).await;
        holed(Load::on(pool(proxy.port).await).await, proxy, "MariaDB, network").await;
    }
}

#[cfg(any(feature = "postgres", feature = "mysql"))]
async fn holed<DB: Backend>(load: Arc<Load<DB>>, proxy: proxy::Proxy, name: &str) {
    let tasks = load.start();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        proxy.cut();
    }
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        proxy.hole();
        tokio::time::sleep(WAIT * 2).await;
        proxy.mend();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    load.stop(tasks).await;
    load.check(name).await;
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::{
        io::{BufRead as _, BufReader},
        process::{Command, Stdio},
    };

    use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};

    use super::{databases::sqlite::SqliteFile, *};

    const FILE: &str = "PHOENIX_TOKEN_KILLED_FILE";

    async fn open(file: &str) -> SqlitePool {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        SqlitePoolOptions::new().max_connections(4).connect_with(options).await.unwrap()
    }

    /// The process that is killed: this very test, started by the other with a file to work on. It
    /// says what was acknowledged, line by line.
    #[tokio::test(flavor = "multi_thread")]
    async fn works_until_it_is_killed() {
        let Ok(file) = std::env::var(FILE) else { return };
        let pool = open(&file).await;
        let store = Store::open(&pool, Settings::new()).await.unwrap();
        let tell = |what: &str, token: &SessionToken| println!("\n{what} {}", token.to_base64url());
        loop {
            let Ok(made) = store.create(&pool, 1, &NewSession::new()).await else { continue };
            tell("live", &made.token);
            if made.token.secret_bytes()[0] % 2 == 0 {
                tell("unknown", &made.token);
                if store.end(&pool, made.token.secret_bytes()).await.is_ok() {
                    tell("ended", &made.token);
                }
            }
        }
    }

    #[tokio::test]
    async fn a_process_killed_in_mid_load_loses_nothing_that_was_acknowledged() {
        let file = databases::folder("sqlite").join("killed.db").into_os_string();
        let file = file.into_string().unwrap();
        let pool = open(&file).await;
        Store::create_table(&pool, &Settings::new()).await.unwrap();
        let store = Store::open(&pool, Settings::new()).await.unwrap();
        let mut book: HashMap<String, Known> = HashMap::new();
        for round in 0..kills() {
            let mut child = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "sqlite::works_until_it_is_killed", "--nocapture"])
                .env(FILE, &file)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let lines = BufReader::new(child.stdout.take().unwrap()).lines();
            let killer = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(150 + u64::from(round) % 7 * 20));
                child.kill().unwrap();
                child.wait().unwrap();
            });
            for line in lines.map_while(Result::ok) {
                let Some((what, token)) = line.split_once(' ') else { continue };
                let known = match what {
                    "live" => Known::Live,
                    "unknown" => Known::Unknown,
                    "ended" => Known::Ended,
                    _ => continue,
                };
                if SessionToken::from_base64url(token).is_some() {
                    book.insert(token.to_owned(), known);
                }
            }
            killer.join().unwrap();
        }
        let (mut live, mut ended) = (0, 0);
        for (token, known) in &book {
            let token = SessionToken::from_base64url(token).unwrap();
            let found = store.lookup(&pool, token.secret_bytes()).await.unwrap().is_some();
            match known {
                Known::Live => assert!(found, "an acknowledged session is lost"),
                Known::Ended => assert!(!found, "an ended session came back"),
                Known::Unknown => {}
            }
            live += u32::from(*known == Known::Live);
            ended += u32::from(*known == Known::Ended);
        }
        println!("SQLite, {} processes killed: {live} live, {ended} ended", kills());
        assert!(live > 0 && ended > 0);
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
}
