//! The databases that the tests of the store run on: SQLite on a file and in memory, and private
//! servers of PostgreSQL and MariaDB, each started once for a test binary.
//!
//! `DATABASE_URL=postgres://…` or `mysql://…` names a server to take in place of the private one.
//! Each test makes a database `pt_…` there and leaves it behind. What breaks its server takes a
//! private one all the same.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_errors_doc,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic and print"
)]

#[cfg(feature = "mysql")]
pub mod mariadb;
#[cfg(feature = "postgres")]
pub mod postgres;
pub mod server;

use std::{
    future::Future,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use phoenix_token::{
    Timestamp,
    store::{Backend, Settings, Store},
};
use server::{Home, Server};
use sqlx::{Database, Pool};

/// Where a test runs.
pub trait Place: Send + Sync + 'static {
    type DB: Backend;
    const NAME: &'static str;

    /// A pool on a database of its own, or nothing where there is no server, having said so.
    fn fresh() -> impl Future<Output = Option<Pool<Self::DB>>> + Send;

    /// A pool of `connections` on the database of this one.
    fn again(
        pool: &Pool<Self::DB>,
        connections: u32,
    ) -> impl Future<Output = Pool<Self::DB>> + Send;

    fn try_run(
        pool: &Pool<Self::DB>,
        sql: &str,
    ) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    fn run(pool: &Pool<Self::DB>, sql: &str) -> impl Future<Output = ()> + Send;

    fn number(pool: &Pool<Self::DB>, sql: &str) -> impl Future<Output = i64> + Send;

    fn texts(pool: &Pool<Self::DB>, sql: &str) -> impl Future<Output = Vec<String>> + Send;

    fn run_in(
        connection: &mut <Self::DB as Database>::Connection,
        sql: &str,
    ) -> impl Future<Output = ()> + Send;

    /// Whether an ending is one statement: MySQL, not MariaDB, has no `DELETE … RETURNING`.
    fn ends_in_one_statement(pool: &Pool<Self::DB>) -> impl Future<Output = bool> + Send {
        let _ = pool;
        async { true }
    }
}

/// A table and a store on a database of its own, or nothing where there is no server.
pub async fn made<P: Place>(settings: Settings) -> Option<(Pool<P::DB>, Store<P::DB>)> {
    let pool = P::fresh().await?;
    Store::create_table(&pool, &settings).await.unwrap();
    let store = Store::open(&pool, settings).await.unwrap();
    Some((pool, store))
}

/// A place that can have a server to itself, for a test that breaks it.
pub trait Breakable: Place {
    /// What the database says of a disk without room.
    const FULL: &'static str;
    /// What its log says of a disk that fails, by what it was doing.
    const FAILED: &'static [&'static str];

    /// A folder for the server, on a disk of so many MiB if that is to be filled.
    fn home(disk: Option<u32>) -> Result<Home, String>;

    /// A server there that loses nothing in a crash.
    fn start_in(home: Home) -> Result<Server, String>;

    /// One that is to be killed again and again.
    fn start_to_be_killed(home: Home) -> Result<Server, String> {
        Self::start_in(home)
    }

    /// A pool on this port of this machine, that waits so long for a connection.
    fn pool(port: u16, wait: Duration) -> impl Future<Output = Pool<Self::DB>> + Send;
}

/// `DATABASE_URL`, if it has one of these schemes.
pub fn given(schemes: &[&str]) -> Option<String> {
    let url = std::env::var("DATABASE_URL").ok()?;
    schemes.contains(&url.split_once("://")?.0).then_some(url)
}

static SERIAL: AtomicU32 = AtomicU32::new(0);

/// A name that no other test has.
pub fn unique() -> String {
    format!("pt_{}_{}", std::process::id(), SERIAL.fetch_add(1, Ordering::SeqCst))
}

/// A folder of this process, with those of processes that are gone taken away.
pub fn folder(kind: &str) -> PathBuf {
    let all = std::env::temp_dir();
    let prefix = format!("phoenix-token-{kind}-");
    for entry in std::fs::read_dir(&all).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap_or_default();
        let pid =
            name.strip_prefix(&prefix).and_then(|it| it.split('-').next()?.parse::<u32>().ok());
        if pid.is_some_and(|pid| !PathBuf::from(format!("/proc/{pid}")).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let serial = SERIAL.fetch_add(1, Ordering::SeqCst);
    let own = all.join(format!("{prefix}{}-{serial}", std::process::id()));
    std::fs::create_dir_all(&own).unwrap();
    own
}

/// Says that a test was skipped; fails where the environment demands that none is.
pub fn skip(why: &str) {
    let required = std::env::var("PHOENIX_TOKEN_REQUIRE_SERVERS").is_ok_and(|it| it == "1");
    assert!(!required, "PHOENIX_TOKEN_REQUIRE_SERVERS is set, but {why}");
    println!("skipped: {why}");
}

/// A clock that the test sets.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(1_767_323_045_000)))
    }

    pub fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub fn go_back(&self, by: Duration) {
        self.0.fetch_sub(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub fn on(&self, settings: Settings) -> Settings {
        let clock = self.clone();
        settings.clock(move || clock.now())
    }
}

/// The helpers of a place, which are the same for every driver but for its name.
#[macro_export]
macro_rules! helpers {
    () => {
        async fn try_run(pool: &sqlx::Pool<Self::DB>, sql: &str) -> Result<(), sqlx::Error> {
            sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(pool).await.map(drop)
        }

        async fn run(pool: &sqlx::Pool<Self::DB>, sql: &str) {
            Self::try_run(pool, sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
        }

        async fn run_in(connection: &mut <Self::DB as sqlx::Database>::Connection, sql: &str) {
            let done = sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(connection);
            done.await.unwrap_or_else(|error| panic!("{error}: {sql}"));
        }

        async fn number(pool: &sqlx::Pool<Self::DB>, sql: &str) -> i64 {
            let sql = sqlx::AssertSqlSafe(sql.to_owned());
            sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
        }

        async fn texts(pool: &sqlx::Pool<Self::DB>, sql: &str) -> Vec<String> {
            use sqlx::Row as _;
            let sql = sqlx::AssertSqlSafe(sql.to_owned());
            let rows = sqlx::query(sql).fetch_all(pool).await.unwrap();
            rows.iter()
                .map(|row| row.get_unchecked::<Option<String>, _>(row.len() - 1))
                .map(Option::unwrap_or_default)
                .collect()
        }
    };
}

#[cfg(feature = "sqlite")]
pub mod sqlite {
    use std::time::Duration;

    use sqlx::sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    };

    use super::{Place, folder};

    /// A file, in WAL mode.
    pub struct SqliteFile;
    /// One connection, in memory.
    pub struct SqliteMemory;

    impl Place for SqliteFile {
        type DB = sqlx::Sqlite;
        const NAME: &'static str = "SQLite, file";

        async fn fresh() -> Option<SqlitePool> {
            let file = folder("sqlite").join("app.db");
            let options = SqliteConnectOptions::new()
                .filename(file)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(Duration::from_secs(30));
            Some(SqlitePoolOptions::new().max_connections(8).connect_with(options).await.unwrap())
        }

        async fn again(pool: &SqlitePool, connections: u32) -> SqlitePool {
            let options = (*pool.connect_options()).clone();
            SqlitePoolOptions::new()
                .max_connections(connections)
                .connect_with(options)
                .await
                .unwrap()
        }

        helpers!();
    }

    impl Place for SqliteMemory {
        type DB = sqlx::Sqlite;
        const NAME: &'static str = "SQLite, memory";

        async fn fresh() -> Option<SqlitePool> {
            // The last connection that is closed takes the database along, so one has to last. A pool
            // closes also one whose test is dropped with what waits for it.
            let options = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
            let options = options.idle_timeout(None).max_lifetime(None);
            Some(options.connect("sqlite::memory:").await.unwrap())
        }

        async fn again(pool: &SqlitePool, _: u32) -> SqlitePool {
            pool.clone()
        }

        helpers!();
    }
}

/// Runs each test on each database that the features name.
#[macro_export]
macro_rules! on_every_database {
    ($($test:ident)*) => {
        $crate::on_place! { "sqlite" sqlite_file: sqlite::SqliteFile, $($test)* }
        $crate::on_place! { "sqlite" sqlite_memory: sqlite::SqliteMemory, $($test)* }
        $crate::on_place! { "mysql" mysql: mariadb::AsMySql, $($test)* }
        $crate::on_every_server! { $($test)* }
    };
}

/// Runs each test on PostgreSQL and MariaDB.
#[macro_export]
macro_rules! on_every_server {
    ($($test:ident)*) => {
        $crate::on_place! { "postgres" postgres: postgres::Postgres, $($test)* }
        $crate::on_place! { "mysql" mariadb: mariadb::MariaDb, $($test)* }
    };
}

#[macro_export]
macro_rules! on_place {
    ($feature:literal $module:ident: $kind:ident::$place:ident, $($test:ident)*) => {
        #[cfg(feature = $feature)]
        mod $module {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<$crate::databases::$kind::$place>().await;
            })*
        }
    };
}
