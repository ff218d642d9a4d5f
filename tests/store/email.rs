//! E-mail tokens, on every database.

use std::time::Duration;

use phoenix_token::store::{
    EmailContext, EmailKind, EndAll, Live, NewSession, SessionToken, Settings, Store, StoreError,
    TokenStorage,
};
use sha2::Digest as _;

use crate::databases::{Place, TestClock, made};

const DAY: Duration = Duration::from_secs(86_400);

fn every_context() -> [(EmailContext, Duration); 4] {
    [
        (EmailContext::Login, Duration::from_secs(15 * 60)),
        (EmailContext::Change("old@example.com".into()), 7 * DAY),
        (EmailContext::Confirm, 7 * DAY),
        (EmailContext::ResetPassword, DAY),
    ]
}

async fn an_email_token_is_used_once_in_its_context_and_time<P: Place>() {
    let clock = TestClock::new();
    let Some((pool, store)) = made::<P>(clock.on(Settings::new())).await else { return };
    for (context, validity) in every_context() {
        let make = || store.create_email_token(&pool, 1, &context, "a@example.com", Live::Many);
        let token = make().await.unwrap();
        let late = make().await.unwrap();
        clock.advance(validity - Duration::from_millis(1));
        let verified =
            store.verify_email_token(&pool, &context, &token, None).await.unwrap().unwrap();
        assert_eq!(verified.user_id, 1.into());
        assert_eq!(verified.sent_to.as_deref(), Some("a@example.com"));
        for (other, _) in every_context().into_iter().filter(|(other, _)| *other != context) {
            let found = store.consume_email_token(&pool, &other, &token, None).await.unwrap();
            assert_eq!(found, None, "{other:?}");
        }
        let wrong = store.consume_email_token(&pool, &context, &token, Some("b@example.com"));
        assert_eq!(wrong.await.unwrap(), None);
        let right = store.consume_email_token(&pool, &context, &token, Some("a@example.com"));
        assert_eq!(right.await.unwrap(), Some(verified));
        assert_eq!(store.consume_email_token(&pool, &context, &token, None).await.unwrap(), None);
        clock.advance(Duration::from_millis(1));
        assert_eq!(store.verify_email_token(&pool, &context, &late, None).await.unwrap(), None);
        assert_eq!(store.consume_email_token(&pool, &context, &late, None).await.unwrap(), None);
    }
}

async fn a_change_of_one_address_is_not_that_of_another<P: Place>() {
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    let context = EmailContext::Change("a@example.com".into());
    let token =
        store.create_email_token(&pool, 1, &context, "new@example.com", Live::Many).await.unwrap();
    let other = EmailContext::Change("b@example.com".into());
    assert_eq!(store.verify_email_token(&pool, &other, &token, None).await.unwrap(), None);
    assert!(store.verify_email_token(&pool, &context, &token, None).await.unwrap().is_some());
}

async fn an_email_token_opens_no_session_and_a_session_token_is_no_email_token<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let raw_until = phoenix_token::Timestamp::from_secs(4_000_000_000);
    let all = [TokenStorage::Raw, TokenStorage::Sha256, TokenStorage::Both { raw_until }];
    for (storage, table) in all.into_iter().zip(["raw", "hashed", "moving"]) {
        let settings = Settings::new().token_storage(storage).table(table);
        Store::create_table(&pool, &settings).await.unwrap();
        let store = Store::open(&pool, settings).await.unwrap();
        let session = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
        for (context, _) in every_context() {
            let text =
                store.create_email_token(&pool, 1, &context, "a@b.c", Live::Many).await.unwrap();
            let bytes = SessionToken::from_base64url(&text).unwrap();
            // As it is sent, and as the table has it.
            let digest: [u8; 32] = sha2::Sha256::digest(bytes.secret_bytes()).into();
            for bytes in [bytes.secret_bytes(), &digest] {
                assert_eq!(store.lookup(&pool, bytes).await.unwrap(), None);
                assert!(!store.touch(&pool, bytes).await.unwrap());
                assert_eq!(store.reissue(&pool, bytes).await.unwrap().map(drop), None);
                assert_eq!(store.renew(&pool, bytes).await.unwrap(), None);
                assert_eq!(store.end(&pool, bytes).await.unwrap(), None);
            }
            let text = session.to_base64url();
            let found = store.consume_email_token(&pool, &context, &text, None).await.unwrap();
            assert_eq!(found, None);
        }
        assert_eq!(store.count(&pool, 1).await.unwrap(), 1);
    }
}

async fn one_live_token_if_asked<P: Place>() {
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    let context = EmailContext::Login;
    let make = |user: i64, live| {
        let (store, pool, context) = (&store, &pool, &context);
        async move { store.create_email_token(pool, user, context, "a@b.c", live).await.unwrap() }
    };
    let of_another = make(2, Live::One).await;
    let first = make(1, Live::One).await;
    let second = make(1, Live::One).await;
    let third = make(1, Live::Many).await;
    for (token, is_live) in [(of_another, true), (first, false), (second, true), (third, true)] {
        let found = store.verify_email_token(&pool, &context, &token, None).await.unwrap();
        assert_eq!(found.is_some(), is_live);
    }
}

async fn a_change_of_password_ends_the_email_tokens_too<P: Place>() {
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    let session = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    let context = EmailContext::ResetPassword;
    let token = store.create_email_token(&pool, 1, &context, "a@b.c", Live::Many).await.unwrap();
    assert_eq!(store.end_all(&pool, 1, EndAll::Sessions).await.unwrap().len(), 1);
    assert!(store.verify_email_token(&pool, &context, &token, None).await.unwrap().is_some());
    assert_eq!(store.lookup(&pool, session.secret_bytes()).await.unwrap(), None);
    let session = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    let ended = store.end_all(&pool, 1, EndAll::SessionsAndEmailTokens).await.unwrap();
    assert_eq!(ended.len(), 1, "e-mail tokens have no sockets");
    assert_eq!(ended[0].live_socket_topic, store.live_socket_topic(&session));
    assert_eq!(store.verify_email_token(&pool, &context, &token, None).await.unwrap(), None);
}

async fn with_the_users_table_the_address_must_still_be_the_user_s<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let id = if P::NAME.contains("Maria") { "bigint unsigned" } else { "bigint" };
    let id = if P::NAME.contains("SQLite") { "integer" } else { id };
    P::run(
        &pool,
        &format!("CREATE TABLE members (id {id} PRIMARY KEY, user_id int, email varchar(160))"),
    )
    .await;
    P::run(&pool, "INSERT INTO members (id, user_id, email) VALUES (1, 7, 'a@example.com')").await;
    let settings = Settings::new().users("members", "id", "email");
    Store::create_table(&pool, &settings).await.unwrap();
    let store = Store::open(&pool, settings).await.unwrap();
    for (context, _) in every_context() {
        let token = store.create_email_token(&pool, 1, &context, "a@example.com", Live::Many);
        let token = token.await.unwrap();
        P::run(&pool, "UPDATE members SET email = 'b@example.com'").await;
        let verified = store.verify_email_token(&pool, &context, &token, None).await.unwrap();
        let is_change = context.kind() == EmailKind::Change;
        assert_eq!(verified.is_some(), is_change, "{context:?}");
        P::run(&pool, "UPDATE members SET email = 'a@example.com'").await;
        assert!(store.verify_email_token(&pool, &context, &token, None).await.unwrap().is_some());
        assert!(store.consume_email_token(&pool, &context, &token, None).await.unwrap().is_some());
    }
    let session = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    P::run(&pool, "DELETE FROM members").await;
    assert_eq!(store.lookup(&pool, session.secret_bytes()).await.unwrap(), None, "it cascades");
    assert!(matches!(
        store.create(&pool, 1, &NewSession::new()).await,
        Err(StoreError::Database(_))
    ));
}

async fn an_address_that_has_no_room_is_an_error<P: Place>() {
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    let long = "ä".repeat(249);
    let context = EmailContext::Change(long.clone());
    let made = store.create_email_token(&pool, 1, &context, "a@b.c", Live::Many).await;
    assert!(matches!(made, Err(StoreError::AddressTooLong)));
    assert_eq!(store.verify_email_token(&pool, &context, "x", None).await.unwrap(), None);
    let context = EmailContext::Change(long[2..].into());
    store.create_email_token(&pool, 1, &context, "a@b.c", Live::Many).await.unwrap();
}

/// Making one that is alone waits for its turn, but not for one who waits for a lock.
#[cfg(feature = "postgres")]
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_lock_holds_up_nobody_else() {
    use crate::databases::postgres::Postgres;
    // The turn is waited for a second at most, and the lock for longer.
    let settings = Settings::new().timeout(Duration::from_secs(8));
    let Some((pool, store)) = made::<Postgres>(settings).await else { return };
    let make = |user: i64| {
        let (pool, store) = (pool.clone(), store.clone());
        let made = async move {
            let context = EmailContext::Login;
            store.create_email_token(&pool, user, &context, "a@b.c", Live::One).await
        };
        tokio::spawn(made)
    };
    make(0).await.unwrap().unwrap();
    let mut holder = pool.begin().await.unwrap();
    Postgres::run_in(&mut holder, "SELECT 1 FROM users_tokens FOR UPDATE").await;
    let held_up = make(0);
    let others: Vec<_> = (1..=12).map(make).collect();
    for other in others {
        other.await.unwrap().unwrap();
    }
    assert!(!held_up.is_finished());
    holder.rollback().await.unwrap();
    held_up.await.unwrap().unwrap();
}

on_every_database! {
    an_email_token_is_used_once_in_its_context_and_time
    a_change_of_one_address_is_not_that_of_another
    an_email_token_opens_no_session_and_a_session_token_is_no_email_token
    one_live_token_if_asked
    a_change_of_password_ends_the_email_tokens_too
    with_the_users_table_the_address_must_still_be_the_user_s
    an_address_that_has_no_room_is_an_error
}
