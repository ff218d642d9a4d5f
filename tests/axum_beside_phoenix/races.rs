//! A link beside what else locks rows of the same user.

use std::time::Duration;

use sqlx::PgPool;

use crate::{
    MIGRATION, bobs, cases,
    databases::{Place as _, postgres::Postgres},
    phoenix_sends_bob_a_link, site, uses_link,
};

/// Until so many of the database's connections wait for a row; for ever is not waited.
async fn until_waiting(pool: &PgPool, connections: i64) {
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let asked = async {
        while Postgres::number(pool, waiting).await != connections {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), asked).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_links_at_once_that_would_confirm_the_account_one_signs_in() {
    let Some(pool) = Postgres::fresh().await else { return };
    sqlx::raw_sql(MIGRATION).execute(&pool).await.unwrap();
    let site = site(&pool, &cases().remove(0).phoenix).await;
    phoenix_sends_bob_a_link(&pool, &[7; 32]).await;

    let mut holder = pool.begin().await.unwrap();
    Postgres::run_in(&mut holder, r#"SELECT FROM "users" WHERE "id" = 2 FOR UPDATE"#).await;
    let let_go = async {
        until_waiting(&pool, 2).await;
        holder.commit().await.unwrap();
    };
    let ((_, one), (_, other), ()) =
        tokio::join!(uses_link(&site, &[7; 32]), uses_link(&site, &[1; 32]), let_go);
    let mut locations = [one.location(), other.location()];
    locations.sort_unstable();
    assert_eq!(locations, [Some("/users/log-in"), Some("/users/sessions")]);
    assert_eq!(bobs(&pool, "count(t.*) = 1").await, "true", "the new session alone is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_confirms_the_account_lets_a_reissue_finish_and_ends_what_it_made() {
    let Some(pool) = Postgres::fresh().await else { return };
    sqlx::raw_sql(MIGRATION).execute(&pool).await.unwrap();
    let site = site(&pool, &cases().remove(0).phoenix).await;
    phoenix_sends_bob_a_link(&pool, &[7; 32]).await;

    // Holds the link where it has the user's row.
    let trigger = r#"
        CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
          'BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NEW; END';
        CREATE TRIGGER wait BEFORE UPDATE ON "users" FOR EACH ROW EXECUTE FUNCTION wait()"#;
    Postgres::run(&pool, trigger).await;
    let mut reissue = pool.begin().await.unwrap();
    Postgres::run_in(&mut reissue, "SELECT pg_advisory_xact_lock(1)").await;
    let session = r#"SELECT FROM "users_tokens" WHERE "user_id" = 2 AND "context" = 'session'"#;
    Postgres::run_in(&mut reissue, &format!("{session} FOR UPDATE")).await;
    let finish = async {
        until_waiting(&pool, 1).await;
        let insert = r#"INSERT INTO "users_tokens" ("context", "token", "user_id", "inserted_at")
                        VALUES ('session', sha256('2'), 2, now() AT TIME ZONE 'UTC')"#;
        Postgres::run_in(&mut reissue, insert).await; // a deadlock where it waits for the link
        reissue.commit().await.unwrap();
    };
    let ((_, answer), ()) = tokio::join!(uses_link(&site, &[7; 32]), finish);
    assert_eq!(answer.location(), Some("/users/sessions"));
    assert_eq!(bobs(&pool, "count(t.*) = 1").await, "true", "the new session alone is left");
}
