//! The store under load: `cargo bench --features postgres --bench store_load`.
//!
//! Fills a table of PostgreSQL with 10 million sessions of 1 million users (or as many rows as the
//! first argument says) and prints what the operations take. It runs for minutes, so nothing runs
//! it but a person.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::print_stdout,
    reason = "a benchmark may panic and print"
)]

#[path = "../tests/common/databases.rs"]
mod databases;

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use databases::{Place, postgres::Postgres};
use phoenix_token::store::{NewSession, Settings, Store};
use sha2::{Digest as _, Sha256};
use sqlx::{PgPool, Postgres as Db};

const TASKS: u64 = 16;
const FOR: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    let rows = std::env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(10_000_000_u64);
    let Some(pool) = Postgres::fresh().await else { return };
    let users = (rows / 10).max(1);
    let settings = Settings::new().timeout(Duration::from_secs(60));
    fill(&pool, &settings, rows, users).await;
    let store = Store::open(&pool, settings).await.unwrap();

    let load = Arc::new(Load { pool, store, rows, users, next: AtomicU64::new(1) });
    load.run("look up", |load, random| async move {
        let token = token(1 + random % load.rows);
        assert!(load.store.lookup(&load.pool, &token).await.unwrap().is_some());
    })
    .await;
    load.run("look up what is not there", |load, random| async move {
        let token = token(load.rows + 1 + random % load.rows);
        assert!(load.store.lookup(&load.pool, &token).await.unwrap().is_none());
    })
    .await;
    load.run("list", |load, random| async move {
        let user = i64::try_from(random % load.users).unwrap();
        assert!(!load.store.list(&load.pool, user, None, 20, 0).await.unwrap().is_empty());
    })
    .await;
    load.run("create", |load, random| async move {
        let user = i64::try_from(random % load.users).unwrap();
        load.store.create(&load.pool, user, &NewSession::new()).await.unwrap();
    })
    .await;
    load.run("end", |load, _| async move {
        let token = token(load.next.fetch_add(1, Ordering::Relaxed));
        assert!(load.store.end(&load.pool, &token).await.unwrap().is_some());
    })
    .await;
}

/// The token of row `i`, as the table is filled.
fn token(i: u64) -> [u8; 32] {
    Sha256::digest(i.to_string()).into()
}

/// Rows as a site has them after half a month: spread over users and over 13 days.
async fn fill(pool: &PgPool, settings: &Settings, rows: u64, users: u64) {
    let started = Instant::now();
    Store::create_table(pool, settings).await.unwrap();
    let indexes = ["user_id", "context_token", "context_inserted_at"];
    for index in indexes {
        Postgres::run(pool, &format!("DROP INDEX users_tokens_{index}_index")).await;
    }
    let insert = format!(
        "INSERT INTO users_tokens (user_id, token, context, authenticated_at, inserted_at) \
         SELECT i % {users}, sha256(i::text::bytea), 'session', now() AT TIME ZONE 'UTC', \
           date_trunc('second', (now() AT TIME ZONE 'UTC') - (i % 1123200) * INTERVAL '1 second') \
         FROM generate_series(1, {rows}) AS i"
    );
    Postgres::run(pool, &insert).await;
    Store::create_table(pool, settings).await.unwrap();
    Postgres::run(pool, "VACUUM ANALYZE users_tokens").await;
    println!("{rows} rows of {users} users in {:?}", started.elapsed());
    let indexes = indexes.map(|it| format!("users_tokens_{it}_index"));
    for name in
        ["users_tokens", "users_tokens_pkey"].into_iter().chain(indexes.iter().map(|it| &**it))
    {
        let bytes = Postgres::number(pool, &format!("SELECT pg_relation_size('{name}')")).await;
        println!("{name}: {} MiB", bytes / (1 << 20));
    }
}

struct Load {
    pool: PgPool,
    store: Store<Db>,
    rows: u64,
    users: u64,
    next: AtomicU64,
}

impl Load {
    /// Runs the operation for ten seconds, 16 at a time.
    async fn run<F: Future<Output = ()> + Send>(
        self: &Arc<Self>,
        name: &str,
        operation: impl Fn(Arc<Self>, u64) -> F + Send + Sync + Copy + 'static,
    ) {
        let started = Instant::now();
        let tasks: Vec<_> = (0..TASKS)
            .map(|task| {
                let load = self.clone();
                tokio::spawn(async move {
                    let (mut random, mut times) = (0x9e37_79b9_7f4a_7c15 ^ (task + 1), Vec::new());
                    while started.elapsed() < FOR {
                        // xorshift64: the rows asked for are spread over the whole table.
                        random ^= random << 13;
                        random ^= random >> 7;
                        random ^= random << 17;
                        let begun = Instant::now();
                        operation(load.clone(), random).await;
                        times.push(begun.elapsed());
                    }
                    times
                })
            })
            .collect();
        let mut times = Vec::new();
        for task in tasks {
            times.extend(task.await.unwrap());
        }
        times.sort();
        let per_second = times.len() as f64 / started.elapsed().as_secs_f64();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100];
        println!("{name}: {per_second:.0} a second, p50 {:?}, p99 {:?}", at(50), at(99));
    }
}
