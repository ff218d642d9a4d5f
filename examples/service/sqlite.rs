//! The service on SQLite, with tables that it makes.

use std::{error::Error, sync::Arc, time::Duration};

use phoenix_token::{
    SecretKeyBase,
    axum::UserAuth,
    cookie::SessionCookie,
    store::{EmailContext, Id, Settings, Store, StoreError},
};
use sqlx::{SqlitePool, sqlite::SqlitePoolOptions};

use super::{Answer, Send, Service, Users};

/// On the database of this URL; whoever asks for a link gets an account.
pub(crate) async fn service(
    url: &str,
    secret: &SecretKeyBase,
    origin: String,
    send: Send,
) -> Result<Service, Box<dyn Error>> {
    let mut options = SqlitePoolOptions::new();
    if url.contains(":memory:") || url.contains("mode=memory") {
        // The last connection that is closed takes the database along, so one has to last. It would be
        // closed also where a request is dropped during its test.
        options = options.max_connections(1).idle_timeout(None).max_lifetime(None);
        options = options.test_before_acquire(false);
    }
    let pool = options.connect(url).await?;
    let users = "CREATE TABLE IF NOT EXISTS users (
                   id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE COLLATE NOCASE)";
    sqlx::query(users).execute(&pool).await?;

    // With the table of users named, a link works only while its address is still the user's.
    // A log-out ends one row; the one before a reissue ends by itself.
    let settings = Settings::new().users("users", "id", "email").grace(Duration::from_secs(60));
    Store::create_table(&pool, &settings).await?;
    let store = Store::open(&pool, settings).await?;

    let session_cookie = SessionCookie::encrypted(secret, "q8Nn3JwY", "Sb5x9SKE")?;
    let auth = UserAuth::new(secret, "sessions", session_cookie, store.clone(), pool.clone())?
        .log_in_path("/users/log-in")
        .signed_in_path("/users/sessions")
        .secure(false); // http://localhost
    Ok(Service {
        auth,
        users: Arc::new(InSqlite(store.clone(), pool.clone())),
        links: Arc::new((store, pool)),
        send,
        origin,
    })
}

struct InSqlite(Store<sqlx::Sqlite>, SqlitePool);

impl Users for InSqlite {
    fn by_email<'a>(&'a self, email: &'a str) -> Answer<'a, Option<Id>> {
        Box::pin(async move {
            let sql = "INSERT INTO users (email) VALUES (?)
                       ON CONFLICT (email) DO UPDATE SET email = users.email RETURNING id";
            let id: i64 = sqlx::query_scalar(sql).bind(email).fetch_one(&self.1).await?;
            Ok(Some(id.into()))
        })
    }

    fn email(&self, id: Id) -> Answer<'_, Option<String>> {
        Box::pin(async move {
            let Id::Integer(id) = id else { return Err(StoreError::IdType) };
            let sql = "SELECT email FROM users WHERE id = ?";
            Ok(sqlx::query_scalar(sql).bind(id).fetch_optional(&self.1).await?)
        })
    }

    /// There are no passwords and a link is the only way in, so nobody holds a session of this account
    /// who does not read its mail: nothing has to be confirmed.
    fn take_link<'a>(&'a self, token: &'a str) -> Answer<'a, Option<Id>> {
        Box::pin(async move {
            let link = self.0.consume_email_token(&self.1, &EmailContext::Login, token, None);
            Ok(link.await?.map(|link| link.user_id))
        })
    }
}
