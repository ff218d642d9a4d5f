//! Operations that are dropped before they have ended, as a server drops what its client no longer
//! waits for, or that time out: their pool stays as good as it was, and what follows takes effect.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use phoenix_token::{
    Timestamp,
    store::{
        Backend, EmailContext, EndAll, Live, NewSession, Session, SessionToken, Settings, Store,
        StoreError, TokenStorage,
    },
};
use sqlx::Pool;

use crate::databases::{Place, made};

/// Every operation that is a transaction on one of the databases, and some that never are.
#[derive(Clone, Copy, Debug)]
enum Operation {
    End,
    EndByHandle,
    EndAll,
    EndOthers,
    Reissue,
    Renew,
    CreateEmail,
    ConsumeEmail,
}

const ALL: [Operation; 8] = [
    Operation::End,
    Operation::EndByHandle,
    Operation::EndAll,
    Operation::EndOthers,
    Operation::Reissue,
    Operation::Renew,
    Operation::CreateEmail,
    Operation::ConsumeEmail,
];

/// A user with a session and an e-mail token.
struct User {
    id: i64,
    token: SessionToken,
    session: Session,
    email: String,
}

impl User {
    async fn new<DB: Backend>(store: &Store<DB>, pool: &Pool<DB>, id: i64) -> Self {
        let created = store.create(pool, id, &NewSession::new()).await.unwrap();
        let email = store.create_email_token(pool, id, &EmailContext::Login, "a@b.c", Live::One);
        let email = email.await.unwrap();
        Self { id, token: created.token, session: created.session, email }
    }

    async fn run<DB: Backend>(
        &self,
        operation: Operation,
        store: &Store<DB>,
        pool: &Pool<DB>,
    ) -> Result<(), StoreError> {
        let (bytes, login) = (self.token.secret_bytes(), EmailContext::Login);
        match operation {
            Operation::End => store.end(pool, bytes).await.map(drop),
            Operation::EndByHandle => {
                store.end_by_handle(pool, self.id, self.session.handle).await.map(drop)
            }
            Operation::EndAll => {
                store.end_all(pool, self.id, EndAll::SessionsAndEmailTokens).await.map(drop)
            }
            Operation::EndOthers => store.end_others(pool, self.id, &[7; 32]).await.map(drop),
            Operation::Reissue => store.reissue(pool, bytes).await.map(drop),
            Operation::Renew => store.renew(pool, bytes).await.map(drop),
            Operation::CreateEmail => {
                store.create_email_token(pool, self.id, &login, "a@b.c", Live::One).await.map(drop)
            }
            Operation::ConsumeEmail => {
                store.consume_email_token(pool, &login, &self.email, None).await.map(drop)
            }
        }
    }
}

/// Drops the operation at its so many-th wait: as soon as it waits, or once it was woken and before
/// it has seen why. Says whether it ended before.
async fn dropped_at(wait: u32, woken: bool, operation: impl Future) -> bool {
    let mut operation = pin!(operation);
    let mut waits = 0;
    poll_fn(|context| {
        if waits > wait {
            return Poll::Ready(false);
        }
        if operation.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        waits += 1;
        if waits > wait && !woken { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

/// In a while without end it would not.
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let limit = tokio::time::timeout(Duration::from_secs(20), future);
    limit.await.unwrap_or_else(|_| panic!("{what} waits for what was left behind"))
}

/// The pool's one connection takes what is done on it, as another connection sees.
async fn is_as_good_as_before<P: Place>(
    store: &Store<P::DB>,
    one: &Pool<P::DB>,
    pool: &Pool<P::DB>,
    case: &str,
) {
    let next = soon(case, async { store.create(one, 1, &NewSession::new()).await }).await;
    let next = next.unwrap_or_else(|error| panic!("{case}: {error:?}")).token;
    let is_accepted = async || store.lookup(pool, next.secret_bytes()).await.unwrap().is_some();
    assert!(is_accepted().await, "{case}: it was made, and is not there");
    assert!(store.end(one, next.secret_bytes()).await.unwrap().is_some(), "{case}");
    assert!(!is_accepted().await, "{case}: it was ended, and is still there");
}

async fn a_dropped_operation_leaves_nothing_behind<P: Place>() {
    let settings = Settings::new().grace(Duration::from_secs(60)).timeout(Duration::from_secs(60));
    let moving = TokenStorage::Both { raw_until: Timestamp::from_millis(0) };
    for settings in [settings.clone(), settings.token_storage(moving)] {
        let Some((pool, store)) = made::<P>(settings).await else { return };
        // So that what follows would get what was left behind.
        let one = P::again(&pool, 1).await;
        let (mut id, mut gone) = (10, Vec::new());
        for operation in ALL {
            let mut wait = 0;
            loop {
                let mut ended = false;
                for woken in [false, true] {
                    id += 1;
                    let case = format!("{operation:?} dropped at wait {wait}, woken: {woken}");
                    let user = soon(&case, User::new(&store, &one, id)).await;
                    ended = dropped_at(wait, woken, user.run(operation, &store, &one)).await;
                    is_as_good_as_before::<P>(&store, &one, &pool, &case).await;
                    let delete = format!("DELETE FROM users_tokens WHERE user_id = {id}");
                    soon(&case, P::run(&pool, &delete)).await;
                    gone.push(user.token);
                }
                if ended {
                    break;
                }
                wait += 1;
            }
        }
        for token in gone {
            assert_eq!(store.lookup(&pool, token.secret_bytes()).await.unwrap(), None);
        }
        // A COMMIT that was dropped may have taken effect since; no row is held.
        soon("the end", P::run(&pool, "DELETE FROM users_tokens")).await;
    }
}

/// Somebody holds the rows of the user for longer than the store waits.
async fn what_timed_out_leaves_nothing_behind<P: Place>() {
    let settings = Settings::new().grace(Duration::from_secs(60));
    let Some((pool, store)) = made::<P>(settings.clone()).await else { return };
    let hurried = Store::open(&pool, settings.timeout(Duration::from_millis(300))).await.unwrap();
    let one = P::again(&pool, 1).await;
    for (id, operation) in (10..).zip(ALL) {
        let user = User::new(&store, &one, id).await;
        let mut holder = pool.begin().await.unwrap();
        for context in ["session", "login"] {
            let row = format!(
                "SELECT CAST(id AS CHAR(9)) FROM users_tokens \
                 WHERE user_id = {id} AND context = '{context}'"
            );
            let row = P::texts(&pool, &row).await.remove(0);
            let hold = format!("UPDATE users_tokens SET sent_to = 'held' WHERE id = {row}");
            P::run_in(&mut holder, &hold).await;
        }
        let error = user.run(operation, &hurried, &one).await.unwrap_err();
        assert!(matches!(error, StoreError::TimedOut), "{operation:?}: {error:?}");
        let case = format!("{operation:?} timed out");
        assert_eq!(soon(&case, P::number(&one, "SELECT COUNT(*) FROM users_tokens")).await, 2);
        holder.rollback().await.unwrap();
        // What was given up may meet it on the server.
        soon(&case, store.end_all(&pool, id, EndAll::SessionsAndEmailTokens)).await.unwrap();
        is_as_good_as_before::<P>(&store, &one, &pool, &case).await;
    }
    assert_eq!(P::number(&pool, "SELECT COUNT(*) FROM users_tokens").await, 0);
}

async fn what_ended_in_time_keeps_its_connection<P: Place>() {
    let settings = Settings::new().grace(Duration::from_secs(60));
    let Some((pool, store)) = made::<P>(settings).await else { return };
    let one = P::again(&pool, 1).await;
    let is_postgres = P::NAME.starts_with("PostgreSQL");
    let own = if is_postgres { "pg_backend_pid()" } else { "CONNECTION_ID()" };
    let own = format!("SELECT CAST({own} AS CHAR(20))");
    let first = P::texts(&one, &own).await;
    for (id, operation) in (10..).zip(ALL) {
        User::new(&store, &one, id).await.run(operation, &store, &one).await.unwrap();
        let now = P::texts(&one, &own).await;
        assert_eq!(now, first, "{operation:?} closed its connection");
    }
}

on_place! { "sqlite" sqlite_file: sqlite::SqliteFile, a_dropped_operation_leaves_nothing_behind }
on_place! { "sqlite" sqlite_memory: sqlite::SqliteMemory, a_dropped_operation_leaves_nothing_behind }
on_place! { "postgres" postgres: postgres::Postgres,
    a_dropped_operation_leaves_nothing_behind
    what_timed_out_leaves_nothing_behind
    what_ended_in_time_keeps_its_connection
}
on_place! { "mysql" mariadb: mariadb::MariaDb,
    a_dropped_operation_leaves_nothing_behind
    what_timed_out_leaves_nothing_behind
    what_ended_in_time_keeps_its_connection
}
on_place! { "mysql" mysql: mariadb::AsMySql,
    a_dropped_operation_leaves_nothing_behind
    what_timed_out_leaves_nothing_behind
    what_ended_in_time_keeps_its_connection
}
