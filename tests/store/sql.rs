//! The statements: each finds its rows by an index, and says what it takes.

use phoenix_token::store::{
    Backend, EmailContext, Expired, IdType, Operation, Param, Settings, Sql, Statement, Store,
};
use sqlx::Pool;

use crate::{
    databases::{self, Place, TestClock},
    ecto::{blob, is_postgres, is_sqlite},
};

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
             FROM (SELECT 1 + a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n AS i \
               FROM {digits} AS a, {digits} AS b, {digits} AS c, {digits} AS d, {digits} AS e \
               WHERE e.n < 3) AS all_of; \
             ANALYZE TABLE users_tokens",
            digits = "(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 \
                      UNION SELECT 5 UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)"
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

on_every_database! {
    every_statement_uses_an_index
    by_the_database_s_clock_this_process_s_says_nothing
}
