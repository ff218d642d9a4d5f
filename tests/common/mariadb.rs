use std::{sync::OnceLock, time::Duration};

use sqlx::{
    ConnectOptions as _,
    mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions},
};

use super::{
    Breakable, Place, given,
    server::{Home, Server, done, find, free_port},
    skip, unique,
};

/// MariaDB: the server that `DATABASE_URL` names (or MySQL), or a private one, with connections in
/// another time zone than UTC.
pub struct MariaDb;

/// A private MariaDB that calls itself MySQL 8.0, so that the store does without `RETURNING`.
pub struct AsMySql;

/// What a power cut would lose is no matter here.
const LAZY: &str = "--innodb-flush-log-at-trx-commit=2";

/// All files are written and read by way of the kernel's page cache, which outlives a server that is killed.
/// Else its log is written past the cache and read, when it starts again, through a mapping of it,
/// and the kernel may write what a killed server had asked for after its successor has written:
/// after some hundreds of kills a transaction was lost, or the data corrupt by InnoDB's own word.
const BY_THE_PAGE_CACHE: [&str; 4] = [
    "--innodb-use-native-aio=0",
    "--loose-innodb-flush-method=fsync",
    "--loose-innodb-log-file-buffering=ON",
    "--loose-innodb-log-file-mmap=OFF",
];

impl Place for MariaDb {
    type DB = sqlx::MySql;
    const NAME: &'static str = "MariaDB";

    async fn fresh() -> Option<MySqlPool> {
        static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
        if let Some(url) = given(&["mysql", "mariadb"]) {
            return Some(database(url.parse().unwrap()).await);
        }
        on_server(SERVER.get_or_init(|| start(&[LAZY]))).await
    }

    async fn again(pool: &MySqlPool, connections: u32) -> MySqlPool {
        connect((*pool.connect_options()).clone(), connections).await
    }

    async fn ends_in_one_statement(pool: &MySqlPool) -> bool {
        Self::number(pool, "SELECT VERSION() LIKE '%MariaDB%'").await == 1
    }

    crate::helpers!();
}

impl Breakable for MariaDb {
    const FULL: &'static str = "is full";
    const FAILED: &'static [&'static str] =
        &["InnoDB: fdatasync() returned 5", "operating system error 5"];

    fn home(disk: Option<u32>) -> Result<Home, String> {
        match disk {
            Some(size) => Home::on_small_disk("mariadb", "mysql", size),
            None => Home::new("mariadb", "mysql"),
        }
    }

    fn start_in(home: Home) -> Result<Server, String> {
        // What the kernel writes for a process that was killed it may write after its successor has.
        initialized(home, &["--innodb-use-native-aio=0"])
    }

    fn start_to_be_killed(home: Home) -> Result<Server, String> {
        initialized(home, &BY_THE_PAGE_CACHE)
    }

    async fn pool(port: u16, wait: Duration) -> MySqlPool {
        let pool = MySqlPoolOptions::new().max_connections(6).acquire_timeout(wait);
        pool.connect_with(options(port).database("own")).await.unwrap()
    }
}

impl Place for AsMySql {
    type DB = sqlx::MySql;
    const NAME: &'static str = "MariaDB as MySQL";

    async fn fresh() -> Option<MySqlPool> {
        static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
        on_server(SERVER.get_or_init(|| start(&[LAZY, "--version=8.0.36-log"]))).await
    }

    async fn again(pool: &MySqlPool, connections: u32) -> MySqlPool {
        MariaDb::again(pool, connections).await
    }

    async fn ends_in_one_statement(pool: &MySqlPool) -> bool {
        Self::number(pool, "SELECT VERSION() LIKE '%MariaDB%'").await == 1
    }

    crate::helpers!();
}

async fn on_server(server: &Result<Server, String>) -> Option<MySqlPool> {
    match server {
        Ok(server) => Some(database(options(server.port)).await),
        Err(why) => {
            skip(why);
            None
        }
    }
}

fn options(port: u16) -> MySqlConnectOptions {
    MySqlConnectOptions::new().host("127.0.0.1").port(port).username("test")
}

/// A database of its own on that server.
async fn database(options: MySqlConnectOptions) -> MySqlPool {
    let name = unique();
    let admin = MySqlPoolOptions::new().max_connections(1);
    let admin = admin.connect_with(options.clone()).await.unwrap();
    MariaDb::run(&admin, &format!("CREATE DATABASE {name}")).await;
    connect(options.database(&name), 16).await
}

async fn connect(options: MySqlConnectOptions, connections: u32) -> MySqlPool {
    let options = options.timezone(Some(String::from("-03:30"))).disable_statement_logging();
    MySqlPoolOptions::new().max_connections(connections).connect_with(options).await.unwrap()
}

/// A private server, with these settings on top.
pub fn start(settings: &'static [&'static str]) -> Result<Server, String> {
    initialized(MariaDb::home(None)?, settings)
}

fn initialized(home: Home, settings: &'static [&'static str]) -> Result<Server, String> {
    let mariadbd = find("mariadbd", &["/usr/sbin".into()])?;
    let data = format!("--datadir={}", home.data().display());
    // No larger than a test needs, and what is temporary apart from other servers'.
    let size = "--innodb-log-file-size=8M";
    let temporary = format!("--tmpdir={}", home.folder.display());
    let mut install = home.command(&find("mariadb-install-db", &[])?);
    install.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"]);
    done(install.args([&data, &temporary, size]))?;
    // One statement on each line.
    let init = home.folder.join("init.sql");
    let grant = "CREATE USER IF NOT EXISTS test@'%';\nGRANT ALL ON *.* TO test@'%';\n\
                 CREATE DATABASE IF NOT EXISTS own;\n";
    std::fs::write(&init, grant).map_err(|error| error.to_string())?;
    let port = free_port();
    Server::start(home, port, move |home| {
        let mut command = home.command(&mariadbd);
        command
            .args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve"])
            .args(["--max-connections=200", size, &data, &temporary])
            .arg(format!("--socket={}", home.folder.join("socket").display()))
            .arg(format!("--port={port}"))
            .arg(format!("--init-file={}", init.display()))
            .args(settings);
        command
    })
}
