//! What each command does, on any of the databases.

use std::error::Error as _;

use phoenix_token::{
    Timestamp,
    store::{Backend, EndAll, Ended, Expired, Session, Store, StoreError, Sweep},
};
use sqlx::{Connection as _, Pool, pool::PoolOptions};

use super::{Args, Command, DEFAULT_PREFIX, ShowArgs, progress::Progress};
use crate::{console, failure::Failure, terminal};

pub(super) async fn run<DB: Backend>(url: &str, args: &Args) -> Result<(), Failure> {
    let (database, (id_type, user_id_type)) = match &args.command {
        Command::List { database, user, ids, .. }
        | Command::RevokeAll { database, user, ids, .. } => {
            (database, ids.types(None, Some(user.user)))
        }
        Command::Revoke { database, user, handle, ids, .. } => {
            (database, ids.types(Some(*handle), Some(user.user)))
        }
        Command::DeleteExpired { database, ids, .. } => (database, ids.types(None, None)),
    };
    let prefix = match &args.command {
        Command::Revoke { show, .. } | Command::RevokeAll { show, .. } => &show.live_socket_prefix,
        Command::List { .. } | Command::DeleteExpired { .. } => DEFAULT_PREFIX,
    };
    let unreachable = |error| failed(StoreError::Database(error));
    // A pool would try again and again, and then not say why.
    let once = DB::Connection::connect(url).await.map_err(unreachable)?;
    once.close().await.map_err(unreachable)?;
    let options = PoolOptions::<DB>::new().max_connections(1);
    let pool = options.connect(url).await.map_err(unreachable)?;
    let store = database.open(&pool, id_type, user_id_type, prefix).await.map_err(failed)?;
    let done = work(&store, &pool, &args.command).await;
    pool.close().await;
    done
}

async fn work<DB: Backend>(
    store: &Store<DB>,
    pool: &Pool<DB>,
    command: &Command,
) -> Result<(), Failure> {
    match command {
        Command::List { user, limit, offset, .. } => {
            let sessions = store.list(pool, user.user, None, *limit, *offset).await;
            show_list(&sessions.map_err(failed)?)
        }
        Command::Revoke { handle, user, show, .. } => {
            let ended = store.end_by_handle(pool, user.user, *handle).await.map_err(failed)?;
            let Some(ended) = ended else {
                let sentence = format!("user {} has no session {handle}", user.user);
                return Err(Failure::Refused(sentence));
            };
            show_ended(&[ended], show)
        }
        Command::RevokeAll { user, email_tokens, show, .. } => {
            let what =
                if *email_tokens { EndAll::SessionsAndEmailTokens } else { EndAll::Sessions };
            let ended = store.end_all(pool, user.user, what).await;
            // Their live sockets are to be told, whatever happened then.
            if let Err(StoreError::Incomplete { ended, .. }) = &ended {
                let _ = show_ended(ended, show);
            }
            show_ended(&ended.map_err(failed)?, show)
        }
        Command::DeleteExpired { batch, .. } => delete_expired(store, pool, *batch).await,
    }
}

async fn delete_expired<DB: Backend>(
    store: &Store<DB>,
    pool: &Pool<DB>,
    batch: u32,
) -> Result<(), Failure> {
    let mut progress = Progress::new();
    let outcome = delete_all_expired(store, pool, batch, &mut progress).await;
    let all = progress.finish();
    let deleted = format!("{all} {} deleted", if all == 1 { "row" } else { "rows" });
    match outcome {
        Ok(()) => console::line(&deleted),
        Err(error) => Err(Failure::Usage(format!("{deleted}, then: {}", sentence(&error)))),
    }
}

async fn delete_all_expired<DB: Backend>(
    store: &Store<DB>,
    pool: &Pool<DB>,
    batch: u32,
    progress: &mut Progress,
) -> Result<(), StoreError> {
    for what in Expired::ALL {
        loop {
            let deleted = store.delete_expired(pool, what, batch).await?;
            progress.advance(deleted);
            if deleted < u64::from(batch) {
                break;
            }
            // For others to come through.
            tokio::time::sleep(Sweep::default().pause).await;
        }
    }
    Ok(())
}

fn show_list(sessions: &[Session]) -> Result<(), Failure> {
    let time =
        |time: Option<Timestamp>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    // Both columns hold what a client has sent.
    let sent =
        |text: &Option<String>| text.as_deref().map_or_else(|| "-".to_owned(), terminal::harmless);
    let mut rows = vec![
        ["handle", "made", "authenticated", "last seen", "address", "user agent"]
            .map(str::to_owned),
    ];
    rows.extend(sessions.iter().map(|session| {
        [
            session.handle.to_string(),
            session.inserted_at.to_string(),
            time(session.authenticated_at),
            time(session.last_seen_at),
            sent(&session.ip_address),
            sent(&session.user_agent),
        ]
    }));
    let mut widths = [0; 6];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let line = |row: &[String; 6]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    console::line(&rows.iter().map(line).collect::<Vec<_>>().join("\n"))
}

fn show_ended(ended: &[Ended], show: &ShowArgs) -> Result<(), Failure> {
    let count = ended.len();
    console::line(&format!("{count} {} ended", if count == 1 { "session" } else { "sessions" }))?;
    for ended in ended.iter().filter(|_| show.topics) {
        console::line(&ended.live_socket_topic)?;
    }
    Ok(())
}

fn failed(error: StoreError) -> Failure {
    Failure::Usage(sentence(&error))
}

/// With what the database said of it. That names neither values nor the password.
fn sentence(error: &StoreError) -> String {
    let cause = match error {
        // It quotes what it could not read of the URL.
        StoreError::Database(sqlx::Error::Configuration(_)) => {
            return "the URL of the database cannot be read".to_owned();
        }
        other => other.source().map(|source| format!(": {source}")),
    };
    format!("{error}{}", cause.unwrap_or_default())
}
