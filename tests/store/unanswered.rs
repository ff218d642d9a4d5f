//! Endings that fail half-way or are left without an answer: what is known of them, and what is told.

use std::{collections::BTreeSet, future::Future, time::Duration};

use phoenix_token::store::{
    Created, EmailContext, EndAll, Id, IdType, Live, NewSession, SessionToken, Settings, Store,
    StoreError,
};
use sqlx::Pool;

use crate::databases::{self, Place, made};

/// Until the database says so; for ever is not waited.
async fn until<F: Future<Output = bool>>(what: &str, mut is_so: impl FnMut() -> F) {
    let asked = async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let limit = tokio::time::timeout(Duration::from_secs(60), asked);
    limit.await.unwrap_or_else(|_| panic!("not seen: {what}"));
}

/// A session that is made while log-out everywhere waits for another is left to the statement's
/// repetition, and that one's connection is cut.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_ended_before_a_failure_is_told() {
    use databases::postgres::Postgres;
    let settings = Settings::new().timeout(Duration::from_secs(60));
    let Some((pool, store)) = made::<Postgres>(settings).await else { return };
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND wait_event_type = 'Lock' AND query LIKE 'DELETE%'";
    for others in [false, true] {
        let create = async || store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
        let first = create().await;
        let mut holder = pool.begin().await.unwrap();
        assert!(store.touch(&mut holder, first.secret_bytes()).await.unwrap());
        let ending = {
            let (store, pool) = (store.clone(), pool.clone());
            tokio::spawn(async move {
                match others {
                    false => store.end_all(&pool, 1, EndAll::Sessions).await,
                    true => store.end_others(&pool, 1, &[7; 32]).await,
                }
            })
        };
        until("a DELETE that waits", async || Postgres::number(&pool, waiting).await == 1).await;
        let second = create().await;
        let mut other = pool.begin().await.unwrap();
        assert!(store.touch(&mut other, second.secret_bytes()).await.unwrap());
        holder.commit().await.unwrap();
        until("the first one's end", async || {
            store.lookup(&pool, first.secret_bytes()).await.unwrap().is_none()
        })
        .await;
        until("another that waits", async || Postgres::number(&pool, waiting).await == 1).await;
        let cut = waiting.replace("COUNT(*)", "COUNT(pg_terminate_backend(pid))");
        assert_eq!(Postgres::number(&pool, &cut).await, 1);

        let error = ending.await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "1 of the sessions ended, others may be left");
        let topic = store.live_socket_topic(&first);
        let StoreError::Incomplete { ended, error: cause } = &error else { panic!("{error:?}") };
        assert_eq!(ended.iter().map(|it| &it.live_socket_topic).collect::<Vec<_>>(), [&topic]);
        assert!(matches!(**cause, StoreError::Database(_)), "{cause:?}");
        #[cfg(feature = "axum")]
        {
            let error = phoenix_token::axum::AuthError::from(error);
            assert_eq!(error.ended().len(), 1);
            assert_eq!(error.ended()[0].live_socket_topic, topic);
        }
        other.rollback().await.unwrap();
        assert!(store.lookup(&pool, second.secret_bytes()).await.unwrap().is_some());
        assert_eq!(store.end_all(&pool, 1, EndAll::Sessions).await.unwrap().len(), 1);
    }
}

/// A place whose table takes ids that are none of this store's making, two of them, the SQL that clears
/// it, and whether what has such an id can only be left, as MySQL deletes by it.
struct Odd<P: Place> {
    pool: Pool<P::DB>,
    store: Store<P::DB>,
    user: Id,
    ids: [&'static str; 2],
    clear: &'static str,
    stays: bool,
}

impl<P: Place> Odd<P> {
    async fn made() -> Option<Self> {
        let (sqlite, postgres) = (P::NAME.starts_with("SQLite"), P::NAME.starts_with("PostgreSQL"));
        // A column of text takes anything, and one of MySQL numbers that are no `bigint`.
        let texts = ["'seven'", "'eight'"];
        let (id_type, user, ids, clear) = match (sqlite, postgres) {
            (true, _) => (IdType::Uuid, Id::from([7; 16]), texts, "DELETE FROM users_tokens"),
            (_, true) => (IdType::Integer, Id::from(7), texts, "DELETE FROM users_tokens"),
            _ => {
                let numbers = ["18446744073709551615", "18446744073709551614"];
                (IdType::Integer, Id::from(7), numbers, "TRUNCATE TABLE users_tokens")
            }
        };
        let (pool, store) = made::<P>(Settings::new().id_type(id_type)).await?;
        if postgres {
            let as_text = "ALTER TABLE users_tokens ALTER id DROP DEFAULT, ALTER id TYPE text, \
                           ALTER id SET DEFAULT nextval('users_tokens_id_seq')::text";
            P::run(&pool, as_text).await;
        }
        let stays = !P::ends_in_one_statement(&pool).await;
        Some(Self { pool, store, user, ids, clear, stays })
    }

    async fn create(&self) -> Created {
        self.store.create(&self.pool, self.user, &NewSession::new()).await.unwrap()
    }

    async fn create_email_token(&self) -> String {
        let context = EmailContext::Login;
        let made =
            self.store.create_email_token(&self.pool, self.user, &context, "a@b.c", Live::Many);
        made.await.unwrap()
    }

    async fn damage(&self, id: &str, which: &str) {
        P::run(&self.pool, &format!("UPDATE users_tokens SET id = {id} WHERE {which}")).await;
    }

    async fn rows(&self) -> i64 {
        P::number(&self.pool, "SELECT COUNT(*) FROM users_tokens").await
    }
}

/// One that is not of this store's making, among others that are.
async fn a_row_without_a_readable_id_takes_no_topics_with_it<P: Place>() {
    let Some(odd) = Odd::<P>::made().await else { return };
    let Odd { pool, store, user, .. } = &odd;
    for way in 0..4 {
        let (everything, of_session) = (matches!(way, 0 | 3), way < 3);
        let made = [odd.create().await, odd.create().await, odd.create().await];
        let [first, second, third] = made.each_ref().map(|it| it.token.secret_bytes());
        if everything {
            odd.create_email_token().await;
            odd.damage(odd.ids[1], "context = 'login'").await;
        }
        if of_session {
            odd.damage(odd.ids[0], &format!("id = '{}'", made[1].session.handle)).await;
        }
        let answer = match way {
            1 => store.end_others(pool, *user, &[7; 32]).await,
            2 => store.end_others(pool, *user, first).await,
            _ => store.end_all(pool, *user, EndAll::SessionsAndEmailTokens).await,
        };
        let ended = match answer {
            Ok(ended) if !odd.stays => ended,
            Err(StoreError::Incomplete { ended, error: cause }) if odd.stays => {
                assert!(matches!(*cause, StoreError::Unreadable { column: "id" }), "{cause:?}");
                ended
            }
            other => panic!("way {way}: {other:?}"),
        };
        let told: BTreeSet<_> = ended.iter().map(|it| it.live_socket_topic.clone()).collect();
        let mut expected = vec![third];
        expected.extend((way != 2).then_some(first));
        expected.extend((!of_session || !odd.stays).then_some(second));
        let topic =
            |token: &[u8; 32]| store.live_socket_topic(&SessionToken::from_bytes(token).unwrap());
        assert_eq!(told, expected.into_iter().map(topic).collect(), "way {way}");
        let nameless = ended.iter().filter(|it| it.handle.is_none()).count();
        assert_eq!(nameless, usize::from(of_session && !odd.stays));
        let left = [everything && odd.stays, of_session && odd.stays, way == 2];
        assert_eq!(odd.rows().await, left.into_iter().map(i64::from).sum::<i64>());
        assert_eq!(store.lookup(pool, first).await.unwrap().is_some(), way == 2);
        P::run(pool, odd.clear).await;
    }
}

async fn a_session_without_a_readable_id_ends_or_is_said_to_stay<P: Place>() {
    let Some(odd) = Odd::<P>::made().await else { return };
    let Odd { pool, store, user, .. } = &odd;
    for everywhere in [false, true] {
        let token = odd.create().await.token;
        odd.damage(odd.ids[0], "context = 'session'").await;
        let answer = match everywhere {
            false => store.end(pool, token.secret_bytes()).await,
            true => store.end_all(pool, *user, EndAll::Sessions).await.map(|mut it| it.pop()),
        };
        assert_eq!(odd.rows().await, i64::from(odd.stays));
        match answer {
            Ok(Some(ended)) if !odd.stays => {
                assert_eq!((ended.user_id, ended.handle), (*user, None));
                assert_eq!(ended.live_socket_topic, store.live_socket_topic(&token));
            }
            Err(StoreError::Unreadable { column: "id" }) if odd.stays => {}
            other => panic!("{other:?}"),
        }
        P::run(pool, odd.clear).await;
    }
}

async fn an_email_token_without_a_readable_id_is_never_used_twice<P: Place>() {
    let Some(odd) = Odd::<P>::made().await else { return };
    let token = odd.create_email_token().await;
    odd.damage(odd.ids[0], "context = 'login'").await;
    for attempt in 0..3 {
        let used = odd.store.consume_email_token(&odd.pool, &EmailContext::Login, &token, None);
        match used.await {
            Ok(used) if !odd.stays => assert_eq!(used.is_some(), attempt == 0),
            Err(StoreError::Unreadable { column: "id" }) if odd.stays => {}
            other => panic!("attempt {attempt}: {other:?}"),
        }
    }
}

/// A log-out that is given up while it waits for the row takes effect when nobody looks any more;
/// where it is a transaction, it never does.
async fn the_cache_keeps_nothing_that_an_unanswered_ending_may_yet_end<P: Place>() {
    let cached = Settings::new().cache(Duration::from_secs(3600), 100);
    let Some((pool, store)) = made::<P>(cached.clone()).await else { return };
    for way in 0..3 {
        // Each a store of its own, for what is not settled in one is not for an hour.
        let settings = cached.clone().timeout(Duration::from_secs(60));
        let store =
            if way == 0 { store.clone() } else { Store::open(&pool, settings).await.unwrap() };
        let token = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
        let bytes = token.secret_bytes();
        let is_accepted = async || store.lookup(&pool, bytes).await.unwrap().is_some();
        assert!(is_accepted().await);
        let mut holder = pool.begin().await.unwrap();
        assert!(store.touch(&mut holder, bytes).await.unwrap());
        match way {
            0 => {
                let error = store.end(&pool, bytes).await.unwrap_err();
                assert!(matches!(error, StoreError::TimedOut), "{error:?}");
            }
            1 => given_up(store.end(&pool, bytes)).await,
            _ => given_up(store.end_all(&pool, 1, EndAll::Sessions)).await,
        }
        assert!(is_accepted().await, "the row is held");
        holder.rollback().await.unwrap();
        let takes_effect = P::ends_in_one_statement(&pool).await;
        if takes_effect {
            let rows = "SELECT COUNT(*) FROM users_tokens";
            until("the row's end", async || P::number(&pool, rows).await == 0).await;
        }
        assert_ne!(is_accepted().await, takes_effect, "way {way}: what was kept meanwhile");
    }
}

/// It may be older than what was committed since, or never be committed.
async fn the_cache_keeps_nothing_that_a_transaction_of_the_caller_sees<P: Place>() {
    let cached = Settings::new().cache(Duration::from_secs(3600), 100);
    let Some((pool, store)) = made::<P>(cached).await else { return };
    let mut transaction = pool.begin().await.unwrap();
    let created = store.create(&mut transaction, 1, &NewSession::new()).await.unwrap();
    let bytes = created.token.secret_bytes();
    assert!(store.lookup(&mut transaction, bytes).await.unwrap().is_some());
    transaction.rollback().await.unwrap();
    assert_eq!(store.lookup(&pool, bytes).await.unwrap(), None);
}

/// The caller's own limit.
async fn given_up(operation: impl Future) {
    let limit = tokio::time::timeout(Duration::from_millis(500), operation);
    assert!(limit.await.is_err(), "the row is held");
}

// In memory there is one connection to hold.
on_place! { "sqlite" sqlite: sqlite::SqliteFile,
    the_cache_keeps_nothing_that_an_unanswered_ending_may_yet_end
    the_cache_keeps_nothing_that_a_transaction_of_the_caller_sees
    a_row_without_a_readable_id_takes_no_topics_with_it
    a_session_without_a_readable_id_ends_or_is_said_to_stay
    an_email_token_without_a_readable_id_is_never_used_twice
}
on_every_server! {
    the_cache_keeps_nothing_that_an_unanswered_ending_may_yet_end
    the_cache_keeps_nothing_that_a_transaction_of_the_caller_sees
    a_row_without_a_readable_id_takes_no_topics_with_it
    a_session_without_a_readable_id_ends_or_is_said_to_stay
    an_email_token_without_a_readable_id_is_never_used_twice
}
on_place! { "mysql" mysql: mariadb::AsMySql,
    the_cache_keeps_nothing_that_an_unanswered_ending_may_yet_end
    the_cache_keeps_nothing_that_a_transaction_of_the_caller_sees
    a_row_without_a_readable_id_takes_no_topics_with_it
    a_session_without_a_readable_id_ends_or_is_said_to_stay
    an_email_token_without_a_readable_id_is_never_used_twice
}
