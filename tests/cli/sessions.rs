//! Sessions on every database.

use std::{process::Stdio, time::Duration};

use phoenix_token::{
    Timestamp,
    store::{Backend, Expired, Id, IdType, NewSession, Settings, Store},
};
use sqlx::{ConnectOptions as _, Pool};

use super::{
    Ran, command,
    databases::{self, Place, TestClock, postgres::Postgres, sqlite::SqliteFile},
    feed, finish, folder,
};

/// A store on a database of its own, with its URL.
async fn place<P: Place>(settings: Settings) -> Option<(Pool<P::DB>, Store<P::DB>, String)>
where
    P::DB: Backend,
{
    let pool = P::fresh().await?;
    Store::create_table(&pool, &settings).await.unwrap();
    let store = Store::open(&pool, settings).await.unwrap();
    let url = pool.connect_options().to_url_lossy().to_string();
    Some((pool, store, url))
}

fn sessions(url: &str, args: &[&str]) -> Ran {
    finish(command().env("DATABASE_URL", url).arg("sessions").args(args))
}

crate::on_every_file_or_server! {
    a_users_sessions_are_listed_and_ended
    expired_rows_are_deleted
    ids_may_be_uuids_and_names_others
    ids_of_users_and_of_rows_may_be_of_two_types
    all_sessions_end_whether_or_not_anybody_reads_it
}

async fn a_users_sessions_are_listed_and_ended<P: Place>()
where
    P::DB: Backend,
{
    let Some((pool, store, url)) = place::<P>(Settings::new()).await else { return };
    let new = NewSession::new().user_agent("Mozilla\u{1b}[2J").ip_address([192, 0, 2, 1]);
    let new = new.authenticated_at(Timestamp::from_secs(1_767_323_045));
    let first = store.create(&pool, 42, &new).await.unwrap();
    let second = store.create(&pool, 42, &NewSession::new()).await.unwrap();
    let other = store.create(&pool, 7, &NewSession::new()).await.unwrap();

    let listed = sessions(&url, &["list", "--user", "42"]);
    assert_eq!((listed.code, listed.err.as_str()), (Some(0), ""), "{listed:?}");
    let lines: Vec<_> = listed.out.lines().collect();
    assert_eq!(lines.len(), 3, "{listed:?}");
    let handles = [&lines[1], &lines[2]].map(|line| line.split(' ').next().unwrap().to_owned());
    assert_eq!(handles, [&second, &first].map(|it| it.session.handle.to_string()));
    assert!(lines[2].contains("2026-01-02 03:04:05Z"), "{listed:?}");
    assert!(lines[2].ends_with("192.0.2.1  Mozilla\u{fffd}[2J"), "{listed:?}");
    let token = first.token.secret_bytes();
    let hidden = token.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert!(!listed.out.to_lowercase().contains(&hidden));
    assert_eq!(sessions(&url, &["list", "--user", "42", "--limit", "1"]).out.lines().count(), 2);

    // Another's handle ends nothing.
    let handle = first.session.handle.to_string();
    sessions(&url, &["revoke", "--user", "7", &handle])
        .says(1, &format!("user 7 has no session {handle}"));
    let ended = sessions(&url, &["revoke", "--user", "42", "--topics", &handle]);
    let topic = store.live_socket_topic(&first.token);
    assert_eq!((ended.code, ended.out), (Some(0), format!("1 session ended\n{topic}\n")));
    assert_eq!(store.lookup_fresh(&pool, token).await.unwrap(), None);

    let by_file = feed(
        &format!("{url}\n"),
        command().args(["sessions", "revoke-all", "--user=42", "--database-url-file", "-"]),
    );
    assert_eq!(by_file.line(), "1 session ended");
    assert_eq!(store.count(&pool, 42).await.unwrap(), 0);
    assert_eq!(sessions(&url, &["revoke-all", "--user", "42"]).line(), "0 sessions ended");
    assert!(store.lookup_fresh(&pool, other.token.secret_bytes()).await.unwrap().is_some());
}

async fn expired_rows_are_deleted<P: Place>()
where
    P::DB: Backend,
{
    let clock = TestClock::new();
    let Some((pool, store, url)) = place::<P>(clock.on(Settings::new())).await else { return };
    // The clock of the test stands in the past: these have expired by now, unless sessions last long.
    for _ in 0..25 {
        store.create(&pool, 42, &NewSession::new()).await.unwrap();
    }
    let long = ["delete-expired", "--session-validity-in-days", "36500"];
    assert_eq!(sessions(&url, &long).line(), "0 rows deleted");
    assert_eq!(sessions(&url, &["delete-expired", "--batch", "10"]).line(), "25 rows deleted");
    clock.advance(Duration::from_secs(20 * 86_400));
    assert_eq!(store.delete_expired(&pool, Expired::Sessions, 10).await.unwrap(), 0);
}

/// Which are valid for 60 days there, and have no `authenticated_at`.
#[tokio::test]
async fn the_sessions_of_phoenix_1_7_are_not_deleted_after_fourteen_days() {
    let Some((pool, store, url)) = place::<SqliteFile>(Settings::new()).await else { return };
    store.create(&pool, 42, &NewSession::new()).await.unwrap();
    for sql in [
        "UPDATE users_tokens SET inserted_at = datetime('now', '-59 days')",
        "ALTER TABLE users_tokens DROP COLUMN authenticated_at",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    assert_eq!(sessions(&url, &["list", "--user", "42"]).out.lines().count(), 2);
    assert_eq!(sessions(&url, &["delete-expired"]).line(), "0 rows deleted");
    let given = ["delete-expired", "--session-validity-in-days", "14"];
    assert_eq!(sessions(&url, &given).line(), "1 row deleted");
}

async fn ids_may_be_uuids_and_names_others<P: Place>()
where
    P::DB: Backend,
{
    let settings = Settings::new()
        .id_type(IdType::Uuid)
        .table("accounts_tokens")
        .live_socket_prefix("accounts_sessions")
        .column(phoenix_token::store::Column::UserId, "account_id");
    let Some((pool, store, url)) = place::<P>(settings).await else { return };
    let user: Id = "0186fa3d-1c2f-4c4f-9aaa-1234567890ab".parse().unwrap();
    let first = store.create(&pool, user, &NewSession::new()).await.unwrap();
    let second = store.create(&pool, user, &NewSession::new()).await.unwrap();
    let names = ["--table", "accounts_tokens", "--user-id-column", "account_id"];
    let user = ["--user", "0186fa3d-1c2f-4c4f-9aaa-1234567890ab"];
    let listed = sessions(&url, &[&["list"][..], &user, &names].concat());
    assert_eq!((listed.code, listed.out.lines().count()), (Some(0), 3), "{listed:?}");
    let expired = [&["delete-expired", "--id-type", "uuid"][..], &names].concat();
    assert_eq!(sessions(&url, &expired).line(), "0 rows deleted");

    let topics = ["--topics", "--live-socket-prefix", "accounts_sessions"];
    let handle = first.session.handle.to_string();
    let one = [&["revoke", &handle][..], &user, &names, &topics].concat();
    let all = [&["revoke-all"][..], &user, &names, &topics].concat();
    for (args, made) in [(one, first), (all, second)] {
        let ended = sessions(&url, &args);
        let topic = store.live_socket_topic(&made.token);
        assert_eq!((ended.code, ended.out), (Some(0), format!("1 session ended\n{topic}\n")));
    }

    sessions(&url, &["list", "--user", "1"]).says(2, "table users_tokens: there is no such table");
}

async fn ids_of_users_and_of_rows_may_be_of_two_types<P: Place>()
where
    P::DB: Backend,
{
    let uuid: Id = "0186fa3d-1c2f-4c4f-9aaa-1234567890ab".parse().unwrap();
    for (rows, user) in [(IdType::Integer, uuid), (IdType::Uuid, Id::from(42))] {
        let settings = Settings::new().id_type(rows).user_id_type(user.id_type());
        let Some((pool, store, url)) = place::<P>(settings).await else { return };
        let mut handles = Vec::new();
        for _ in 0..3 {
            let made = store.create(&pool, user, &NewSession::new()).await.unwrap();
            handles.push(made.session.handle.to_string());
        }
        let user = user.to_string();
        let given = match rows {
            IdType::Integer => "integer",
            IdType::Uuid => "uuid",
        };
        let of_user = if given == "uuid" { "integer" } else { "uuid" };
        let types = ["--id-type", given, "--user-id-type", of_user];
        let with = |command| sessions(&url, &[command, "--user", &user, "--id-type", given]);
        let listed = with("list");
        assert_eq!((listed.code, listed.out.lines().count()), (Some(0), 4), "{listed:?}");
        assert!(handles.iter().all(|handle| listed.out.contains(handle)), "{listed:?}");
        // Without it they are the user's.
        let refused = sessions(&url, &["list", "--user", &user]);
        let column = refused.err.contains("table users_tokens: column id is of type");
        assert!(refused.code == Some(2) && column, "{refused:?}");

        let revoke = ["revoke", "--user", &user];
        for (handle, types) in handles[..2].iter().zip([&[][..], &types]) {
            let revoked = sessions(&url, &[&revoke, &[handle.as_str()][..], types].concat());
            assert_eq!(revoked.line(), "1 session ended");
        }
        // What the ids say may be said, but not denied.
        let denied = ["list", "--user", &user, "--user-id-type", given];
        let refused = sessions(&url, &denied);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert_eq!(with("revoke-all").line(), "1 session ended");

        let expired = sessions(&url, &[&["delete-expired"], &types[..]].concat());
        assert_eq!(expired.line(), "0 rows deleted");
    }
}

async fn all_sessions_end_whether_or_not_anybody_reads_it<P: Place>()
where
    P::DB: Backend,
{
    let Some((pool, store, url)) = place::<P>(Settings::new()).await else { return };
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    for (out, code, told) in [(closed.into(), 0, ""), (Stdio::from(full), 2, "standard output: ")] {
        for _ in 0..3 {
            store.create(&pool, 42, &NewSession::new()).await.unwrap();
        }
        let mut command = command();
        command.env("DATABASE_URL", &url).stdout(out).stderr(Stdio::piped());
        let ran = command.args(["sessions", "revoke-all", "--user", "42", "--topics"]).output();
        let ran = Ran::from(ran.unwrap());
        assert_eq!(store.count(&pool, 42).await.unwrap(), 0, "{ran:?}");
        let said = if told.is_empty() { ran.err.is_empty() } else { ran.err.contains(told) };
        assert!(ran.code == Some(code) && said, "{ran:?}");
    }
}

/// As Phoenix writes the variable into `runtime.exs`.
#[tokio::test]
async fn a_url_of_ectos_is_one_of_postgresql() {
    let Some((pool, store, url)) = place::<Postgres>(Settings::new()).await else { return };
    store.create(&pool, 42, &NewSession::new()).await.unwrap();
    let url = url.replace("postgres://", "ecto://");
    let over_tls = url.replace("sslmode=prefer", "ssl=true");
    let refused = sessions(&over_tls, &["list", "--user", "42"]);
    assert!(
        over_tls != url && refused.code == Some(2) && refused.err.contains("TLS"),
        "{refused:?}"
    );
    assert_eq!(sessions(&url, &["revoke-all", "--user", "42"]).line(), "1 session ended");
}

#[test]
fn a_database_that_is_not_there_is_told() {
    let ran = sessions("sqlite:/none/such.db", &["list", "--user", "1"]);
    assert!(ran.code == Some(2) && ran.err.contains("unable to open database file"), "{ran:?}");
    let ran = sessions("postgres://127.0.0.1:1/db", &["list", "--user", "1"]);
    assert!(ran.code == Some(2) && ran.err.contains("onnection refused"), "{ran:?}");
    let schemes = "begins with none of postgres://, ecto://, mysql://, mariadb://, sqlite:";
    sessions("redis://x", &["list", "--user", "1"]).says(2, &format!("DATABASE_URL: {schemes}"));
}

/// Runs it on a terminal, which `script` gives it: how it ended, and what was to be seen.
fn on_a_terminal(url: &str, args: &str) -> Option<(Option<i32>, String)> {
    let transcript = folder().join("transcript");
    let line = format!("{} sessions {args}", env!("CARGO_BIN_EXE_phoenix-token"));
    let mut script = std::process::Command::new("script");
    script.args(["-qec", &line]).arg(&transcript).env("DATABASE_URL", url);
    match script.stdin(Stdio::null()).output() {
        Ok(ran) => Some((ran.status.code(), std::fs::read_to_string(transcript).unwrap())),
        Err(why) => {
            databases::skip(&format!("there is no `script` for a terminal: {why}"));
            None
        }
    }
}

#[tokio::test]
async fn the_bar_is_shown_on_a_terminal_only() {
    let Some((_pool, _store, url)) = place::<SqliteFile>(Settings::new()).await else { return };
    assert_eq!(sessions(&url, &["delete-expired"]).err, "");
    let Some((code, shown)) = on_a_terminal(&url, "delete-expired") else { return };
    assert_eq!(code, Some(0));
    assert!(shown.contains("\r[===") && shown.contains("\r\u{1b}[K0 rows deleted"), "{shown}");
}

#[tokio::test]
async fn a_deletion_that_fails_midway_says_how_many_rows_are_gone_and_leaves_no_bar() {
    let clock = TestClock::new();
    let settings = clock.on(Settings::new());
    let Some((pool, store, url)) = place::<SqliteFile>(settings).await else { return };
    // The clock of the test stands in the past: they have expired by now.
    for _ in 0..60 {
        store.create(&pool, 42, &NewSession::new()).await.unwrap();
    }
    let told = "10 rows deleted, then: the database refused or could not be reached: ";

    refuse_to_have_less_than(&pool, 50).await;
    let ran = sessions(&url, &["delete-expired", "--batch", "10"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.lines().count()), (Some(2), "", 1), "{ran:?}");
    assert!(ran.err.starts_with(&format!("phoenix-token: {told}")), "{ran:?}");
    assert!(ran.err.contains("refused here"), "{ran:?}");

    refuse_to_have_less_than(&pool, 40).await;
    let shown = on_a_terminal(&url, "delete-expired --batch 10");
    let Some((code, shown)) = shown else { return };
    assert_eq!(code, Some(2));
    let (bar, after) = shown.split_once("\r\u{1b}[K").unwrap();
    assert!(bar.ends_with(" 10 rows"), "{shown}");
    assert!(after.starts_with(&format!("phoenix-token: {told}")), "{shown}");
}

/// As a disk that fails, or a lock, would have it: after some rows, no more.
async fn refuse_to_have_less_than(pool: &sqlx::SqlitePool, rows: u32) {
    let trigger = format!(
        "DROP TRIGGER IF EXISTS keep;
         CREATE TRIGGER keep BEFORE DELETE ON users_tokens
         WHEN (SELECT count(*) FROM users_tokens) <= {rows}
         BEGIN SELECT RAISE(ABORT, 'refused here'); END"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(trigger)).execute(pool).await.unwrap();
}

/// Runs each test on each database that another process can open as well.
#[macro_export]
macro_rules! on_every_file_or_server {
    ($($test:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<$crate::databases::sqlite::SqliteFile>().await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<$crate::databases::postgres::Postgres>().await;
            })*
        }
        mod mariadb {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test::<$crate::databases::mariadb::MariaDb>().await;
            })*
        }
    };
}
