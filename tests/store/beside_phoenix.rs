//! A table of Ecto's, shared with a Phoenix that runs beside.

use phoenix_token::{
    Timestamp,
    store::{
        Column, EmailContext, EndAll, Expired, Id, IdType, Live, NewSession, Param, Precision,
        SessionToken, Settings, Store, TokenStorage,
    },
};

use crate::{
    databases::{self, Place, TestClock},
    ecto::{UUID, blob, ecto, is_postgres, is_sqlite, uuid},
};

/// The look-up of phx.gen.auth, as Ecto writes it for each database, at this time.
fn phoenix_lookup<P: Place>(token: &SessionToken, now: &str) -> String {
    let ago = if is_postgres::<P>() {
        format!("'{now}'::timestamp + (-14::numeric * interval '1 day')")
    } else if is_sqlite::<P>() {
        format!("CAST (strftime('%Y-%m-%d %H:%M:%f000Z','{now}',-14 || ' day') AS TEXT)")
    } else {
        format!("date_add('{now}', interval -14 day)")
    };
    format!(
        "SELECT COUNT(*) FROM users_tokens AS u0 INNER JOIN users AS u1 ON u1.id = u0.user_id \
         WHERE u0.token = {} AND u0.context = 'session' AND u0.inserted_at > {ago}",
        blob::<P>(token.secret_bytes())
    )
}

async fn a_table_of_ecto_is_shared_with_phoenix<P: Place>() {
    for id_type in [IdType::Integer, IdType::Uuid] {
        for authenticated_at in [true, false] {
            shared::<P>(id_type, authenticated_at).await;
        }
    }
}

async fn shared<P: Place>(id_type: IdType, has_authenticated_at: bool) {
    let Some(pool) = P::fresh().await else { return };
    P::run(&pool, &ecto::<P>(id_type, has_authenticated_at)).await;
    let clock = TestClock::new();
    let settings = Settings::new().id_type(id_type).users("users", "id", "email");
    let store = Store::open(&pool, clock.on(settings.clone())).await.unwrap();
    let by_database = Store::open(&pool, settings).await.unwrap();
    assert_eq!(store.has_column(Column::AuthenticatedAt), has_authenticated_at);
    let (user, literal) = match id_type {
        IdType::Integer => (Id::from(1), "1".to_owned()),
        IdType::Uuid => (UUID.parse().unwrap(), uuid::<P>(UUID)),
    };

    // A row of Phoenix's, as Ecto inserts it.
    let token = SessionToken::from_bytes(&[7; 32]).unwrap();
    let (mut columns, mut values) = (String::new(), String::new());
    if has_authenticated_at {
        (columns, values) = (", authenticated_at".into(), ", '2026-01-02T03:00:00'".into());
    }
    if id_type == IdType::Uuid {
        columns += ", id";
        values = format!("{values}, {}", uuid::<P>("11111111-1111-4111-8111-111111111111"));
    }
    let insert = format!(
        "INSERT INTO users_tokens (token, context, user_id, inserted_at{columns}) \
         VALUES ({}, 'session', {literal}, '2026-01-02T03:04:05'{values})",
        blob::<P>(token.secret_bytes())
    );
    P::run(&pool, &insert).await;
    let found = store.lookup(&pool, token.secret_bytes()).await.unwrap().unwrap();
    assert_eq!(found.user_id, user);
    assert_eq!(found.inserted_at, Timestamp::from_secs(1_767_323_045));
    let authenticated_at = has_authenticated_at.then(|| Timestamp::from_secs(1_767_322_800));
    assert_eq!(found.authenticated_at, authenticated_at);
    assert_eq!(found.is_sudo(std::time::Duration::from_secs(1200)), has_authenticated_at);
    assert!(!store.touch(&pool, token.secret_bytes()).await.unwrap(), "it has no such column");

    // Rows of ours, found by Phoenix's query.
    let device = NewSession::new().user_agent("a browser").ip_address([127, 0, 0, 1]);
    let made = store.create(&pool, user, &device).await.unwrap();
    assert_eq!(made.session.user_agent, None, "it has no such column");
    let reissued = store.reissue(&pool, token.secret_bytes()).await.unwrap().unwrap();
    let renewed = store.renew(&pool, token.secret_bytes()).await.unwrap().unwrap();
    for token in [&made.token, &reissued.token, &renewed] {
        for (now, expected) in [("2026-01-16T03:04:04", 1), ("2026-01-17T03:04:05", 0)] {
            let count = P::number(&pool, &phoenix_lookup::<P>(token, now)).await;
            assert_eq!(count, expected, "{now}");
        }
    }
    let made = by_database.create(&pool, user, &NewSession::new()).await.unwrap();
    let lookup = phoenix_lookup::<P>(&made.token, &text(made.session.read_at));
    assert_eq!(P::number(&pool, &lookup).await, 1);

    // The address is compared as Phoenix's own query does: between varchar and citext PostgreSQL
    // takes the case into account.
    let send = |to| {
        let (pool, store) = (&pool, &store);
        async move {
            let made = store.create_email_token(pool, user, &EmailContext::Login, to, Live::One);
            let token = made.await.unwrap();
            store.consume_email_token(pool, &EmailContext::Login, &token, None).await.unwrap()
        }
    };
    assert!(send("Ann@example.com").await.is_some());
    let same = "SELECT COUNT(*) FROM users WHERE CAST('ann@example.com' AS varchar(160)) = email";
    let is_same = !is_postgres::<P>() && !is_sqlite::<P>() || P::number(&pool, same).await == 1;
    assert_eq!(send("ann@example.com").await.is_some(), is_same);
    assert!(send("bob@example.com").await.is_none());
    let ended = store.end_all(&pool, user, EndAll::SessionsAndEmailTokens).await.unwrap();
    assert_eq!(ended.len(), 4);
}

/// Sigra keeps SHA-256 of a token in the same table.
async fn hashed_tokens_are_sigras<P: Place>() {
    use sha2::Digest as _;
    let Some(pool) = P::fresh().await else { return };
    P::run(&pool, &ecto::<P>(IdType::Integer, true)).await;
    let clock = TestClock::new();
    let settings = clock.on(Settings::new().token_storage(TokenStorage::Sha256));
    let store = Store::open(&pool, settings).await.unwrap();
    let digest = |token: &[u8; 32]| <[u8; 32]>::from(sha2::Sha256::digest(token));

    // A row of Sigra's. Whoever reads the table opens nothing.
    let token = [7; 32];
    let insert = format!(
        "INSERT INTO users_tokens (user_id, token, context, inserted_at) \
         VALUES (1, {}, 'session', '2026-01-02T03:04:05')",
        blob::<P>(&digest(&token))
    );
    P::run(&pool, &insert).await;
    assert_eq!(store.lookup(&pool, &token).await.unwrap().unwrap().user_id, 1.into());
    assert_eq!(store.lookup(&pool, &digest(&token)).await.unwrap(), None);

    // Rows of ours are as Sigra's.
    let made = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
    let renewed = store.renew(&pool, &token).await.unwrap().unwrap();
    for token in [made, renewed] {
        let digest = blob::<P>(&digest(token.secret_bytes()));
        let count = format!("SELECT COUNT(*) FROM users_tokens WHERE token = {digest}");
        assert_eq!(P::number(&pool, &count).await, 1);
    }
    assert_eq!(store.end_all(&pool, 1, EndAll::Sessions).await.unwrap().len(), 2);
}

fn text(time: Timestamp) -> String {
    // 2026-01-02T03:04:05 by way of the database would prove less; by hand it is short enough.
    let secs = time.as_millis().div_euclid(1000);
    let (days, secs) = (secs.div_euclid(86_400), secs.rem_euclid(86_400));
    let mut year = 1970;
    let mut left = days;
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    while left >= 365 + i64::from(is_leap(year)) {
        left -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + i64::from(is_leap(year));
    let mut month = 1;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if left < days {
            break;
        }
        left -= days;
        month += 1;
    }
    let (hour, minute, second) = (secs / 3600, secs / 60 % 60, secs % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}", left + 1)
}

async fn the_lookup_can_join_the_users<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    P::run(&pool, &ecto::<P>(IdType::Integer, true)).await;
    let store = Store::open(&pool, Settings::new()).await.unwrap();
    store.create(&pool, 1, &NewSession::new()).await.unwrap();
    let statement = store.lookup_sql("u.email", "JOIN users AS u ON u.id = t.user_id");
    assert_eq!(statement.params()[0], Param::Token);
    let token = P::texts(&pool, "SELECT context FROM users_tokens").await;
    assert_eq!(token, ["session"]);
    let any = statement.text().replace(" = ?", " <> ?").replace(" = $1", " <> $1");
    let mut statement = filled_text::<P>(&any);
    statement = statement.replace("u.email", "CAST(u.email AS CHAR(15))");
    assert_eq!(P::texts(&pool, &statement).await, ["Ann@example.com"]);
}

fn filled_text<P: Place>(text: &str) -> String {
    let token = blob::<P>(&[3; 32]);
    let text = text.replacen("$1::bytea", &token, 1).replacen('?', &token, 1);
    text.replacen('?', "'2026-01-02T03:04:05.000'", 1)
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_reads_each_form_of_time_to_the_second() {
    use databases::sqlite::SqliteMemory as Sqlite;
    let pool = Sqlite::fresh().await.unwrap();
    let clock = TestClock::new();
    let settings = clock.on(Settings::new().precision(Precision::Microseconds));
    Store::create_table(&pool, &settings).await.unwrap();
    let store = Store::open(&pool, settings).await.unwrap();
    let day = 14 * 86_400;
    let forms = ["T03:04:05", " 03:04:05", "T03:04:05Z", "T03:04:05.000000", " 03:04:05.000000Z"];
    for (index, form) in forms.iter().enumerate() {
        let token = blob::<Sqlite>(&[u8::try_from(index).unwrap(); 32]);
        Sqlite::run(
            &pool,
            &format!(
                "INSERT INTO users_tokens (user_id, token, context, inserted_at) \
                 VALUES (1, {token}, 'session', '2026-01-02{form}')"
            ),
        )
        .await;
    }
    clock.advance(std::time::Duration::from_millis(day * 1000 - 1));
    assert_eq!(store.count(&pool, 1).await.unwrap(), 5);
    assert_eq!(store.list(&pool, 1, None, 9, 0).await.unwrap().len(), 5);
    clock.advance(std::time::Duration::from_millis(1));
    assert_eq!(store.count(&pool, 1).await.unwrap(), 0);
    clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(store.delete_expired(&pool, Expired::Sessions, 9).await.unwrap(), 5);
}

on_every_database! {
    a_table_of_ecto_is_shared_with_phoenix
    hashed_tokens_are_sigras
    the_lookup_can_join_the_users
}
