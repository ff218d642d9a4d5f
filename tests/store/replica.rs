//! PostgreSQL with a replica that lags: what this process has ended does not pass there.

use std::time::{Duration, Instant};

use phoenix_token::store::{NewSession, SessionToken, Settings, Store};
use sqlx::PgPool;
use tokio::time::sleep;

use crate::databases::{
    self, Place as _,
    postgres::{self, Postgres},
};

const WINDOW: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn what_ended_a_moment_ago_is_asked_of_the_primary_while_the_replica_has_it_still() {
    let primary_server = match postgres::start(&[]) {
        Ok(server) => server,
        Err(why) => return databases::skip(&why),
    };
    // A server takes connections before it is ready; the pool waits for it.
    let primary = PgPool::connect(&postgres::url(primary_server.port)).await.unwrap();
    let replica_server = postgres::replica_of(&primary_server).unwrap();
    let replica = PgPool::connect(&postgres::url(replica_server.port)).await.unwrap();
    let settings = Settings::new().primary_window(WINDOW).grace(Duration::from_secs(60));
    Store::create_table(&primary, &settings).await.unwrap();
    let store = Store::open(&primary, settings).await.unwrap();
    let find = async |pool: &PgPool, token: &SessionToken| {
        store.lookup(pool, token.secret_bytes()).await.unwrap().is_some()
    };
    let reader = store.reader(&primary, &replica);
    let find_by_reader = async |token: &SessionToken| {
        store.lookup(&reader, token.secret_bytes()).await.unwrap().is_some()
    };
    let is_primary = || is(reader.pool(), &primary);

    // Opened on the replica, it works there: look-ups need no writes.
    let token = store.create(&primary, 1, &NewSession::new()).await.unwrap().token;
    while Store::open(&replica, Settings::new()).await.is_err() {
        sleep(Duration::from_millis(10)).await;
    }
    while !find_by_reader(&token).await {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(store.reissue(&primary, token.secret_bytes()).await.unwrap().is_some());
    assert!(is(reader.pool(), &replica), "what was reissued has not ended");
    assert!(store.end(&replica, token.secret_bytes()).await.is_err(), "it cannot be written");
    // That attempt counts as a revoke as well.
    while is_primary() {
        sleep(Duration::from_millis(10)).await;
    }

    Postgres::run(&replica, "SELECT pg_wal_replay_pause()").await;
    let paused = "SELECT COUNT(*) FROM pg_get_wal_replay_pause_state() AS it WHERE it = 'paused'";
    while Postgres::number(&replica, paused).await == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    let ending = Instant::now();
    assert!(store.end(&primary, token.secret_bytes()).await.unwrap().is_some());
    let mut asked_the_primary = 0;
    loop {
        assert!(find(&replica, &token).await, "the replica lags");
        let is_found = find_by_reader(&token).await;
        if !is_primary() {
            break;
        }
        assert!(!is_found);
        asked_the_primary += 1;
        sleep(Duration::from_millis(10)).await;
    }
    assert!(ending.elapsed() >= WINDOW, "{:?}", ending.elapsed());
    assert!(asked_the_primary > 0);
    // Who asks for the primary is never sent elsewhere.
    assert!(store.lookup_fresh(&primary, token.secret_bytes()).await.unwrap().is_none());

    Postgres::run(&replica, "SELECT pg_wal_replay_resume()").await;
    while find_by_reader(&token).await {
        sleep(Duration::from_millis(10)).await;
    }
}

fn is(pool: &PgPool, other: &PgPool) -> bool {
    pool.connect_options().get_port() == other.connect_options().get_port()
}
