use std::{process::Stdio, sync::OnceLock};

use sqlx::{
    ConnectOptions as _,
    mysql::{MySqlConnectOptions, MySqlPool, MySqlPoolOptions},
};

use super::{
    Place, folder,
    server::{Server, as_user, find, for_ever, free_port, give},
    skip, unique,
};

/// MariaDB, with connections in another time zone than UTC.
pub struct MariaDb;

/// MariaDB that calls itself MySQL 8.0, so that the store does without `RETURNING`.
pub struct AsMySql;

/// What a power cut would lose is no matter here.
const LAZY: &str = "--innodb-flush-log-at-trx-commit=2";

impl Place for MariaDb {
    type DB = sqlx::MySql;
    const NAME: &'static str = "MariaDB";

    async fn fresh() -> Option<MySqlPool> {
        static PORT: OnceLock<Result<u16, String>> = OnceLock::new();
        on_server(&PORT, &[LAZY]).await
    }

    async fn again(pool: &MySqlPool, connections: u32) -> MySqlPool {
        connect((*pool.connect_options()).clone(), connections).await
    }

    crate::helpers!();
}

impl Place for AsMySql {
    type DB = sqlx::MySql;
    const NAME: &'static str = "MariaDB as MySQL";

    async fn fresh() -> Option<MySqlPool> {
        static PORT: OnceLock<Result<u16, String>> = OnceLock::new();
        on_server(&PORT, &[LAZY, "--version=8.0.36-log"]).await
    }

    async fn again(pool: &MySqlPool, connections: u32) -> MySqlPool {
        MariaDb::again(pool, connections).await
    }

    crate::helpers!();
}

async fn on_server(
    port: &OnceLock<Result<u16, String>>,
    settings: &'static [&'static str],
) -> Option<MySqlPool> {
    let start = || for_ever(|| start(settings));
    match port.get_or_init(start) {
        Ok(port) => {
            let options = MySqlConnectOptions::new().host("127.0.0.1").port(*port).username("test");
            let name = unique();
            let admin = MySqlPoolOptions::new().max_connections(1);
            let admin = admin.connect_with(options.clone()).await.unwrap();
            MariaDb::run(&admin, &format!("CREATE DATABASE {name}")).await;
            Some(connect(options.database(&name), 16).await)
        }
        Err(why) => {
            skip(why);
            None
        }
    }
}

async fn connect(options: MySqlConnectOptions, connections: u32) -> MySqlPool {
    let options = options.timezone(Some(String::from("-03:30"))).disable_statement_logging();
    MySqlPoolOptions::new().max_connections(connections).connect_with(options).await.unwrap()
}

/// A private server, with these settings on top.
pub fn start(settings: &'static [&'static str]) -> Result<Server, String> {
    let sbin = ["/usr/sbin".into()];
    let mariadbd = find("mariadbd", &sbin).ok_or("there is no MariaDB on this machine")?;
    let install = find("mariadb-install-db", &[]).ok_or("there is no mariadb-install-db")?;
    let folder = folder("mariadb");
    let data = folder.join("data");
    give(&folder, "mysql")?;
    let made = as_user("mysql", &install)
        .args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"])
        .arg(format!("--datadir={}", data.display()))
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("mariadb-install-db: {error}"))?;
    if !made.status.success() {
        return Err(format!("mariadb-install-db: {}", String::from_utf8_lossy(&made.stdout)));
    }
    let init = folder.join("init.sql");
    // One statement on each line.
    let grant = "CREATE USER IF NOT EXISTS test@'%';\nGRANT ALL ON *.* TO test@'%';\n";
    std::fs::write(&init, grant).map_err(|error| error.to_string())?;
    let port = free_port();
    let socket = folder.join("socket");
    Server::start(folder, port, move || {
        let mut command = as_user("mysql", &mariadbd);
        command
            .args(["--no-defaults", "--bind-address=127.0.0.1", "--skip-name-resolve"])
            .args(["--max-connections=200"])
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--socket={}", socket.display()))
            .arg(format!("--port={port}"))
            .arg(format!("--init-file={}", init.display()))
            .args(settings);
        command
    })
}
