//! Expired rows, the cache, the replica, and what happens when the database is busy.

use std::time::{Duration, Instant};

use phoenix_token::store::{
    EmailContext, EmailKind, EndAll, Expired, Live, NewSession, Settings, Store, StoreError, Sweep,
};

use crate::databases::{self, Place, TestClock, made};

const DAY: Duration = Duration::from_secs(86_400);

async fn what_has_expired_is_deleted_in_batches_and_nothing_else<P: Place>() {
    let clock = TestClock::new();
    let Some((pool, store)) = made::<P>(clock.on(Settings::new())).await else { return };
    let change = EmailContext::Change("a@b.c".into());
    let contexts =
        [EmailContext::Login, change, EmailContext::Confirm, EmailContext::ResetPassword];
    let fill = || async {
        for user in 0..3 {
            store.create(&pool, user, &NewSession::new()).await.unwrap();
            for context in &contexts {
                let made = store.create_email_token(&pool, user, context, "a@b.c", Live::Many);
                made.await.unwrap();
            }
        }
    };
    fill().await;
    for (after, what) in [
        (Duration::from_secs(15 * 60), Expired::Email(EmailKind::Login)),
        (DAY, Expired::Email(EmailKind::ResetPassword)),
        (7 * DAY, Expired::Email(EmailKind::Change)),
        (7 * DAY, Expired::Email(EmailKind::Confirm)),
        (14 * DAY, Expired::Sessions),
    ] {
        let start = TestClock::new().now().as_millis();
        let passed = Duration::from_millis((clock.now().as_millis() - start).try_into().unwrap());
        clock.advance((after - Duration::from_millis(1)).saturating_sub(passed));
        if passed < after {
            assert_eq!(store.delete_expired(&pool, what, 10).await.unwrap(), 0, "{what:?}");
            clock.advance(Duration::from_millis(1));
        }
        assert_eq!(store.delete_expired(&pool, what, 2).await.unwrap(), 2, "{what:?}");
        assert_eq!(store.delete_expired(&pool, what, 2).await.unwrap(), 1, "{what:?}");
        assert_eq!(store.delete_expired(&pool, what, 2).await.unwrap(), 0, "{what:?}");
    }
    assert_eq!(P::number(&pool, "SELECT COUNT(*) FROM users_tokens").await, 0);
    fill().await;
    clock.advance(DAY);
    fill().await;
    clock.advance(14 * DAY - DAY);
    let sweep = Sweep { batch: 2, pause: Duration::ZERO, ..Sweep::default() };
    assert_eq!(store.sweep(&pool, &sweep).await.unwrap(), 27);
    assert_eq!(P::number(&pool, "SELECT COUNT(*) FROM users_tokens").await, 3);
}

async fn the_sweeper_sweeps_in_the_background_until_it_is_dropped_or_its_pool_closed<P: Place>() {
    let clock = TestClock::new();
    let Some((pool, store)) = made::<P>(clock.on(Settings::new())).await else { return };
    store.create(&pool, 1, &NewSession::new()).await.unwrap();
    clock.advance(14 * DAY);
    let (sender, mut swept) = tokio::sync::mpsc::unbounded_channel();
    let sweep = Sweep { every: Duration::from_millis(10), ..Sweep::default() };
    let sweeper = store.spawn_sweeper(pool.clone(), sweep, move |result| {
        let _ = sender.send(result.unwrap());
        std::future::ready(())
    });
    assert_eq!(swept.recv().await, Some(1));
    assert_eq!(swept.recv().await, Some(0));
    drop(sweeper);
    while swept.recv().await.is_some() {}

    let (sender, mut swept) = tokio::sync::mpsc::unbounded_channel();
    let _sweeper = store.spawn_sweeper(pool.clone(), sweep, move |result| {
        let _ = sender.send(result.is_ok());
        std::future::ready(())
    });
    assert_eq!(swept.recv().await, Some(true));
    pool.close().await;
    while swept.recv().await.is_some() {}
}

async fn a_cache_answers_for_its_age_and_forgets_what_this_process_ends<P: Place>() {
    let age = Duration::from_millis(400);
    let settings = Settings::new().cache(age, 100);
    let Some((pool, store)) = made::<P>(settings).await else { return };
    let elsewhere = Store::open(&pool, Settings::new()).await.unwrap();
    let create = || async { store.create(&pool, 1, &NewSession::new()).await.unwrap() };
    let is_accepted = |token: &phoenix_token::store::SessionToken| {
        let (store, pool, token) = (&store, &pool, token.clone());
        async move { store.lookup(pool, token.secret_bytes()).await.unwrap().is_some() }
    };

    // Ended elsewhere: accepted for its age at most, and not by a fresh look-up.
    let token = create().await.token;
    let looked_up = Instant::now();
    assert!(is_accepted(&token).await);
    elsewhere.end(&pool, token.secret_bytes()).await.unwrap();
    if looked_up.elapsed() < age / 2 {
        assert!(is_accepted(&token).await, "from the cache");
    }
    assert!(store.lookup_fresh(&pool, token.secret_bytes()).await.unwrap().is_none());
    tokio::time::sleep(age).await;
    assert!(!is_accepted(&token).await);

    // Ended elsewhere, and told.
    let token = create().await.token;
    assert!(is_accepted(&token).await);
    elsewhere.end_all(&pool, 1, EndAll::Sessions).await.unwrap();
    store.forget(1);
    assert!(!is_accepted(&token).await);

    // Ended here, in each way.
    for way in 0..5 {
        let made = create().await;
        let (token, other) = (made.token, create().await.token);
        assert!(is_accepted(&token).await);
        match way {
            0 => drop(store.end(&pool, token.secret_bytes()).await.unwrap()),
            1 => drop(store.end_all(&pool, 1, EndAll::Sessions).await.unwrap()),
            2 => drop(store.end_others(&pool, 1, other.secret_bytes()).await.unwrap()),
            3 => drop(store.end_by_handle(&pool, 1, made.session.handle).await.unwrap()),
            _ => drop(store.renew(&pool, token.secret_bytes()).await.unwrap()),
        }
        assert!(!is_accepted(&token).await, "{way}");
        store.end_all(&pool, 1, EndAll::Sessions).await.unwrap();
    }
}

async fn a_cache_knows_of_what_was_used_just_now<P: Place>() {
    let settings = Settings::new().cache(Duration::from_secs(3600), 100);
    let Some((pool, store)) = made::<P>(settings).await else { return };
    let token = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    let used = || async {
        let found = store.lookup(&pool, token.secret_bytes()).await.unwrap().unwrap();
        found.last_seen_at.map(|seen| found.read_at.as_millis() - seen.as_millis())
    };
    assert_eq!(used().await, None);
    assert!(store.touch(&pool, token.secret_bytes()).await.unwrap());
    let ago = used().await.unwrap();
    assert!((0..60_000).contains(&ago), "{ago}");
    P::run(&pool, "DELETE FROM users_tokens").await;
    assert!(used().await.is_some(), "from the cache");
}

async fn a_cache_never_brings_back_what_ends_during_a_look_up<P: Place>() {
    let settings = Settings::new()
        .cache(Duration::from_secs(3600), 1000)
        .timeout(Duration::from_secs(60))
        .attempts(100);
    let Some((pool, store)) = made::<P>(settings).await else { return };
    for round in 0..300_i64 {
        let token = store.create(&pool, round, &NewSession::new()).await.unwrap().token;
        let bytes = *token.secret_bytes();
        let lookups: Vec<_> = (0..4)
            .map(|_| {
                let (store, pool) = (store.clone(), pool.clone());
                tokio::spawn(async move { store.lookup(&pool, &bytes).await.unwrap() })
            })
            .collect();
        if round % 2 == 0 {
            store.end(&pool, &bytes).await.unwrap();
        } else {
            store.end_all(&pool, round, EndAll::Sessions).await.unwrap();
        }
        assert_eq!(store.lookup(&pool, &bytes).await.unwrap(), None);
        for lookup in lookups {
            lookup.await.unwrap();
        }
        assert_eq!(store.lookup(&pool, &bytes).await.unwrap(), None);
    }
}

async fn a_cache_is_bounded<P: Place>() {
    let settings = Settings::new().cache(Duration::from_secs(3600), 2);
    let Some((pool, store)) = made::<P>(settings).await else { return };
    let elsewhere = Store::open(&pool, Settings::new()).await.unwrap();
    let mut tokens = Vec::new();
    for _ in 0..3 {
        let token = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
        store.lookup(&pool, token.secret_bytes()).await.unwrap();
        tokens.push(token);
    }
    elsewhere.end_all(&pool, 1, EndAll::Sessions).await.unwrap();
    for (token, is_cached) in tokens.iter().zip([false, true, true]) {
        let found = store.lookup(&pool, token.secret_bytes()).await.unwrap();
        assert_eq!(found.is_some(), is_cached);
    }
}

async fn what_is_in_the_cache_expires_like_all_else<P: Place>() {
    let clock = TestClock::new();
    let settings = clock.on(Settings::new()).cache(Duration::from_secs(3600), 100);
    let Some((pool, store)) = made::<P>(settings).await else { return };
    let token = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    for (passed, is_valid) in
        [(14 * DAY - Duration::from_millis(1), true), (Duration::from_millis(1), false)]
    {
        clock.advance(passed);
        let found = store.lookup(&pool, token.secret_bytes()).await.unwrap();
        assert_eq!(found.is_some(), is_valid);
    }
}

async fn a_cache_keeps_nothing_that_a_transaction_of_the_caller_sees<P: Place>() {
    let settings = Settings::new().cache(Duration::from_secs(3600), 100);
    let Some((pool, store)) = made::<P>(settings).await else { return };
    let mut transaction = pool.begin().await.unwrap();
    let token = store.create(&mut transaction, 1, &NewSession::new()).await.unwrap().token;
    let found = store.lookup(&mut transaction, token.secret_bytes()).await.unwrap();
    assert_eq!(found.map(|session| session.user_id), Some(1.into()));
    transaction.rollback().await.unwrap();
    assert_eq!(store.lookup(&pool, token.secret_bytes()).await.unwrap(), None);
}

async fn look_ups_go_to_the_primary_for_a_while_after_a_revoke<P: Place>() {
    let window = Duration::from_millis(150);
    let settings = Settings::new().primary_window(window);
    let Some((primary, store)) = made::<P>(settings).await else { return };
    let replica = P::again(&primary, 1).await;
    // Told apart by size.
    let reader = store.reader(&primary, &replica);
    if P::NAME == "SQLite, memory" {
        return;
    }
    let is_primary = || reader.pool().options().get_max_connections() > 1;
    assert!(!is_primary());
    let token = store.create(&primary, 1, &NewSession::new()).await.unwrap().token;
    store.lookup(&reader, token.secret_bytes()).await.unwrap().unwrap();
    assert!(!is_primary(), "neither makes an end of anything");
    store.end(&primary, token.secret_bytes()).await.unwrap();
    assert!(is_primary());
    assert_eq!(store.lookup(&reader, token.secret_bytes()).await.unwrap(), None);
    tokio::time::sleep(window + Duration::from_millis(50)).await;
    assert!(!is_primary());
    store.forget(1);
    assert!(is_primary());
}

/// A look-up that was to ask the replica, and finds the session ended by the time it does.
async fn the_replica_fills_no_cache_with_what_has_just_ended<P: Place>() {
    let settings = Settings::new()
        .cache(Duration::from_secs(3600), 100)
        .primary_window(Duration::from_secs(3600));
    let Some((primary, store)) = made::<P>(settings.clone()).await else { return };
    // A replica that has heard of nothing since.
    let Some(replica) = P::fresh().await else { return };
    Store::create_table(&replica, &settings).await.unwrap();
    let reader = store.reader(&primary, &replica);
    let token = store.create(&replica, 1, &NewSession::new()).await.unwrap().token;
    let lookup = store.lookup(&reader, token.secret_bytes());
    store.end(&primary, token.secret_bytes()).await.unwrap();
    assert_eq!(lookup.await.unwrap(), None);
    assert_eq!(store.lookup(&reader, token.secret_bytes()).await.unwrap(), None);
}

async fn an_exhausted_pool_is_an_error_in_its_time<P: Place>() {
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    let wait = Duration::from_millis(300);
    let small = sqlx::pool::PoolOptions::<P::DB>::new().max_connections(1).acquire_timeout(wait);
    let small = small.connect_with((*pool.connect_options()).clone()).await.unwrap();
    let held = small.acquire().await.unwrap();
    let started = Instant::now();
    let error = store.lookup(&small, &[0; 32]).await.unwrap_err();
    assert!(matches!(error, StoreError::NoConnection), "{error:?}");
    assert!(started.elapsed() < wait + Duration::from_secs(1), "{:?}", started.elapsed());
    assert_eq!(error.to_string(), "the pool had no connection in time");
    drop(held);
}

/// Somebody else holds the row, or on SQLite the file, for longer than the store waits.
async fn a_lock_that_stays_is_an_error_in_time_and_nothing_is_half_done<P: Place>() {
    if P::NAME == "SQLite, memory" {
        return;
    }
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    let token = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    let bytes = token.secret_bytes();
    let mut holder = pool.begin().await.unwrap();
    assert!(store.touch(&mut holder, bytes).await.unwrap());
    let started = Instant::now();
    let error = store.end(&pool, bytes).await.unwrap_err();
    assert!(matches!(error, StoreError::TimedOut | StoreError::Busy(_)), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(store.lookup(&pool, bytes).await.unwrap().is_some());
    holder.commit().await.unwrap();
    let ended = Instant::now();
    while store.lookup(&pool, bytes).await.unwrap().is_some() {
        // What timed out may still take effect: it was asked for. Otherwise it is asked again.
        store.end(&pool, bytes).await.unwrap();
        assert!(ended.elapsed() < Duration::from_secs(10));
    }
    assert_eq!(store.count(&pool, 1).await.unwrap(), 0);
}

/// Ecto writes one or the other, and as text a space comes before a `T`.
#[cfg(feature = "sqlite")]
#[tokio::test]
async fn on_sqlite_what_is_valid_is_not_deleted_whichever_form_its_time_has() {
    let clock = TestClock::new();
    let made = made::<databases::sqlite::SqliteMemory>(clock.on(Settings::new())).await;
    let (pool, store) = made.unwrap();
    let token = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    let spaced = "UPDATE users_tokens SET inserted_at = replace(inserted_at, 'T', ' ')";
    sqlx::query(spaced).execute(&pool).await.unwrap();
    clock.advance(14 * DAY - Duration::from_secs(1));
    assert_eq!(store.delete_expired(&pool, Expired::Sessions, 10).await.unwrap(), 0);
    assert!(store.lookup(&pool, token.secret_bytes()).await.unwrap().is_some());
    clock.advance(Duration::from_secs(1));
    assert_eq!(store.lookup(&pool, token.secret_bytes()).await.unwrap(), None);
    assert_eq!(store.delete_expired(&pool, Expired::Sessions, 10).await.unwrap(), 1);
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn of_an_operation_of_two_statements_both_take_effect_or_none() {
    let settings = Settings::new().grace(Duration::from_secs(60));
    let (pool, store) = made::<databases::sqlite::SqliteMemory>(settings).await.unwrap();
    let token = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    let context = EmailContext::Login;
    let make = || store.create_email_token(&pool, 1, &context, "a@b.c", Live::One);
    let email = make().await.unwrap();
    for (event, name) in [("INSERT", "refuse_inserts"), ("UPDATE", "refuse_updates")] {
        let condition = if event == "INSERT" { "WHEN NEW.context = 'login'" } else { "" };
        let trigger = format!(
            "CREATE TRIGGER {name} BEFORE {event} ON users_tokens {condition} \
             BEGIN SELECT RAISE(ABORT, 'refused'); END"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(trigger)).execute(&pool).await.unwrap();
    }
    assert!(make().await.is_err());
    let found = store.verify_email_token(&pool, &context, &email, None).await.unwrap();
    assert!(found.is_some(), "the one before is still there");
    assert!(store.reissue(&pool, token.secret_bytes()).await.is_err());
    assert_eq!(store.count(&pool, 1).await.unwrap(), 1, "no second token");
}

/// So that a sweep never waits for a log-out, nor a log-out for a sweep.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn what_has_expired_and_somebody_holds_is_left_for_the_next_time() {
    use databases::postgres::Postgres;
    let clock = TestClock::new();
    let Some((pool, store)) = made::<Postgres>(clock.on(Settings::new())).await else { return };
    for user in 0..3 {
        store.create(&pool, user, &NewSession::new()).await.unwrap();
    }
    clock.advance(14 * DAY);
    let mut holder = pool.begin().await.unwrap();
    let hold = "SELECT 1 FROM users_tokens WHERE user_id = 1 FOR UPDATE";
    Postgres::run_in(&mut holder, hold).await;
    let mut connection = pool.acquire().await.unwrap();
    // It would be an error to wait.
    Postgres::run_in(&mut connection, "SET lock_timeout = '1ms'").await;
    assert_eq!(store.delete_expired(&mut connection, Expired::Sessions, 10).await.unwrap(), 2);
    holder.rollback().await.unwrap();
    assert_eq!(store.delete_expired(&pool, Expired::Sessions, 10).await.unwrap(), 1);
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_busy_is_tried_again_and_then_an_error() {
    use databases::sqlite::SqliteFile;
    let pool = SqliteFile::fresh().await.unwrap();
    let options = (*pool.connect_options()).clone().busy_timeout(Duration::ZERO);
    let impatient = sqlx::SqlitePool::connect_with(options).await.unwrap();
    Store::create_table(&pool, &Settings::new()).await.unwrap();
    let store = Store::open(&pool, Settings::new().attempts(3)).await.unwrap();
    let token = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;

    let holder = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let error = store.end(&impatient, token.secret_bytes()).await.unwrap_err();
    assert!(matches!(error, StoreError::Busy(_)), "{error:?}");
    let release = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        holder.rollback().await.unwrap();
    };
    let patient = Store::open(&pool, Settings::new().attempts(50)).await.unwrap();
    let (ended, ()) = tokio::join!(patient.end(&impatient, token.secret_bytes()), release);
    assert!(ended.unwrap().is_some());
}

on_every_database! {
    what_has_expired_is_deleted_in_batches_and_nothing_else
    the_sweeper_sweeps_in_the_background_until_it_is_dropped_or_its_pool_closed
    a_cache_answers_for_its_age_and_forgets_what_this_process_ends
    a_cache_knows_of_what_was_used_just_now
    a_cache_never_brings_back_what_ends_during_a_look_up
    a_cache_is_bounded
    what_is_in_the_cache_expires_like_all_else
    a_cache_keeps_nothing_that_a_transaction_of_the_caller_sees
    look_ups_go_to_the_primary_for_a_while_after_a_revoke
    the_replica_fills_no_cache_with_what_has_just_ended
    an_exhausted_pool_is_an_error_in_its_time
    a_lock_that_stays_is_an_error_in_time_and_nothing_is_half_done
}
