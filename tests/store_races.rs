//! Many at once: a token that was ended stays ended, what is used once is used once.
//!
//! `PHOENIX_TOKEN_ROUNDS` sets the rounds of each race, 5 000 without it.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, unused_imports, reason = "one database alone needs a part of it")
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test may panic and print"
)]

#[path = "common/databases.rs"]
mod databases;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use databases::Place;
use phoenix_token::store::{
    Backend, EmailContext, EndAll, Live, NewSession, SessionToken, Settings, Store,
};
use sqlx::Pool;

const TASKS: u64 = 64;

fn rounds() -> u64 {
    std::env::var("PHOENIX_TOKEN_ROUNDS").ok().and_then(|it| it.parse().ok()).unwrap_or(5_000)
}

struct Race<DB: Backend> {
    pool: Pool<DB>,
    store: Store<DB>,
    user: AtomicI64,
}

impl<DB: Backend> Race<DB> {
    async fn on<P: Place<DB = DB>>() -> Option<Arc<Self>> {
        Self::with::<P>(100).await
    }

    async fn with<P: Place<DB = DB>>(attempts: u32) -> Option<Arc<Self>> {
        // Nobody is to fail for want of time on a busy machine: the outcome is what counts.
        let settings = Settings::new().timeout(Duration::from_secs(120)).attempts(attempts);
        let (pool, store) = databases::made::<P>(settings).await?;
        Some(Arc::new(Self { pool, store, user: AtomicI64::new(1) }))
    }

    fn user(&self) -> i64 {
        self.user.fetch_add(1, Ordering::SeqCst)
    }

    async fn create(&self, user: i64) -> SessionToken {
        self.store.create(&self.pool, user, &NewSession::new()).await.unwrap().token
    }

    async fn is_accepted(&self, token: &SessionToken) -> bool {
        self.store.lookup(&self.pool, token.secret_bytes()).await.unwrap().is_some()
    }

    /// So many rounds, 64 at a time; the sum of what they return.
    async fn run<F>(
        self: &Arc<Self>,
        name: &str,
        rounds: u64,
        round: impl Fn(Arc<Self>) -> F + Send + Sync + 'static,
    ) -> u64
    where
        F: Future<Output = u64> + Send,
    {
        let (round, started, left) =
            (Arc::new(round), Instant::now(), Arc::new(AtomicU64::new(rounds)));
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (race, round, left) = (self.clone(), round.clone(), left.clone());
                tokio::spawn(async move {
                    let mut sum = 0;
                    let more = |left: u64| left.checked_sub(1);
                    while left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).is_ok() {
                        sum += round(race.clone()).await;
                    }
                    sum
                })
            })
            .collect();
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        println!("{name}: {rounds} rounds in {:?}, {sum}", started.elapsed());
        sum
    }
}

/// Runs two at the same time, whichever comes first.
async fn both<A, B>(a: impl Future<Output = A>, b: impl Future<Output = B>) -> (A, B) {
    tokio::join!(a, b)
}

async fn an_ended_token_opens_nothing_and_a_reissue_lives_on_only_if_it_came_before<P: Place>() {
    let Some(race) = Race::on::<P>().await else { return };
    let name = format!("{}: look-up, touch, reissue against log-out, reissues won", P::NAME);
    let won = race.run(&name, rounds(), |race| async move {
        let user = race.user();
        let token = race.create(user).await;
        let (pool, store, bytes) = (&race.pool, &race.store, token.secret_bytes());
        let use_it = async {
            store.lookup(pool, bytes).await.unwrap();
            store.touch(pool, bytes).await.unwrap();
            store.reissue(pool, bytes).await.unwrap()
        };
        let end = async {
            // Where they race, at about the same time as the reissue, which is the third to be asked.
            for _ in 0..user % 4 {
                store.lookup(pool, bytes).await.unwrap();
            }
            store.end(pool, bytes).await
        };
        let (reissued, ended) = match user % 4 {
            0 => {
                let reissued = use_it.await;
                assert!(reissued.is_some());
                (reissued, end.await)
            }
            1 => {
                let ended = end.await;
                let reissued = use_it.await;
                assert!(reissued.is_none());
                (reissued, ended)
            }
            _ => both(use_it, end).await,
        };
        assert!(ended.unwrap().is_some());
        assert_eq!(store.reissue(pool, bytes).await.unwrap().map(drop), None);
        assert!(!race.is_accepted(&token).await);
        // A row of its own, which a log-out with the old token does not reach.
        let left = u64::from(reissued.is_some());
        assert_eq!(store.count(pool, user).await.unwrap(), left);
        if let Some(reissued) = reissued {
            assert!(race.is_accepted(&reissued.token).await);
            store.end_all(pool, user, EndAll::Sessions).await.unwrap();
            assert!(!race.is_accepted(&reissued.token).await);
        }
        left
    });
    won.await;
}

/// The version that many write: it looks the session up, and writes it back with its new time.
async fn the_naive_version_brings_sessions_back<P: Place>() {
    let Some(race) = Race::on::<P>().await else { return };
    let postgres = P::NAME.starts_with("PostgreSQL");
    let mysql = P::NAME.contains("Maria");
    let name = format!("{}: the naive version against log-out", P::NAME);
    let brought_back = race.run(&name, 1000, move |race| async move {
        let user = race.user();
        let token = race.create(user).await;
        let (pool, store, bytes) = (&race.pool, &race.store, token.secret_bytes());
        let naive_touch = async {
            if store.lookup(pool, bytes).await.unwrap().is_none() {
                return;
            }
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let token = if postgres { format!("'\\x{hex}'") } else { format!("x'{hex}'") };
            let now = if postgres || mysql { "CURRENT_TIMESTAMP" } else { "datetime('now')" };
            let upsert = if mysql {
                "ON DUPLICATE KEY UPDATE last_seen_at = inserted_at"
            } else {
                "ON CONFLICT (context, token) DO UPDATE SET last_seen_at = excluded.inserted_at"
            };
            let upsert = format!(
                "INSERT INTO users_tokens (user_id, token, context, inserted_at) \
                 VALUES ({user}, {token}, 'session', {now}) {upsert}"
            );
            // Where the database gives it up for a deadlock, it has brought nothing back.
            if let Err(error) = P::try_run(pool, &upsert).await {
                let code = error.as_database_error().and_then(|error| error.code());
                assert_eq!(code.as_deref(), Some("40001"), "{error}");
            }
        };
        let log_out = async { store.end(pool, bytes).await.unwrap() };
        both(naive_touch, log_out).await;
        // The database's own time, in whatever zone, is near enough to be valid.
        race.is_accepted(&token).await.into()
    });
    let brought_back = brought_back.await;
    assert!(brought_back > 0, "the race is not one: the naive version lost nothing");
}

async fn log_out_everywhere_ends_what_is_being_reissued_or_renewed<P: Place>() {
    let Some(race) = Race::on::<P>().await else { return };
    let name = format!("{}: reissue and renew against log-out everywhere", P::NAME);
    let survivors = race.run(&name, rounds(), |race| async move {
        let user = race.user();
        let tokens = [race.create(user).await, race.create(user).await];
        let (pool, store) = (&race.pool, &race.store);
        let reissue = async {
            let mut made = Vec::new();
            let first = store.reissue(pool, tokens[0].secret_bytes()).await.unwrap();
            if let Some(first) = first {
                let second = store.reissue(pool, first.token.secret_bytes()).await.unwrap();
                made.extend([first.token].into_iter().chain(second.map(|it| it.token)));
            }
            made
        };
        let renew = store.renew(pool, tokens[1].secret_bytes());
        let end = async {
            // Not always first.
            for _ in 0..user % 4 {
                tokio::task::yield_now().await;
            }
            store.end_all(pool, user, EndAll::SessionsAndEmailTokens).await
        };
        let (reissued, renewed, ended) = tokio::join!(reissue, renew, end);
        let given = reissued.into_iter().chain(renewed.unwrap()).chain(tokens);
        assert!(ended.unwrap().len() >= 2);
        let mut survivors = store.count(pool, user).await.unwrap();
        for token in given {
            survivors += u64::from(race.is_accepted(&token).await);
        }
        survivors
    });
    assert_eq!(survivors.await, 0);
}

async fn a_session_made_during_log_out_everywhere_is_ended_or_lives<P: Place>() {
    let Some(race) = Race::on::<P>().await else { return };
    let name = format!("{}: create against log-out everywhere", P::NAME);
    race.run(&name, rounds(), |race| async move {
        let user = race.user();
        let (pool, store) = (&race.pool, &race.store);
        let first = race.create(user).await;
        let (made, ended) =
            both(race.create(user), store.end_all(pool, user, EndAll::Sessions)).await;
        let topic = store.live_socket_topic(&made);
        let was_ended = ended.unwrap().iter().any(|it| it.live_socket_topic == topic);
        assert_ne!(was_ended, race.is_accepted(&made).await);
        assert!(!race.is_accepted(&first).await);
        u64::from(was_ended)
    })
    .await;
}

async fn of_a_renewal_and_a_log_out_one_wins<P: Place>() {
    let Some(race) = Race::on::<P>().await else { return };
    let name = format!("{}: renew against log-out, log-outs won", P::NAME);
    race.run(&name, rounds(), |race| async move {
        let token = race.create(race.user()).await;
        let (pool, store, bytes) = (&race.pool, &race.store, token.secret_bytes());
        let (renewed, ended) = both(store.renew(pool, bytes), store.end(pool, bytes)).await;
        let (renewed, ended) = (renewed.unwrap(), ended.unwrap());
        assert_ne!(renewed.is_some(), ended.is_some());
        assert!(!race.is_accepted(&token).await);
        if let Some(renewed) = renewed {
            assert!(race.is_accepted(&renewed).await);
        }
        u64::from(ended.is_some())
    })
    .await;
}

async fn an_email_token_used_by_many_is_used_by_one<P: Place>() {
    let Some(race) = Race::on::<P>().await else { return };
    let name = format!("{}: an e-mail token used by four at once", P::NAME);
    let all = rounds();
    let used = race.run(&name, all, |race| async move {
        let (pool, store, context) = (&race.pool, &race.store, EmailContext::Login);
        let token = store.create_email_token(pool, race.user(), &context, "a@b.c", Live::Many);
        let token = token.await.unwrap();
        let consume = || store.consume_email_token(pool, &context, &token, None);
        let (a, b, c, d) = tokio::join!(consume(), consume(), consume(), consume());
        let winners = [a, b, c, d].into_iter().filter(|it| it.as_ref().unwrap().is_some()).count();
        assert_eq!(winners, 1);
        1
    });
    assert_eq!(used.await, all);
}

/// A second attempt is enough for each: it is alone.
async fn of_email_tokens_made_at_once_one_lives_if_asked<P: Place>() {
    let Some(race) = Race::with::<P>(2).await else { return };
    let name = format!("{}: two e-mail tokens at once, one to live", P::NAME);
    let all = rounds();
    let live = race.run(&name, all, |race| async move {
        let (pool, store, context) = (&race.pool, &race.store, EmailContext::Login);
        let user = race.user();
        let make = || store.create_email_token(pool, user, &context, "a@b.c", Live::One);
        make().await.unwrap();
        let (a, b) = both(make(), make()).await;
        let mut live = 0;
        for token in [a.unwrap(), b.unwrap()] {
            let found = store.verify_email_token(pool, &context, &token, None).await.unwrap();
            live += u64::from(found.is_some());
        }
        assert_eq!(live, 1);
        live
    });
    assert_eq!(live.await, all);
}

on_every_database! {
    an_ended_token_opens_nothing_and_a_reissue_lives_on_only_if_it_came_before
    the_naive_version_brings_sessions_back
    log_out_everywhere_ends_what_is_being_reissued_or_renewed
    a_session_made_during_log_out_everywhere_is_ended_or_lives
    of_a_renewal_and_a_log_out_one_wins
    an_email_token_used_by_many_is_used_by_one
    of_email_tokens_made_at_once_one_lives_if_asked
}
