//! The example `beside_phoenix` on a database that Ecto made, with rows and cookies that Phoenix wrote.
#![cfg(all(feature = "axum", feature = "postgres"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test may panic and print"
)]

#[path = "../common/databases.rs"]
mod databases;
#[path = "../common/jar.rs"]
mod jar;
mod races;
#[path = "../../examples/service/mod.rs"]
#[allow(dead_code, reason = "the examples use the rest")]
mod service;

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::connect_info::MockConnectInfo, http::StatusCode};
use databases::{Place as _, postgres::Postgres};
use jar::Jar;
use phoenix_token::{
    SecretKeyBase, Timestamp,
    cookie::{RememberMe, SessionCookie},
    store::SessionToken,
};
use serde_json::Value;
use service::postgres::Phoenix;
use sqlx::{AssertSqlSafe, PgPool};

const KEY: &str = "_my_app_key";
const REMEMBER_ME: &str = "_my_app_web_user_remember_me";

/// The migration of phx.gen.auth 1.8, as Ecto runs it, with one user who has confirmed her address and
/// one who has not.
const MIGRATION: &str = r#"
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TABLE "users" ("id" bigserial, "email" citext NOT NULL, "hashed_password" varchar(255),
  "confirmed_at" timestamp(0), "inserted_at" timestamp(0) NOT NULL, "updated_at" timestamp(0) NOT NULL,
  PRIMARY KEY ("id"));
CREATE UNIQUE INDEX "users_email_index" ON "users" ("email");
CREATE TABLE "users_tokens" ("id" bigserial,
  "user_id" bigint NOT NULL CONSTRAINT "users_tokens_user_id_fkey" REFERENCES "users" ("id") ON DELETE CASCADE,
  "token" bytea NOT NULL, "context" varchar(255) NOT NULL, "sent_to" varchar(255),
  "authenticated_at" timestamp(0), "inserted_at" timestamp(0) NOT NULL, PRIMARY KEY ("id"));
CREATE INDEX "users_tokens_user_id_index" ON "users_tokens" ("user_id");
CREATE UNIQUE INDEX "users_tokens_context_token_index" ON "users_tokens" ("context", "token");
INSERT INTO "users" ("email", "confirmed_at", "inserted_at", "updated_at") VALUES
  ('Ann@example.com', '2026-01-02', '2026-01-02', '2026-01-02'),
  ('bob@example.com', NULL, '2026-01-02', '2026-01-02');
"#;

/// The same with `--binary-id`.
fn with_uuids() -> String {
    let keys = MIGRATION.replace("bigserial", "uuid DEFAULT gen_random_uuid()");
    keys.replace("bigint", "uuid")
}

/// One application of Phoenix, with a session that it wrote.
struct Case {
    phoenix: Phoenix,
    cookie: String,
    token: Vec<u8>,
}

/// Those of the answers of the real library in which a user is logged in.
fn cases() -> Vec<Case> {
    let file = std::fs::read_to_string("vectors/plug_crypto-2.1.1/session_cookie.json").unwrap();
    let file: Value = serde_json::from_str(&file).unwrap();
    let mut cases = Vec::new();
    for case in file["cases"].as_array().unwrap() {
        let text = |key: &str| case[key].as_str().map(str::to_owned);
        let phoenix = Phoenix {
            database_url: String::new(),
            secret_key_base: text("secret_key_base").unwrap(),
            app: "my_app".into(),
            signing_salt: text("signing_salt").unwrap(),
            encryption_salt: text("encryption_salt"),
            other_secret_key_base: None,
        };
        let cookie = text("cookie").unwrap();
        let session = session_cookie(&phoenix).read(&cookie).unwrap_or_default();
        if let Some(token) = session.user_token() {
            cases.push(Case { token: token.to_vec(), phoenix, cookie });
        }
    }
    assert!(cases.len() >= 7 && cases.iter().any(|it| it.phoenix.encryption_salt.is_some()));
    cases
}

fn session_cookie(phoenix: &Phoenix) -> SessionCookie {
    let secret = secret(phoenix);
    match &phoenix.encryption_salt {
        None => SessionCookie::signed(&secret, &phoenix.signing_salt).unwrap(),
        Some(salt) => SessionCookie::encrypted(&secret, salt, &phoenix.signing_salt).unwrap(),
    }
}

fn secret(phoenix: &Phoenix) -> SecretKeyBase {
    SecretKeyBase::new(phoenix.secret_key_base.as_str()).unwrap()
}

struct Site {
    app: Router,
    links: Arc<Mutex<Vec<String>>>,
}

async fn site(pool: &PgPool, phoenix: &Phoenix) -> Site {
    let links = Arc::new(Mutex::new(Vec::new()));
    let printed = links.clone();
    let send = Arc::new(move |_: &str, link: &str| printed.lock().unwrap().push(link.into()));
    let service = service::postgres::on(pool, phoenix, "http://localhost".into(), send).await;
    let client = MockConnectInfo(SocketAddr::from(([192, 0, 2, 1], 50_000)));
    Site { app: service::app(service.unwrap()).layer(client), links }
}

/// `Repo.insert!(user_token)`
async fn phoenix_inserts(pool: &PgPool, token: &[u8]) {
    let sql = r#"INSERT INTO "users_tokens" ("context","token","authenticated_at","user_id","inserted_at")
                 SELECT 'session', $1, now() AT TIME ZONE 'UTC', "id", now() AT TIME ZONE 'UTC'
                 FROM "users" WHERE "email" = 'ann@example.com'"#;
    sqlx::query(sql).bind(token).execute(pool).await.unwrap();
}

/// `verify_session_token_query/1`
async fn phoenix_knows(pool: &PgPool, token: &[u8]) -> Option<String> {
    let sql = r#"SELECT u1."email"::text FROM "users_tokens" AS u0
                 INNER JOIN "users" AS u1 ON u1."id" = u0."user_id"
                 WHERE u0."token" = $1 AND u0."context" = 'session'
                 AND u0."inserted_at" > (now() AT TIME ZONE 'UTC') - interval '14 days'"#;
    sqlx::query_scalar(sql).bind(token).fetch_optional(pool).await.unwrap()
}

/// The value of the form's hidden field.
fn csrf(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"_csrf_token\" value=\"").unwrap();
    format!("_csrf_token={}", rest.split_once('"').unwrap().0)
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_phoenix_logged_in_is_logged_in_here_and_logged_out_there() {
    for migration in [MIGRATION.to_owned(), with_uuids()] {
        let Some(pool) = Postgres::fresh().await else { return };
        sqlx::raw_sql(AssertSqlSafe(migration)).execute(&pool).await.unwrap();
        for case in cases() {
            let site = site(&pool, &case.phoenix).await;
            let mut jar = Jar::default();
            jar.cookies.insert(KEY.into(), case.cookie.clone());
            let asked = jar.get(&site.app, "/users/sessions").await;
            assert_eq!(
                (asked.status, asked.location()),
                (StatusCode::FOUND, Some("/users/log-in"))
            );

            jar.cookies.insert(KEY.into(), case.cookie.clone());
            phoenix_inserts(&pool, &case.token).await;
            let page = jar.get(&site.app, "/users/sessions").await;
            assert_eq!(page.status, StatusCode::OK);
            assert!(page.body.contains("Ann@example.com"), "{}", page.body);
            let answer = jar.post_form(&site.app, "/users/log-out", &csrf(&page.body)).await;
            assert_eq!(answer.location(), Some("/"));
            assert_eq!(phoenix_knows(&pool, &case.token).await, None);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_here_is_known_to_phoenix_by_either_cookie() {
    for migration in [MIGRATION.to_owned(), with_uuids()] {
        let Some(pool) = Postgres::fresh().await else { return };
        sqlx::raw_sql(AssertSqlSafe(migration)).execute(&pool).await.unwrap();
        for case in cases() {
            let site = site(&pool, &case.phoenix).await;
            let mut jar = Jar::default();
            let form = csrf(&jar.get(&site.app, "/users/log-in").await.body);
            let asked = format!("{form}&email=aNN%40example.com");
            jar.post_form(&site.app, "/users/log-in", &asked).await;
            let link = site.links.lock().unwrap().pop().unwrap();
            let path = link.strip_prefix("http://localhost").unwrap();
            let form = csrf(&jar.get(&site.app, path).await.body);
            let answer = jar.post_form(&site.app, path, &format!("{form}&remember_me=true")).await;
            assert_eq!(answer.location(), Some("/users/sessions"));

            let session = jar.session(&session_cookie(&case.phoenix), KEY);
            let token = *session.user_token().unwrap();
            assert_eq!(phoenix_knows(&pool, &token).await.as_deref(), Some("Ann@example.com"));
            let remember_me = RememberMe::new(&secret(&case.phoenix), "my_app").unwrap();
            let remembered = remember_me.read(jar.cookies[REMEMBER_ME].as_str()).unwrap();
            assert_eq!(remembered.data, token);
            assert!(remembered.expires_at().unwrap() > Timestamp::now());
            assert!(!answer.set_cookies()[0].contains("; secure"), "the origin is http");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_goes_only_to_who_has_confirmed_their_address() {
    let Some(pool) = Postgres::fresh().await else { return };
    sqlx::raw_sql(MIGRATION).execute(&pool).await.unwrap();
    let case = cases().remove(0);
    let site = site(&pool, &case.phoenix).await;
    let mut jar = Jar::default();
    let form = csrf(&jar.get(&site.app, "/users/log-in").await.body);
    for (address, links) in [("bob@example.com", 0), ("eve@example.com", 0), ("Ann@example.com", 1)]
    {
        let form = format!("{form}&email={address}");
        let answer = jar.post_form(&site.app, "/users/log-in", &form).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let page = jar.get(&site.app, "/users/log-in").await.body;
        assert!(page.contains("If that address is known here"), "the same for all");
        assert_eq!(site.links.lock().unwrap().len(), links, "{address}");
    }
}

/// `deliver_login_instructions/2` for Bob, and the rows that someone else may hold of his account.
async fn phoenix_sends_bob_a_link(pool: &PgPool, token: &[u8; 32]) {
    let sql = r#"INSERT INTO "users_tokens" ("context","token","sent_to","user_id","inserted_at")
                 SELECT context, token, sent_to, "id", now() AT TIME ZONE 'UTC' FROM "users", (VALUES
                   ('login', sha256($1), 'bob@example.com'), ('session', $2, NULL),
                   ('login', sha256($2), 'bob@example.com')) AS rows (context, token, sent_to)
                 WHERE "email" = 'bob@example.com'"#;
    sqlx::query(sql).bind(&token[..]).bind(&[1_u8; 32][..]).execute(pool).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_registration_confirms_the_account_and_ends_all_that_was_there_before() {
    for migration in [MIGRATION.to_owned(), with_uuids()] {
        let Some(pool) = Postgres::fresh().await else { return };
        sqlx::raw_sql(AssertSqlSafe(migration)).execute(&pool).await.unwrap();
        let case = cases().remove(0);
        let site = site(&pool, &case.phoenix).await;
        phoenix_sends_bob_a_link(&pool, &[7; 32]).await;
        phoenix_inserts(&pool, &[9; 32]).await;

        let (jar, answer) = uses_link(&site, &[7; 32]).await;
        assert_eq!(answer.location(), Some("/users/sessions"));
        let token = *jar.session(&session_cookie(&case.phoenix), KEY).user_token().unwrap();
        assert_eq!(phoenix_knows(&pool, &token).await.as_deref(), Some("bob@example.com"));
        assert_eq!(phoenix_knows(&pool, &[1; 32]).await, None);
        let confirmed = "count(t.*) = 1 AND bool_and(confirmed_at <= now() AT TIME ZONE 'UTC')";
        assert_eq!(bobs(&pool, confirmed).await, "true", "the new session alone is left");
        let ann = phoenix_knows(&pool, &[9; 32]).await;
        assert_eq!(ann.as_deref(), Some("Ann@example.com"), "another's session stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_an_unconfirmed_account_with_a_password_signs_nobody_in() {
    let Some(pool) = Postgres::fresh().await else { return };
    sqlx::raw_sql(MIGRATION).execute(&pool).await.unwrap();
    let case = cases().remove(0);
    let site = site(&pool, &case.phoenix).await;
    phoenix_sends_bob_a_link(&pool, &[7; 32]).await;
    let password = r#"UPDATE "users" SET "hashed_password" = '$2b$12$' WHERE "id" = 2"#;
    sqlx::raw_sql(password).execute(&pool).await.unwrap();

    let (jar, answer) = uses_link(&site, &[7; 32]).await;
    assert_eq!(answer.location(), Some("/users/log-in"));
    assert_eq!(jar.session(&session_cookie(&case.phoenix), KEY).user_token(), None);
    let unchanged = "count(t.*) = 3 AND bool_and(confirmed_at IS NULL)";
    assert_eq!(bobs(&pool, unchanged).await, "true", "as upstream, which raises");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_of_a_confirmed_account_ends_nothing_but_itself() {
    let Some(pool) = Postgres::fresh().await else { return };
    sqlx::raw_sql(MIGRATION).execute(&pool).await.unwrap();
    let case = cases().remove(0);
    let site = site(&pool, &case.phoenix).await;
    phoenix_sends_bob_a_link(&pool, &[7; 32]).await;
    let confirmed =
        r#"UPDATE "users" SET "hashed_password" = '$2b$12$', "confirmed_at" = '2026-01-03'"#;
    sqlx::raw_sql(confirmed).execute(&pool).await.unwrap();

    let (_, answer) = uses_link(&site, &[7; 32]).await;
    assert_eq!(answer.location(), Some("/users/sessions"));
    let others = "count(t.*) = 3 AND bool_and(confirmed_at = '2026-01-03')";
    assert_eq!(bobs(&pool, others).await, "true", "the new session, and all but the link");
    let (_, again) = uses_link(&site, &[7; 32]).await;
    assert_eq!(again.location(), Some("/users/log-in"), "it works once");
}

/// What holds of Bob's row `u` and his tokens `t`.
async fn bobs(pool: &PgPool, condition: &str) -> String {
    let sql = format!(
        r#"SELECT ({condition})::text FROM "users" AS u JOIN "users_tokens" AS t ON t."user_id" = u."id"
           WHERE u."email" = 'bob@example.com'"#
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(pool).await.unwrap()
}

/// Presses the button of the page that the link leads to, in a browser of its own.
async fn uses_link(site: &Site, token: &[u8; 32]) -> (Jar, jar::Answer) {
    let mut jar = Jar::default();
    let form = csrf(&jar.get(&site.app, "/users/log-in").await.body);
    let path = format!("/users/log-in/{}", SessionToken::from_bytes(token).unwrap().to_base64url());
    let answer = jar.post_form(&site.app, &path, &form).await;
    (jar, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_of_1_7_keeps_its_sessions_for_sixty_days() {
    let Some(pool) = Postgres::fresh().await else { return };
    let migration = MIGRATION.replace(r#""authenticated_at" timestamp(0), "#, "");
    sqlx::raw_sql(AssertSqlSafe(migration)).execute(&pool).await.unwrap();
    let case = cases().remove(0);
    let sql = r#"INSERT INTO "users_tokens" ("context","token","user_id","inserted_at")
                 VALUES ('session', $1, 1, now() AT TIME ZONE 'UTC' - interval '59 days')"#;
    sqlx::query(sql).bind(case.token.as_slice()).execute(&pool).await.unwrap();
    let site = site(&pool, &case.phoenix).await;
    let mut jar = Jar::default();
    jar.cookies.insert(KEY.into(), case.cookie.clone());
    let page = jar.get(&site.app, "/users/sessions").await;
    assert!(page.body.contains("Ann@example.com"), "{}", page.body);
    assert_eq!(
        jar.session(&session_cookie(&case.phoenix), KEY).user_token(),
        Some(&case.token[..].try_into().unwrap()),
        "nothing is reissued"
    );
    sqlx::query(r#"UPDATE "users_tokens" SET "inserted_at" = "inserted_at" - interval '2 days'"#)
        .execute(&pool)
        .await
        .unwrap();
    let asked = jar.get(&site.app, "/users/sessions").await;
    assert_eq!(asked.location(), Some("/users/log-in"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_for_an_error_brings_the_cookies_of_its_response_and_the_style_sheet_none() {
    let Some(pool) = Postgres::fresh().await else { return };
    sqlx::raw_sql(MIGRATION).execute(&pool).await.unwrap();
    let case = cases().remove(0);
    let site = site(&pool, &case.phoenix).await;
    phoenix_inserts(&pool, &case.token).await;
    sqlx::query(r#"UPDATE "users_tokens" SET "inserted_at" = "inserted_at" - interval '8 days'"#)
        .execute(&pool)
        .await
        .unwrap();
    let mut jar = Jar::default();
    jar.cookies.insert(KEY.into(), case.cookie.clone());
    let style = jar.get(&site.app, "/style.css").await;
    assert_eq!((style.status, style.set_cookies().len()), (StatusCode::OK, 0));
    assert_eq!(style.headers["cache-control"], "public, max-age=3600");
    assert_eq!(style.headers["x-content-type-options"], "nosniff");

    let answer = jar.get(&site.app, "/nowhere").await;
    assert_eq!((answer.status, answer.set_names()), (StatusCode::NOT_FOUND, vec![KEY]));
    assert_eq!(answer.headers["cache-control"], "max-age=0, private, must-revalidate");
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    assert!(answer.body.contains("There is no such page."), "{}", answer.body);
    let token = *jar.session(&session_cookie(&case.phoenix), KEY).user_token().unwrap();
    assert_ne!(case.token, token);
    assert_eq!(phoenix_knows(&pool, &token).await.as_deref(), Some("Ann@example.com"));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_secret_is_changed_the_cookies_of_both_are_read() {
    let Some(pool) = Postgres::fresh().await else { return };
    sqlx::raw_sql(MIGRATION).execute(&pool).await.unwrap();
    let mut case = cases().remove(0);
    let old = case.phoenix.secret_key_base.clone();
    phoenix_inserts(&pool, &case.token).await;
    case.phoenix.secret_key_base = old.chars().rev().collect();
    let mut jar = Jar::default();
    jar.cookies.insert(KEY.into(), case.cookie.clone());
    let asked = jar.get(&site(&pool, &case.phoenix).await.app, "/users/sessions").await;
    assert_eq!(asked.location(), Some("/users/log-in"));
    case.phoenix.other_secret_key_base = Some(old);
    jar.cookies.insert(KEY.into(), case.cookie.clone());
    let page = jar.get(&site(&pool, &case.phoenix).await.app, "/users/sessions").await;
    assert_eq!(page.status, StatusCode::OK);
    case.phoenix.other_secret_key_base = None;
    let page = jar.get(&site(&pool, &case.phoenix).await.app, "/users/sessions").await;
    assert_eq!(page.status, StatusCode::OK, "the page before has written it anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_to_sign_out_is_one_that_phoenix_takes_as_well() {
    let Some(pool) = Postgres::fresh().await else { return };
    sqlx::raw_sql(MIGRATION).execute(&pool).await.unwrap();
    let case = cases().remove(0);
    let site = site(&pool, &case.phoenix).await;
    phoenix_inserts(&pool, &case.token).await;
    let mut jar = Jar::default();
    jar.cookies.insert(KEY.into(), case.cookie.clone());
    let page = jar.get(&site.app, "/users/sessions").await.body;
    let (_, form) = page.split_once(r#"action="/users/log-out">"#).unwrap();
    let (form, _) = form.split_once("</form>").unwrap();
    assert!(form.contains(r#"name="_method" value="delete""#), "{form}");
}
