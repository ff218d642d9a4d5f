//! Ecto's own tables, and literals as each database writes them.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(missing_docs, unreachable_pub, reason = "a test's helper")]

use phoenix_token::store::IdType;

use crate::databases::Place;

pub const UUID: &str = "0186fa3d-1c2f-4c4f-9aaa-1234567890ab";

pub fn is_postgres<P: Place>() -> bool {
    P::NAME.starts_with("PostgreSQL")
}

pub fn is_sqlite<P: Place>() -> bool {
    P::NAME.starts_with("SQLite")
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A literal of bytes.
pub fn blob<P: Place>(bytes: &[u8]) -> String {
    if is_postgres::<P>() {
        format!("'\\x{}'::bytea", hex(bytes))
    } else {
        format!("x'{}'", hex(bytes))
    }
}

/// A UUID as Ecto keeps it on this database.
pub fn uuid<P: Place>(text: &str) -> String {
    if is_postgres::<P>() || is_sqlite::<P>() {
        format!("'{text}'")
    } else {
        format!("x'{}'", text.replace('-', ""))
    }
}

/// What Ecto's migration of phx.gen.auth runs, with one user in it.
pub fn ecto<P: Place>(id_type: IdType, authenticated_at: bool) -> String {
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
