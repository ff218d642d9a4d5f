//! Operations that are dropped before they have ended, as a server drops what its client no longer
//! waits for: the connection goes back into the pool clean, and what follows takes effect.
#![cfg(any(feature = "sqlite", feature = "postgres"))]
#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres")),
    allow(dead_code, unused_imports, reason = "one database alone needs a part of it")
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "common/databases.rs"]
mod databases;

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use databases::{Place, made};
use phoenix_token::store::{EmailContext, EndAll, Live, NewSession, SessionToken, Settings};

/// Drops the operation at the so many-th time that it waits; says whether it ended before.
async fn dropped_at(wait: u32, operation: impl Future) -> bool {
    let mut operation = pin!(operation);
    let mut waited = 0;
    poll_fn(|context| {
        if operation.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        waited += 1;
        if waited > wait { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

async fn what_follows_a_dropped_operation_takes_effect<P: Place>() {
    let settings = Settings::new().grace(Duration::from_secs(60)).timeout(Duration::from_secs(60));
    let Some((pool, store)) = made::<P>(settings).await else { return };
    // One connection, so that what follows gets the same.
    let one = sqlx::pool::PoolOptions::<P::DB>::new().max_connections(1);
    let one = one.after_release(|connection, _| P::tidy(connection));
    let one = one.connect_with((*pool.connect_options()).clone()).await.unwrap();
    let one = if P::NAME == "SQLite, memory" { pool.clone() } else { one };
    let create = async || store.create(&one, 1, &NewSession::new()).await.unwrap().token;
    let is_accepted = async |token: &SessionToken| {
        store.lookup(&pool, token.secret_bytes()).await.unwrap().is_some()
    };
    let login = EmailContext::Login;
    for operation in 0..5 {
        for wait in 0.. {
            let token = create().await;
            let bytes = token.secret_bytes();
            let ended = match operation {
                0 => dropped_at(wait, store.end(&one, bytes)).await,
                1 => dropped_at(wait, store.end_all(&one, 1, EndAll::Sessions)).await,
                2 => dropped_at(wait, store.reissue(&one, bytes)).await,
                3 => dropped_at(wait, store.renew(&one, bytes)).await,
                _ => {
                    let made = store.create_email_token(&one, 1, &login, "a@b.c", Live::One);
                    dropped_at(wait, made).await
                }
            };
            let next = create().await;
            assert!(is_accepted(&next).await, "operation {operation}, dropped at wait {wait}");
            store.end(&one, next.secret_bytes()).await.unwrap();
            assert!(!is_accepted(&next).await, "operation {operation}, dropped at wait {wait}");
            if ended {
                break;
            }
        }
    }
}

on_place! { "sqlite" sqlite_file: sqlite::SqliteFile, what_follows_a_dropped_operation_takes_effect }
on_place! { "sqlite" sqlite_memory: sqlite::SqliteMemory, what_follows_a_dropped_operation_takes_effect }
on_place! { "postgres" postgres: postgres::Postgres, what_follows_a_dropped_operation_takes_effect }
