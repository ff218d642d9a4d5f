use std::{path::PathBuf, sync::OnceLock, time::Duration};

use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};

use super::{
    Breakable, Place, given,
    server::{Home, Server, done, find, free_port},
    skip, unique,
};

/// PostgreSQL: the server that `DATABASE_URL` names, or a private one, with connections in another
/// time zone than UTC.
pub struct Postgres;

impl Place for Postgres {
    type DB = sqlx::Postgres;
    const NAME: &'static str = "PostgreSQL";

    async fn fresh() -> Option<PgPool> {
        static SERVER: OnceLock<Result<Server, String>> = OnceLock::new();
        if let Some(url) = given(&["postgres", "postgresql"]) {
            return Some(database(url.parse().unwrap()).await);
        }
        match SERVER.get_or_init(|| start(&["synchronous_commit=off"])) {
            Ok(server) => Some(database(url(server.port).parse().unwrap()).await),
            Err(why) => {
                skip(why);
                None
            }
        }
    }

    async fn again(pool: &PgPool, connections: u32) -> PgPool {
        connect((*pool.connect_options()).clone(), connections).await
    }

    crate::helpers!();
}

impl Breakable for Postgres {
    const FULL: &'static str = "No space left on device";
    const FAILED: &'static [&'static str] = &["Input/output error"];

    fn home(disk: Option<u32>) -> Result<Home, String> {
        match disk {
            Some(size) => Home::on_small_disk("postgres", "postgres", size),
            None => Home::new("postgres", "postgres"),
        }
    }

    fn start_in(home: Home) -> Result<Server, String> {
        // Small segments of the log, so that a small disk is soon full.
        initialized(home, &["--wal-segsize=1"], &["max_wal_size=8MB", "min_wal_size=2MB"])
    }

    async fn pool(port: u16, wait: Duration) -> PgPool {
        let options: PgConnectOptions = url(port).parse().unwrap();
        let pool = PgPoolOptions::new().max_connections(6).acquire_timeout(wait);
        pool.connect_with(options).await.unwrap()
    }
}

pub fn url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

/// A database of its own on that server.
pub async fn database(options: PgConnectOptions) -> PgPool {
    let name = unique();
    let admin =
        PgPoolOptions::new().max_connections(1).connect_with(options.clone()).await.unwrap();
    Postgres::run(&admin, &format!("CREATE DATABASE {name}")).await;
    connect(options.database(&name), 16).await
}

async fn connect(options: PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .after_connect(|connection, _| {
            let zone = sqlx::raw_sql("SET TIME ZONE 'America/St_Johns'").execute(connection);
            Box::pin(async move { zone.await.map(drop) })
        })
        .connect_with(options.disable_statement_logging())
        .await
        .unwrap()
}

/// A private server, with these settings on top.
pub fn start(settings: &'static [&'static str]) -> Result<Server, String> {
    initialized(Postgres::home(None)?, &[], settings)
}

/// A server that follows this one by streaming replication.
pub fn replica_of(primary: &Server) -> Result<Server, String> {
    let home = Postgres::home(None)?;
    let mut copy = home.command(&program("pg_basebackup")?);
    copy.args(["--host=127.0.0.1", "--username=postgres", "--write-recovery-conf"]);
    copy.args(["--checkpoint=fast", "--no-sync", "--wal-method=stream"]);
    copy.arg(format!("--port={}", primary.port)).arg("--pgdata").arg(home.data());
    done(&mut copy)?;
    serve(home, &["hot_standby=on"])
}

fn initialized(
    home: Home,
    layout: &[&str],
    settings: &'static [&'static str],
) -> Result<Server, String> {
    let mut initdb = home.command(&program("initdb")?);
    initdb.args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8"]);
    done(initdb.args(layout).arg("--pgdata").arg(home.data()))?;
    serve(home, settings)
}

fn serve(home: Home, settings: &'static [&'static str]) -> Result<Server, String> {
    let (postgres, port) = (program("postgres")?, free_port());
    Server::start(home, port, move |home| {
        let mut command = home.command(&postgres);
        command.arg("-D").arg(home.data()).args(["-p", &port.to_string()]);
        command.arg("-k").arg(&home.folder).args(["-c", "listen_addresses=127.0.0.1"]);
        command.args(["-c", "max_connections=200"]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        command
    })
}

/// One of PostgreSQL's own, of the newest version on this machine.
fn program(name: &str) -> Result<PathBuf, String> {
    let mut places: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|all| all.flatten().map(|it| it.path().join("bin")).collect::<Vec<PathBuf>>())
        .unwrap_or_default();
    places.sort();
    places.reverse();
    find(name, &places)
}
