//! The table: Ecto's own, one of the store's making, and what is none.
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
    reason = "a test may panic"
)]

#[path = "common/databases.rs"]
mod databases;

use databases::{Place, TestClock};
use phoenix_token::{
    Timestamp,
    store::{
        Backend, Column, EmailContext, EndAll, Expired, Id, IdType, Live, NewSession, Operation,
        Param, Precision, SessionToken, Settings, Sql, Statement, Store, StoreError,
    },
};
use sqlx::Pool;

const UUID: &str = "0186fa3d-1c2f-4c4f-9aaa-1234567890ab";

fn is_postgres<P: Place>() -> bool {
    P::NAME.starts_with("PostgreSQL")
}

fn is_sqlite<P: Place>() -> bool {
    P::NAME.starts_with("SQLite")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A literal of bytes.
fn blob<P: Place>(bytes: &[u8]) -> String {
    if is_postgres::<P>() {
        format!("'\\x{}'::bytea", hex(bytes))
    } else {
        format!("x'{}'", hex(bytes))
    }
}

/// A UUID as Ecto keeps it on this database.
fn uuid<P: Place>(text: &str) -> String {
    if is_postgres::<P>() || is_sqlite::<P>() {
        format!("'{text}'")
    } else {
        format!("x'{}'", text.replace('-', ""))
    }
}

/// What Ecto's migration of phx.gen.auth runs, with one user in it.
fn ecto<P: Place>(id_type: IdType, authenticated_at: bool) -> String {
    let is_uuid = id_type == IdType::Uuid;
    let (key, id, email, token, string, time) = if is_postgres::<P>() {
        let (key, id) = if is_uuid { ("uuid", "uuid") } else { ("bigserial", "bigint") };
        (key, id, "citext", "bytea", "varchar(255)", "timestamp(0)")
    } else if is_sqlite::<P>() {
        let key = if is_uuid { "TEXT PRIMARY KEY" } else { "INTEGER PRIMARY KEY AUTOINCREMENT" };
        let id = if is_uuid { "TEXT" } else { "INTEGER" };
        (key, id, "TEXT COLLATE NOCASE", "BLOB", "TEXT", "TEXT")
    } else {
        let (key, id) = if is_uuid {
            ("binary(16) NOT NULL", "binary(16)")
        } else {
            ("bigint unsigned NOT NULL AUTO_INCREMENT", "bigint unsigned")
        };
        (key, id, "varchar(160)", "varbinary(32)", "varchar(255)", "datetime")
    };
    let primary = if is_sqlite::<P>() { "" } else { ", PRIMARY KEY (id)" };
    let extension = if is_postgres::<P>() { "CREATE EXTENSION IF NOT EXISTS citext;" } else { "" };
    let authenticated_at =
        if authenticated_at { format!("authenticated_at {time},") } else { String::new() };
    let user = if is_uuid { uuid::<P>(UUID) } else { "1".into() };
    format!(
        "{extension}
         CREATE TABLE users (id {key}, email {email} NOT NULL, inserted_at {time} NOT NULL,
           updated_at {time} NOT NULL {primary});
         CREATE UNIQUE INDEX users_email_index ON users (email);
         CREATE TABLE users_tokens (id {key},
           user_id {id} NOT NULL REFERENCES users (id) ON DELETE CASCADE,
           token {token} NOT NULL, context {string} NOT NULL, sent_to {string},
           {authenticated_at} inserted_at {time} NOT NULL {primary});
         CREATE INDEX users_tokens_user_id_index ON users_tokens (user_id);
         CREATE UNIQUE INDEX users_tokens_context_token_index ON users_tokens (context, token);
         INSERT INTO users (id, email, inserted_at, updated_at)
           VALUES ({user}, 'Ann@example.com', '2026-01-02T03:04:05', '2026-01-02T03:04:05');"
    )
}

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

async fn a_table_that_is_none_is_named_at_start<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let open = |settings| {
        let pool = &pool;
        async move { Store::open(pool, settings).await.unwrap_err().to_string() }
    };
    assert_eq!(open(Settings::new()).await, "table users_tokens: there is no such table");
    P::run(&pool, &ecto::<P>(IdType::Integer, true)).await;
    let renamed = Settings::new().column(Column::UserId, "account_id");
    assert_eq!(open(renamed).await, "table users_tokens: there is no column account_id");
    let message = open(Settings::new().id_type(IdType::Uuid)).await;
    assert!(message.starts_with("table users_tokens: column id is of type "), "{message}");
    let swapped = Settings::new().column(Column::Token, "context");
    let message = open(swapped).await;
    assert!(message.starts_with("table users_tokens: column context is of type "), "{message}");
    let swapped = Settings::new().column(Column::LastSeenAt, "sent_to");
    if !is_sqlite::<P>() {
        let message = open(swapped).await;
        assert!(message.starts_with("table users_tokens: column sent_to is of type "), "{message}");
    }
    let people = Settings::new().users("people", "id", "email");
    assert_eq!(open(people).await, "table people: there is no such table");
    let mail = Settings::new().users("users", "id", "mail");
    assert_eq!(open(mail).await, "table users: there is no column mail");
    for name in ["users_tokens; DROP TABLE users", "\"", "`", "a'b", ""] {
        let message = open(Settings::new().table(name)).await;
        assert_eq!(message, format!("{name:?} is no name of a table or column"));
        assert!(matches!(
            Store::create_table(&pool, &Settings::new().schema(name)).await,
            Err(StoreError::Name(_))
        ));
    }
}

async fn names_are_the_settings_s_own<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let schema = databases::unique();
    let settings = Settings::new().table("Accounts-Tokens").live_socket_prefix("accounts_sessions");
    let settings = if is_sqlite::<P>() {
        settings.schema("main")
    } else {
        P::run(&pool, &format!("CREATE SCHEMA {schema}")).await;
        settings.schema(&schema)
    };
    let users = if is_sqlite::<P>() { "users".to_owned() } else { format!("{schema}.users") };
    let id = if P::NAME.contains("Maria") { "bigint unsigned" } else { "bigint" };
    let create = format!("CREATE TABLE {users} (id {id} PRIMARY KEY, mail varchar(160))");
    P::run(&pool, &create).await;
    P::run(&pool, &format!("INSERT INTO {users} VALUES (1, 'a@b.c')")).await;
    let settings = settings.users("users", "id", "mail");
    let names = [
        (Column::Id, "key"),
        (Column::UserId, "account_id"),
        (Column::Token, "select"),
        (Column::Context, "where"),
        (Column::SentTo, "to"),
        (Column::AuthenticatedAt, "since"),
        (Column::InsertedAt, "order"),
        (Column::UserAgent, "Agent"),
        (Column::IpAddress, "inet"),
        (Column::LastSeenAt, "last"),
    ];
    let settings =
        names.into_iter().fold(settings, |settings, (column, name)| settings.column(column, name));
    for _ in 0..2 {
        Store::create_table(&pool, &settings).await.unwrap();
    }
    let store = Store::open(&pool, settings).await.unwrap();
    let device = NewSession::new().user_agent("a browser").ip_address([127, 0, 0, 1]);
    let made = store.create(&pool, 1, &device).await.unwrap();
    assert_eq!(made.session.ip_address.as_deref(), Some("127.0.0.1"));
    assert!(store.touch(&pool, made.token.secret_bytes()).await.unwrap());
    let context = EmailContext::Confirm;
    let token = store.create_email_token(&pool, 1, &context, "a@b.c", Live::One).await.unwrap();
    assert!(store.consume_email_token(&pool, &context, &token, None).await.unwrap().is_some());
    assert_eq!(store.list(&pool, 1, None, 9, 0).await.unwrap().len(), 1);
    let ended = store.end_others(&pool, 1, &[0; 32]).await.unwrap();
    assert!(ended[0].live_socket_topic.starts_with("accounts_sessions:"));
    assert_eq!(store.delete_expired(&pool, Expired::Sessions, 9).await.unwrap(), 0);
}

/// Every statement, with a name for it.
fn statements<DB: Backend>(store: &Store<DB>) -> Vec<(String, Statement)> {
    let sql: &Sql = store.sql();
    let mut all: Vec<(String, &Operation)> = vec![
        ("create".into(), &sql.create),
        ("lookup".into(), &sql.lookup),
        ("reissue".into(), &sql.reissue),
        ("renew".into(), &sql.renew),
        ("touch".into(), sql.touch.as_ref().unwrap()),
        ("end".into(), &sql.end),
        ("end_by_handle".into(), &sql.end_by_handle),
        ("end_others".into(), &sql.end_others),
        ("end_all".into(), &sql.end_all),
        ("end_everything".into(), &sql.end_everything),
        ("list".into(), &sql.list),
        ("count".into(), &sql.count),
        ("create_email".into(), &sql.create_email),
        ("create_only_email".into(), &sql.create_only_email),
    ];
    for context in [
        EmailContext::Login,
        EmailContext::Change(String::new()),
        EmailContext::Confirm,
        EmailContext::ResetPassword,
    ] {
        let kind = context.kind();
        all.push((format!("verify {kind:?}"), sql.verify_email(kind)));
        all.push((format!("consume {kind:?}"), sql.consume_email(kind)));
    }
    for what in Expired::ALL {
        all.push((format!("expire {what:?}"), sql.delete_expired(what)));
    }
    let all = all.into_iter();
    all.flat_map(|(name, it)| it.statements().cloned().map(move |it| (name.clone(), it))).collect()
}

/// The statement with literals for its placeholders.
fn filled<P: Place>(statement: &Statement) -> String {
    let mut text = statement.text().to_owned();
    for (index, param) in statement.params().iter().enumerate() {
        let literal = match param {
            Param::Token | Param::RawToken | Param::NewToken => blob::<P>(&[3; 32]),
            Param::UserId | Param::Handle | Param::Limit => "7".into(),
            Param::Offset => "0".into(),
            Param::Context => "'login'".into(),
            Param::SentTo | Param::ExpectedSentTo => "'a@b.c'".into(),
            Param::Written(_) | Param::Ago(_) => "'2026-01-02T03:04:05.000'".into(),
            _ => "NULL".into(),
        };
        let placeholder =
            if is_postgres::<P>() { format!("${}", index + 1) } else { "?".to_owned() };
        // From the front for `?`; `$1` of `$11` from the back.
        text = text.replacen(&format!("{placeholder}:"), &format!("{literal}:"), 1).replacen(
            &placeholder,
            &literal,
            usize::from(!is_postgres::<P>()),
        );
    }
    text
}

async fn every_statement_uses_an_index<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let settings = Settings::new();
    Store::create_table(&pool, &settings).await.unwrap();
    let rows = "CASE WHEN i % 20 = 0 THEN 'login' WHEN i % 20 = 1 THEN 'change:a@b.c' \
                WHEN i % 20 = 2 THEN 'confirm' WHEN i % 20 = 3 THEN 'reset_password' \
                ELSE 'session' END, 'a@b.c'";
    let fill = if is_postgres::<P>() {
        format!(
            "INSERT INTO users_tokens (user_id, token, context, sent_to, inserted_at) \
             SELECT i % 3000, sha256(i::text::bytea), {rows}, \
               date_trunc('second', (now() AT TIME ZONE 'UTC') - i * INTERVAL '60 seconds') \
             FROM generate_series(1, 30000) AS i; ANALYZE users_tokens"
        )
    } else if is_sqlite::<P>() {
        format!(
            "INSERT INTO users_tokens (user_id, token, context, sent_to, inserted_at) \
             WITH RECURSIVE all_of(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM all_of WHERE i < 30000) \
             SELECT i % 3000, randomblob(32), {rows}, \
               strftime('%Y-%m-%dT%H:%M:%S', 'now', '-' || (i * 60) || ' seconds') FROM all_of; \
             ANALYZE"
        )
    } else {
        format!(
            "INSERT INTO users_tokens (user_id, token, context, sent_to, inserted_at) \
             SELECT i % 3000, UNHEX(SHA2(i, 256)), {rows}, UTC_TIMESTAMP() - INTERVAL i * 60 SECOND \
             FROM (SELECT seq AS i FROM seq_1_to_30000) AS all_of; \
             ANALYZE TABLE users_tokens"
        )
    };
    P::run(&pool, &fill).await;
    let without = plan::<P>(&pool, "SELECT * FROM users_tokens WHERE sent_to = 'x'").await;
    assert_eq!(scans(&without), 1, "the test would see it: {without}");
    for settings in [settings.clone(), TestClock::new().on(settings)] {
        let store = Store::open(&pool, settings).await.unwrap();
        for (name, statement) in statements(&store) {
            if statement.text().starts_with("INSERT") && !statement.text().contains("SELECT") {
                continue;
            }
            let filled = filled::<P>(&statement);
            let plan = plan::<P>(&pool, &filled).await;
            assert_eq!(scans(&plan), 0, "{name}: {filled}\n{plan}");
        }
    }
}

async fn plan<P: Place>(pool: &Pool<P::DB>, sql: &str) -> String {
    let explain = if is_sqlite::<P>() {
        "EXPLAIN QUERY PLAN"
    } else if is_postgres::<P>() {
        "EXPLAIN"
    } else {
        "EXPLAIN FORMAT=JSON"
    };
    P::texts(pool, &format!("{explain} {sql}")).await.join("\n")
}

/// How often a plan goes through the whole table.
fn scans(plan: &str) -> usize {
    let all =
        ["Seq Scan on users_tokens", "SCAN users_tokens", "SCAN t", "\"access_type\": \"ALL\""];
    let by_index = |scan| plan.matches(&format!("{scan} USING")).count();
    all.iter().map(|scan| plan.matches(scan).count() - by_index(scan)).sum()
}

async fn by_the_database_s_clock_this_process_s_says_nothing<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    Store::create_table(&pool, &Settings::new()).await.unwrap();
    let is_time = |param: &Param| matches!(param, Param::Written(_) | Param::Ago(_));
    for (settings, given) in
        [(Settings::new(), false), (TestClock::new().on(Settings::new()), true)]
    {
        let store = Store::open(&pool, settings.grace(std::time::Duration::ZERO)).await.unwrap();
        let statements = statements(&store);
        let timed = statements.iter().filter(|(_, it)| it.params().iter().any(is_time)).count();
        assert_eq!(timed > 0, given || is_sqlite::<P>(), "SQLite has no clock of its own");
    }
}

async fn many_may_make_the_table_at_once<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let all: Vec<_> = (0..8)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { Store::create_table(&pool, &Settings::new()).await })
        })
        .collect();
    for made in all {
        made.await.unwrap().unwrap();
    }
    Store::open(&pool, Settings::new()).await.unwrap();
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

#[cfg(feature = "postgres")]
#[tokio::test]
async fn postgres_infers_every_parameter_s_type_without_being_told() {
    use databases::postgres::Postgres;
    let Some(pool) = Postgres::fresh().await else { return };
    for id_type in [IdType::Integer, IdType::Uuid] {
        let settings = Settings::new().id_type(id_type).table(format!("{id_type:?}"));
        Store::create_table(&pool, &settings).await.unwrap();
        for settings in [settings.clone(), TestClock::new().on(settings)] {
            let store = Store::open(&pool, settings).await.unwrap();
            for (_, statement) in statements(&store) {
                let prepare = format!("PREPARE it AS {}; DEALLOCATE it", statement.text());
                Postgres::run(&pool, &prepare).await;
            }
        }
    }
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn an_address_may_be_inet() {
    use databases::postgres::Postgres;
    let Some(pool) = Postgres::fresh().await else { return };
    Store::create_table(&pool, &Settings::new()).await.unwrap();
    let alter = "ALTER TABLE users_tokens ALTER ip_address TYPE inet USING ip_address::inet";
    Postgres::run(&pool, alter).await;
    let store = Store::open(&pool, Settings::new()).await.unwrap();
    for address in ["192.0.2.1", "2001:db8::1"] {
        let address: std::net::IpAddr = address.parse().unwrap();
        let made = store.create(&pool, 1, &NewSession::new().ip_address(address)).await.unwrap();
        let found = store.lookup(&pool, made.token.secret_bytes()).await.unwrap().unwrap();
        assert_eq!(found.ip_address, Some(address.to_string()));
    }
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

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_keeps_uuids_as_blobs_where_the_table_does() {
    use databases::sqlite::SqliteMemory as Sqlite;
    let pool = Sqlite::fresh().await.unwrap();
    Sqlite::run(
        &pool,
        "CREATE TABLE users_tokens (id BLOB PRIMARY KEY, user_id BLOB NOT NULL, \
         token BLOB NOT NULL, context TEXT NOT NULL, sent_to TEXT, inserted_at TEXT NOT NULL)",
    )
    .await;
    let store = Store::open(&pool, Settings::new().id_type(IdType::Uuid)).await.unwrap();
    let user: Id = UUID.parse().unwrap();
    let made = store.create(&pool, user, &NewSession::new()).await.unwrap();
    let found = store.lookup(&pool, made.token.secret_bytes()).await.unwrap().unwrap();
    assert_eq!((found.user_id, found.handle), (user, made.session.handle));
    let types =
        Sqlite::texts(&pool, "SELECT typeof(id) || typeof(user_id) FROM users_tokens").await;
    assert_eq!(types, ["blobblob"]);
}

on_every_database! {
    a_table_of_ecto_is_shared_with_phoenix
    a_table_that_is_none_is_named_at_start
    names_are_the_settings_s_own
    every_statement_uses_an_index
    the_lookup_can_join_the_users
    by_the_database_s_clock_this_process_s_says_nothing
    many_may_make_the_table_at_once
}
