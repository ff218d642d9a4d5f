use std::{path::PathBuf, process::Stdio, sync::OnceLock};

use sqlx::{
    ConnectOptions as _,
    postgres::{PgConnectOptions, PgPool, PgPoolOptions},
};

use super::{
    Place, folder,
    server::{Server, as_user, find, for_ever, free_port, give},
    skip, unique,
};

/// PostgreSQL: the server that `DATABASE_URL` names, or a private one, with connections in another
/// time zone than UTC.
pub struct Postgres;

impl Place for Postgres {
    type DB = sqlx::Postgres;
    const NAME: &'static str = "PostgreSQL";

    async fn fresh() -> Option<PgPool> {
        static URL: OnceLock<Result<String, String>> = OnceLock::new();
        let given = std::env::var("DATABASE_URL").ok().filter(|it| it.starts_with("postgres"));
        let private = || for_ever(|| start(&["synchronous_commit=off"])).map(url);
        let url = URL.get_or_init(|| given.map_or_else(private, Ok));
        match url {
            Ok(url) => Some(database(url.parse().unwrap()).await),
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
    let mut places: Vec<_> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|all| all.flatten().map(|it| it.path().join("bin")).collect::<Vec<PathBuf>>())
        .unwrap_or_default();
    places.sort();
    places.reverse();
    let postgres = find("postgres", &places).ok_or("there is no PostgreSQL on this machine")?;
    let initdb = find("initdb", &places).ok_or("there is no initdb on this machine")?;
    let folder = folder("postgres");
    give(&folder, "postgres")?;
    let data = folder.join("data");
    let made = as_user("postgres", &initdb)
        .args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "-D"])
        .arg(&data)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("initdb: {error}"))?;
    if !made.status.success() {
        return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)));
    }
    let port = free_port();
    let sockets = folder.display().to_string();
    Server::start(folder, port, move || {
        let mut command = as_user("postgres", &postgres);
        command.arg("-D").arg(&data).args(["-p", &port.to_string(), "-k", &sockets]);
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        command
    })
}
