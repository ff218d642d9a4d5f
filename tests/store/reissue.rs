//! A session under a new token, and how long the old one lasts.

use std::time::Duration;

use phoenix_token::store::{NewSession, SessionToken, Settings, Store, TokenStorage};

use crate::databases::{Place, TestClock, made};

const DAY: Duration = Duration::from_secs(86_400);
const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

async fn the_old_token_of_a_reissued_session_lasts_for_the_grace_period<P: Place>() {
    let clock = TestClock::new();
    let settings = clock.on(Settings::new().grace(Duration::from_secs(60)));
    let Some((pool, store)) = made::<P>(settings).await else { return };
    let made = store.create(&pool, 1, &NewSession::new()).await.unwrap();
    let token = made.token.secret_bytes();
    clock.advance(8 * DAY);
    let new = store.reissue(&pool, token).await.unwrap().unwrap();
    let old = store.lookup(&pool, token).await.unwrap().unwrap();
    assert!(!store.should_reissue(&old), "it was reissued");
    clock.advance(Duration::from_secs(59));
    assert!(store.lookup(&pool, token).await.unwrap().is_some());
    clock.advance(Duration::from_secs(1));
    assert_eq!(store.lookup(&pool, token).await.unwrap(), None);
    assert!(store.lookup(&pool, new.token.secret_bytes()).await.unwrap().is_some());
}

async fn of_many_who_reissue_a_session_within_its_grace_period_one_does<P: Place>() {
    let clock = TestClock::new();
    for settings in [Settings::new(), clock.on(Settings::new())] {
        let grace = settings.validity(HOUR).reissue_age(Duration::ZERO).grace(MINUTE);
        let Some((pool, store)) = made::<P>(grace).await else { return };
        let made = store.create(&pool, 1, &NewSession::new()).await.unwrap();
        let token = made.token.secret_bytes();
        let reissue = || async { store.reissue(&pool, token).await.unwrap() };
        let (a, b, c, d) = tokio::join!(reissue(), reissue(), reissue(), reissue());
        let new: Vec<_> = [a, b, c, d].into_iter().flatten().collect();
        assert_eq!((new.len(), store.count(&pool, 1).await.unwrap()), (1, 2));
        let again = store.reissue(&pool, new[0].token.secret_bytes()).await.unwrap();
        assert!(again.is_some(), "the new one is not in its grace period");
    }
}

async fn however_long_the_grace_period_a_session_is_reissued_when_it_is_due<P: Place>() {
    let clock = TestClock::new();
    for grace in [HOUR, Duration::MAX] {
        let settings = Settings::new().validity(2 * HOUR).reissue_age(HOUR).grace(grace);
        let Some((pool, store)) = made::<P>(clock.on(settings)).await else { return };
        let old = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
        clock.advance(HOUR);
        let is_due = async || {
            let found = store.lookup(&pool, old.secret_bytes()).await.unwrap();
            found.map(|session| store.should_reissue(&session))
        };
        assert_eq!(is_due().await, Some(true));
        assert!(store.reissue(&pool, old.secret_bytes()).await.unwrap().is_some());
        assert_eq!(is_due().await, Some(false), "it was reissued");
        clock.advance(HOUR / 2);
        assert_eq!(is_due().await, None, "half of the time that was left");
    }
}

async fn where_no_session_is_ever_due_the_grace_period_is_that_which_was_set<P: Place>() {
    let clock = TestClock::new();
    let settings = Settings::new().validity(HOUR).reissue_age(Duration::MAX).grace(MINUTE);
    let Some((pool, store)) = made::<P>(clock.on(settings)).await else { return };
    let old = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    assert!(store.reissue(&pool, old.secret_bytes()).await.unwrap().is_some());
    clock.advance(MINUTE / 2);
    assert!(store.lookup(&pool, old.secret_bytes()).await.unwrap().is_some());
    clock.advance(MINUTE / 2);
    assert_eq!(store.lookup(&pool, old.secret_bytes()).await.unwrap(), None);
}

async fn a_cache_knows_what_was_reissued<P: Place>() {
    let clock = TestClock::new();
    let settings = Settings::new().grace(MINUTE).cache(DAY, 100);
    let Some((pool, store)) = made::<P>(clock.on(settings)).await else { return };
    let old = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    clock.advance(8 * DAY);
    let session = store.lookup(&pool, old.secret_bytes()).await.unwrap().unwrap();
    assert!(store.should_reissue(&session));
    assert!(store.reissue(&pool, old.secret_bytes()).await.unwrap().is_some());
    let session = store.lookup(&pool, old.secret_bytes()).await.unwrap().unwrap();
    assert!(!store.should_reissue(&session));
    clock.advance(MINUTE);
    assert_eq!(store.lookup(&pool, old.secret_bytes()).await.unwrap(), None);
}

async fn the_grace_period_of_a_hashed_row_makes_no_token_of_its_digest<P: Place>() {
    use sha2::Digest as _;
    let clock = TestClock::new();
    let grace = clock.on(Settings::new().grace(Duration::from_secs(60)));
    let Some((pool, raw)) = made::<P>(grace.clone()).await else { return };
    let old = raw.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    clock.advance(DAY);
    let raw_until = clock.now();
    let moving = grace.token_storage(TokenStorage::Both { raw_until });
    let moving = Store::open(&pool, moving).await.unwrap();
    let new = moving.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    clock.advance(8 * DAY);
    for token in [&old, &new] {
        assert!(moving.reissue(&pool, token.secret_bytes()).await.unwrap().is_some());
    }
    let digest: [u8; 32] = sha2::Sha256::digest(new.secret_bytes()).into();
    assert_eq!(moving.lookup(&pool, &digest).await.unwrap(), None);
    clock.advance(Duration::from_secs(60));
    let is_accepted = async |token: &SessionToken| {
        moving.lookup(&pool, token.secret_bytes()).await.unwrap().is_some()
    };
    assert!(!is_accepted(&old).await, "a raw row can be set back");
    assert!(is_accepted(&new).await, "it lives until it expires");
    clock.advance(14 * DAY);
    let last = moving.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    clock.advance(8 * DAY);
    assert!(moving.reissue(&pool, last.secret_bytes()).await.unwrap().is_some());
    clock.advance(Duration::from_secs(60));
    assert!(!is_accepted(&last).await, "the move is long over");
}

on_every_database! {
    the_old_token_of_a_reissued_session_lasts_for_the_grace_period
    of_many_who_reissue_a_session_within_its_grace_period_one_does
    however_long_the_grace_period_a_session_is_reissued_when_it_is_due
    where_no_session_is_ever_due_the_grace_period_is_that_which_was_set
    a_cache_knows_what_was_reissued
    the_grace_period_of_a_hashed_row_makes_no_token_of_its_digest
}
