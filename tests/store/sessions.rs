//! What each operation does, on every database.

use std::time::Duration;

use phoenix_token::store::{
    Column, EmailContext, EmailKind, EndAll, Id, IdType, Live, NewSession, Param, Precision,
    SessionToken, Settings, Store, Sweep, TokenStorage,
};
use sqlx::Pool;

use crate::databases::{Place, TestClock, made};

const DAY: Duration = Duration::from_secs(86_400);

/// Every way to keep ids, tokens and times.
fn every_way() -> Vec<(Settings, Id, Id)> {
    let integers = (Id::from(1), Id::from(2));
    let uuids = (Id::from([1; 16]), Id::from([0xfe; 16]));
    let storages = [
        TokenStorage::Raw,
        TokenStorage::Sha256,
        TokenStorage::Both { raw_until: phoenix_token::Timestamp::from_secs(0) },
    ];
    let mut all = Vec::new();
    for storage in storages {
        for (id_type, (user, other)) in [(IdType::Integer, integers), (IdType::Uuid, uuids)] {
            for precision in [Precision::Seconds, Precision::Microseconds] {
                let settings = Settings::new()
                    .table(format!("tokens_{}", all.len()))
                    .token_storage(storage)
                    .id_type(id_type)
                    .precision(precision);
                all.push((settings, user, other));
            }
        }
    }
    all
}

async fn a_session_lives_from_its_creation_to_its_end<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    for (settings, user, other) in every_way() {
        for given in [false, true] {
            let settings =
                if given { TestClock::new().on(settings.clone()) } else { settings.clone() };
            Store::create_table(&pool, &settings).await.unwrap();
            Store::create_table(&pool, &settings).await.unwrap();
            let store = Store::open(&pool, settings).await.unwrap();
            lives(&pool, &store, user, other).await;
        }
    }
}

async fn lives<DB: phoenix_token::store::Backend>(
    pool: &Pool<DB>,
    store: &Store<DB>,
    user: Id,
    other: Id,
) {
    let device = NewSession::new().user_agent("A browser\0").ip_address([192, 0, 2, 1]);
    let made = store.create(pool, user, &device).await.unwrap();
    let token = made.token.secret_bytes();
    let session = store.lookup(pool, token).await.unwrap().unwrap();
    assert_eq!(session.user_id, user);
    assert_eq!(session.handle, made.session.handle);
    assert_eq!(session.inserted_at, made.session.inserted_at);
    assert_eq!(session.authenticated_at, Some(session.inserted_at));
    assert_eq!(session.user_agent.as_deref(), Some("A browser"));
    assert_eq!(session.ip_address.as_deref(), Some("192.0.2.1"));
    assert_eq!(session.last_seen_at, None);
    assert!(session.is_sudo(Duration::from_secs(1200)) && !session.is_sudo(Duration::ZERO));
    assert!(!store.should_reissue(&session));
    assert_eq!(store.lookup(pool, &[0; 32]).await.unwrap(), None);

    assert!(store.touch(pool, token).await.unwrap());
    assert!(!store.touch(pool, token).await.unwrap(), "a minute has not passed");
    let touched = store.lookup_fresh(pool, token).await.unwrap().unwrap();
    assert!(touched.last_seen_at >= Some(session.inserted_at));

    let reissued = store.reissue(pool, token).await.unwrap().unwrap();
    assert_eq!(reissued.session.authenticated_at, session.authenticated_at);
    assert_eq!(reissued.session.user_agent, session.user_agent);
    assert_ne!(reissued.session.handle, session.handle);
    assert!(store.lookup(pool, token).await.unwrap().is_some(), "the old one stays");

    let renewed = store.renew(pool, token).await.unwrap().unwrap();
    assert_eq!(store.lookup(pool, token).await.unwrap(), None);
    assert_eq!(store.renew(pool, token).await.unwrap(), None);
    assert_eq!(store.reissue(pool, token).await.unwrap().map(drop), None);
    let token = renewed.secret_bytes();
    assert!(store.lookup(pool, token).await.unwrap().is_some());

    let foreign = store.create(pool, other, &NewSession::new()).await.unwrap();
    let third = store.create(pool, user, &NewSession::new()).await.unwrap();
    assert_eq!(store.count(pool, user).await.unwrap(), 3);
    let listed = store.list(pool, user, Some(token), 10, 0).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!(listed.iter().filter(|it| it.is_current).count(), 1);
    assert!(listed.windows(2).all(|pair| pair[0].inserted_at >= pair[1].inserted_at));
    let pages = [
        store.list(pool, user, Some(token), 2, 0).await.unwrap(),
        store.list(pool, user, Some(token), 2, 2).await.unwrap(),
    ];
    let handles = |list: &[phoenix_token::store::Session]| {
        list.iter().map(|it| it.handle).collect::<Vec<_>>()
    };
    assert_eq!(handles(&pages.concat()), handles(&listed));

    let handle = third.session.handle;
    assert_eq!(store.end_by_handle(pool, other, handle).await.unwrap(), None, "not theirs");
    let ended = store.end_by_handle(pool, user, handle).await.unwrap().unwrap();
    assert_eq!(ended.live_socket_topic, store.live_socket_topic(&third.token));
    assert_eq!((ended.user_id, ended.handle), (user, Some(handle)));
    let shown = format!(
        "Ended {{ user_id: {user:?}, handle: {:?}, live_socket_topic: [secret elided] }}",
        ended.handle
    );
    assert_eq!(format!("{ended:?}"), shown);
    assert_eq!(store.lookup(pool, third.token.secret_bytes()).await.unwrap(), None);

    let ended = store.end_others(pool, user, token).await.unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!(ended[0].live_socket_topic, store.live_socket_topic(&reissued.token));
    assert!(store.lookup(pool, token).await.unwrap().is_some(), "the current one stays");

    let fourth = store.create(pool, user, &NewSession::new()).await.unwrap();
    let ended = store.end(pool, token).await.unwrap().unwrap();
    assert_eq!(ended.live_socket_topic, store.live_socket_topic(&renewed));
    assert_eq!(store.end(pool, token).await.unwrap(), None);
    assert_eq!(store.lookup(pool, token).await.unwrap(), None);
    assert!(!store.touch(pool, token).await.unwrap());

    assert_eq!(store.end_all(pool, user, EndAll::Sessions).await.unwrap().len(), 1);
    assert_eq!(store.lookup(pool, fourth.token.secret_bytes()).await.unwrap(), None);
    assert_eq!(store.count(pool, user).await.unwrap(), 0);
    assert!(store.lookup(pool, foreign.token.secret_bytes()).await.unwrap().is_some());
    store.end_all(pool, other, EndAll::SessionsAndEmailTokens).await.unwrap();
}

async fn a_session_is_valid_for_its_validity_and_not_a_millisecond_longer<P: Place>() {
    let clock = TestClock::new();
    let Some((pool, store)) = made::<P>(clock.on(Settings::new())).await else { return };
    clock.advance(Duration::from_millis(999));
    let made = store.create(&pool, 1, &NewSession::new()).await.unwrap();
    let token = made.token.secret_bytes();
    clock.advance(7 * DAY - Duration::from_millis(1000));
    let session = store.lookup(&pool, token).await.unwrap().unwrap();
    assert!(!store.should_reissue(&session));
    clock.advance(Duration::from_millis(1));
    let session = store.lookup(&pool, token).await.unwrap().unwrap();
    assert!(store.should_reissue(&session), "the row was made at the whole second");
    clock.advance(7 * DAY - Duration::from_millis(1));
    assert!(store.lookup(&pool, token).await.unwrap().is_some());
    clock.advance(Duration::from_millis(1));
    assert_eq!(store.lookup(&pool, token).await.unwrap(), None);
    assert_eq!(store.reissue(&pool, token).await.unwrap().map(drop), None);
    assert_eq!(store.renew(&pool, token).await.unwrap(), None);
    assert_eq!(store.count(&pool, 1).await.unwrap(), 0);
    clock.go_back(DAY);
    assert_eq!(store.lookup(&pool, token).await.unwrap(), None, "the clock never goes back");
}

async fn the_database_s_clock_is_in_utc_and_says_when_a_session_ends<P: Place>() {
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    let made = store.create(&pool, 1, &NewSession::new()).await.unwrap();
    let now = phoenix_token::Timestamp::now().as_millis();
    assert!((now - made.session.inserted_at.as_millis()).abs() < 5_000, "UTC");
    assert!((now - made.session.read_at.as_millis()).abs() < 5_000, "UTC");
    let short = Settings::new().validity(Duration::from_millis(100));
    let short = Store::open(&pool, short).await.unwrap();
    tokio::time::sleep(Duration::from_millis(150)).await;
    let token = made.token.secret_bytes();
    assert_eq!(short.lookup(&pool, token).await.unwrap(), None);
    assert!(store.lookup(&pool, token).await.unwrap().is_some());
}

async fn what_is_no_token_is_not_found_and_asks_nobody<P: Place>() {
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    pool.close().await;
    for bytes in [&[][..], &[0; 31], &[0; 33], &[0; 1 << 16]] {
        assert_eq!(store.lookup(&pool, bytes).await.unwrap(), None);
        assert_eq!(store.lookup_fresh(&pool, bytes).await.unwrap(), None);
        assert_eq!(store.end(&pool, bytes).await.unwrap(), None);
        assert_eq!(store.renew(&pool, bytes).await.unwrap(), None);
        assert!(!store.touch(&pool, bytes).await.unwrap());
    }
}

async fn a_transaction_of_the_caller_decides<P: Place>() {
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    let kept = store.create(&pool, 1, &NewSession::new()).await.unwrap();
    let mut transaction = pool.begin().await.unwrap();
    let lost = store.create(&mut transaction, 1, &NewSession::new()).await.unwrap();
    store.end(&mut transaction, kept.token.secret_bytes()).await.unwrap();
    assert_eq!(store.count(&mut transaction, 1).await.unwrap(), 1);
    transaction.rollback().await.unwrap();
    assert_eq!(store.lookup(&pool, lost.token.secret_bytes()).await.unwrap(), None);
    assert!(store.lookup(&pool, kept.token.secret_bytes()).await.unwrap().is_some());
}

async fn while_moving_to_hashes_both_are_read_and_a_stolen_digest_opens_nothing_new<P: Place>() {
    let clock = TestClock::new();
    let Some((pool, raw)) = made::<P>(clock.on(Settings::new())).await else { return };
    let old = raw.create(&pool, 1, &NewSession::new()).await.unwrap();
    clock.advance(DAY);
    let storage = TokenStorage::Both { raw_until: clock.now() };
    let moving = clock.on(Settings::new().token_storage(storage));
    let moving = Store::open(&pool, moving).await.unwrap();
    assert!(moving.lookup(&pool, old.token.secret_bytes()).await.unwrap().is_some());
    let new = moving.create(&pool, 1, &NewSession::new()).await.unwrap();
    assert!(moving.lookup(&pool, new.token.secret_bytes()).await.unwrap().is_some());
    assert_eq!(raw.lookup(&pool, new.token.secret_bytes()).await.unwrap(), None);
    let listed = moving.list(&pool, 1, Some(old.token.secret_bytes()), 9, 0).await.unwrap();
    assert_eq!(listed.iter().map(|it| it.is_current).collect::<Vec<_>>(), [false, true]);

    use sha2::Digest as _;
    let digest: [u8; 32] = sha2::Sha256::digest(new.token.secret_bytes()).into();
    assert_eq!(moving.lookup(&pool, &digest).await.unwrap(), None);

    let renewed = moving.renew(&pool, old.token.secret_bytes()).await.unwrap().unwrap();
    assert!(moving.lookup(&pool, renewed.secret_bytes()).await.unwrap().is_some());
    let others = moving.end_others(&pool, 1, renewed.secret_bytes()).await.unwrap();
    assert_eq!(others.len(), 1);
    assert!(moving.end(&pool, renewed.secret_bytes()).await.unwrap().is_some());
}

async fn a_digest_made_in_the_second_of_the_move_to_hashes_opens_nothing<P: Place>() {
    use sha2::Digest as _;
    let clock = TestClock::new();
    clock.advance(Duration::from_millis(700));
    let storage = TokenStorage::Both { raw_until: clock.now() };
    let settings = clock.on(Settings::new().token_storage(storage));
    let Some((pool, store)) = made::<P>(settings).await else { return };
    clock.advance(Duration::from_millis(100));
    let new = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    let digest: [u8; 32] = sha2::Sha256::digest(new.secret_bytes()).into();
    assert_eq!(store.lookup(&pool, &digest).await.unwrap(), None);
    assert!(store.lookup(&pool, new.secret_bytes()).await.unwrap().is_some());
}

async fn a_session_may_be_valid_for_ever<P: Place>() {
    let for_ever = Settings::new()
        .validity(Duration::MAX)
        .grace(Duration::MAX)
        .email_validity(EmailKind::Login, Duration::MAX);
    for settings in [for_ever.clone(), TestClock::new().on(for_ever)] {
        let Some((pool, store)) = made::<P>(settings).await else { return };
        let token = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
        assert!(store.lookup(&pool, token.secret_bytes()).await.unwrap().is_some());
        assert!(store.reissue(&pool, token.secret_bytes()).await.unwrap().is_some());
        let (login, live) = (EmailContext::Login, Live::One);
        let token = store.create_email_token(&pool, 1, &login, "a@b.c", live).await.unwrap();
        assert_eq!(store.sweep(&pool, &Sweep::default()).await.unwrap(), 0);
        assert!(store.consume_email_token(&pool, &login, &token, None).await.unwrap().is_some());
        assert_eq!(store.count(&pool, 1).await.unwrap(), 2);
    }
}

async fn the_wrong_kind_of_id_is_an_error<P: Place>() {
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    let error = store.create(&pool, [0; 16], &NewSession::new()).await.unwrap_err();
    assert_eq!(error.to_string(), "the id is not of its column's type");
}

async fn credentials_may_have_been_given_before<P: Place>() {
    let clock = TestClock::new();
    let Some((pool, store)) = made::<P>(clock.on(Settings::new())).await else { return };
    let before = clock.now();
    clock.advance(DAY);
    let new = NewSession::new().authenticated_at(before);
    let made = store.create(&pool, 1, &new).await.unwrap();
    let session = store.lookup(&pool, made.token.secret_bytes()).await.unwrap().unwrap();
    assert_eq!(session.authenticated_at, Some(before));
    assert_eq!(session.inserted_at, clock.now());
    assert!(session.is_sudo(DAY + Duration::from_millis(1)) && !session.is_sudo(DAY));
}

async fn a_store_knows_which_optional_columns_its_table_has<P: Place>() {
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    assert!(store.has_column(Column::IpAddress) && store.has_column(Column::Token));
    P::run(&pool, "ALTER TABLE users_tokens DROP COLUMN ip_address").await;
    let store = Store::open(&pool, Settings::new()).await.unwrap();
    assert!(!store.has_column(Column::IpAddress) && store.has_column(Column::Token));
    let device = NewSession::new().user_agent("A browser").ip_address([192, 0, 2, 1]);
    let made = store.create(&pool, 1, &device).await.unwrap();
    let session = store.lookup(&pool, made.token.secret_bytes()).await.unwrap().unwrap();
    assert_eq!(session.user_agent.as_deref(), Some("A browser"));
    assert_eq!(session.ip_address, None);
    let printed = format!("{store:?} {:?}", store.reader(&pool, &pool));
    assert!(printed.starts_with("Store { settings:") && printed.contains(" Reader {"), "{printed}");
}

async fn a_look_up_may_have_columns_and_a_join_of_the_caller_s<P: Place>()
where
    for<'r> String: sqlx::Decode<'r, P::DB> + sqlx::Type<P::DB>,
    for<'r> Option<Vec<u8>>: sqlx::Decode<'r, P::DB> + sqlx::Type<P::DB>,
    &'static str: sqlx::ColumnIndex<<P::DB as sqlx::Database>::Row>,
{
    let clock = TestClock::new();
    for given in [false, true] {
        let settings = Settings::new().token_storage(TokenStorage::Sha256);
        let settings = if given { clock.on(settings) } else { settings };
        let Some((pool, store)) = made::<P>(settings).await else { return };
        P::run(&pool, "CREATE TABLE people (id bigint, email varchar(99))").await;
        P::run(&pool, "INSERT INTO people VALUES (1, 'a@b.c'), (2, 'd@e.f')").await;
        let statement = store.lookup_sql("u.email", "JOIN people AS u ON u.id = t.user_id");
        assert_eq!(statement.params().first(), Some(&Param::Token));
        let token = store.create(&pool, 2, &NewSession::new()).await.unwrap().token;
        let found = store.lookup_row(&pool, &statement, token.secret_bytes()).await.unwrap();
        let (session, row) = found.unwrap();
        assert_eq!((session.user_id, session.is_current), (Id::from(2), true));
        assert_eq!(sqlx::Row::get::<String, _>(&row, "email"), "d@e.f");
        let shown = sqlx::Row::get::<Option<Vec<u8>>, _>(&row, "token");
        assert_eq!(shown, None, "rows are printed");
        for other in [&[7; 32][..], b"no token"] {
            assert!(store.lookup_row(&pool, &statement, other).await.unwrap().is_none());
        }
        P::run(&pool, "DELETE FROM people").await;
        let found = store.lookup_row(&pool, &statement, token.secret_bytes()).await.unwrap();
        assert!(found.is_none(), "the join finds nobody");
    }
}

async fn two_tokens_are_never_the_same<P: Place>() {
    let Some((pool, store)) = made::<P>(Settings::new()).await else { return };
    let mut seen: Vec<SessionToken> = Vec::new();
    for _ in 0..50 {
        let made = store.create(&pool, 1, &NewSession::new()).await.unwrap();
        assert!(!seen.contains(&made.token));
        seen.push(made.token);
    }
}

on_every_database! {
    a_session_lives_from_its_creation_to_its_end
    a_session_is_valid_for_its_validity_and_not_a_millisecond_longer
    the_database_s_clock_is_in_utc_and_says_when_a_session_ends
    what_is_no_token_is_not_found_and_asks_nobody
    a_transaction_of_the_caller_decides
    while_moving_to_hashes_both_are_read_and_a_stolen_digest_opens_nothing_new
    a_digest_made_in_the_second_of_the_move_to_hashes_opens_nothing
    a_session_may_be_valid_for_ever
    the_wrong_kind_of_id_is_an_error
    credentials_may_have_been_given_before
    a_look_up_may_have_columns_and_a_join_of_the_caller_s
    a_store_knows_which_optional_columns_its_table_has
    two_tokens_are_never_the_same
}
