//! The service on the PostgreSQL database of a Phoenix application, of which it makes nothing.

use std::{env, error::Error, sync::Arc, time::Duration};

use phoenix_token::{
    SecretKeyBase,
    axum::{Release, UserAuth},
    cookie::{RememberMe, SessionCookie},
    store::{Column, EmailContext, EndAll, Id, IdType, Settings, Store, StoreError, TableProblem},
};
use sqlx::PgPool;

use super::{Answer, Send, Service, Users};

/// What the Phoenix application has in its configuration.
pub(crate) struct Phoenix {
    /// `url:` of its `Repo`.
    pub(crate) database_url: String,
    /// `secret_key_base:` of its endpoint.
    pub(crate) secret_key_base: String,
    /// Its name in `mix.exs`, such as `my_app`.
    pub(crate) app: String,
    /// `signing_salt:` of the `@session_options` in `endpoint.ex`.
    pub(crate) signing_salt: String,
    /// `encryption_salt:`, where there is one.
    pub(crate) encryption_salt: Option<String>,
    /// Another `secret_key_base:` whose cookies are read as well, while it is being changed.
    pub(crate) other_secret_key_base: Option<String>,
}

impl Phoenix {
    /// From the variables `DATABASE_URL`, `SECRET_KEY_BASE`, `PHOENIX_APP` and `SIGNING_SALT`; and
    /// `ENCRYPTION_SALT`, where sessions are encrypted, `OTHER_SECRET_KEY_BASE` during a rotation.
    pub(crate) fn from_env() -> Result<Self, Box<dyn Error>> {
        let variable = |name: &str| env::var(name).map_err(|_| format!("{name} is not set"));
        Ok(Self {
            database_url: variable("DATABASE_URL")?,
            secret_key_base: variable("SECRET_KEY_BASE")?,
            app: variable("PHOENIX_APP")?,
            signing_salt: variable("SIGNING_SALT")?,
            encryption_salt: env::var("ENCRYPTION_SALT").ok(),
            other_secret_key_base: env::var("OTHER_SECRET_KEY_BASE").ok(),
        })
    }

    /// The session cookie and the remember-me cookie under this secret.
    fn cookies(
        &self,
        secret: &SecretKeyBase,
        release: Release,
    ) -> Result<(SessionCookie, RememberMe), Box<dyn Error>> {
        let session = match &self.encryption_salt {
            None => SessionCookie::signed(secret, &self.signing_salt)?,
            Some(salt) => SessionCookie::encrypted(secret, salt, &self.signing_salt)?,
        };
        let options = RememberMe::options(&self.app).max_age(match release {
            Release::V1_7 => RememberMe::MAX_AGE_1_7,
            Release::V1_8 => RememberMe::MAX_AGE,
        });
        Ok((session, RememberMe::with_options(secret, options)?))
    }
}

pub(crate) async fn service(
    phoenix: &Phoenix,
    origin: String,
    send: Send,
) -> Result<Service, Box<dyn Error>> {
    on(&PgPool::connect(&phoenix.database_url).await?, phoenix, origin, send).await
}

/// The same on a pool that is there already.
pub(crate) async fn on(
    pool: &PgPool,
    phoenix: &Phoenix,
    origin: String,
    send: Send,
) -> Result<Service, Box<dyn Error>> {
    let (store, release) = open(pool).await?;
    let secret = SecretKeyBase::new(phoenix.secret_key_base.as_str())?;
    let (session, remember_me) = phoenix.cookies(&secret, release)?;
    let mut auth = UserAuth::new(&secret, &phoenix.app, session, store.clone(), pool.clone())?
        .release(release)
        .remember_me(remember_me)
        .log_in_path("/users/log-in")
        .signed_in_path("/users/sessions")
        .secure(origin.starts_with("https://"));
    if let Some(other) = &phoenix.other_secret_key_base {
        let other = SecretKeyBase::new(other.as_str())?;
        let (session, remember_me) = phoenix.cookies(&other, release)?;
        auth = auth.also_read(session, remember_me)?;
    }
    let users = Arc::new(InPostgres(store.clone(), pool.clone()));
    Ok(Service { auth, users, links: Arc::new((store, pool.clone())), send, origin })
}

/// With the release of phx.gen.auth that made the table: that of 1.7 has no `authenticated_at`.
async fn open(pool: &PgPool) -> Result<(Store<sqlx::Postgres>, Release), StoreError> {
    // A log-out ends one row; the one before a reissue ends by itself.
    let settings = Settings::new().users("users", "id", "email").grace(Duration::from_secs(60));
    let store = with_its_ids(pool, settings.clone()).await?;
    if store.has_column(Column::AuthenticatedAt) {
        return Ok((store, Release::V1_8));
    }
    let sixty_days = settings.validity(Duration::from_secs(60 * 86_400));
    Ok((with_its_ids(pool, sixty_days).await?, Release::V1_7))
}

/// The ids are integers, or UUIDs where the application was made with `--binary-id`.
async fn with_its_ids(
    pool: &PgPool,
    settings: Settings,
) -> Result<Store<sqlx::Postgres>, StoreError> {
    match Store::open(pool, settings.clone()).await {
        Err(StoreError::Table { problem: TableProblem::WrongType { .. }, .. }) => {
            Store::open(pool, settings.id_type(IdType::Uuid)).await
        }
        opened => opened,
    }
}

struct InPostgres(Store<sqlx::Postgres>, PgPool);

impl Users for InPostgres {
    /// Only who has confirmed their address, as a link confirms it: what an unconfirmed account holds
    /// may be someone else's.
    fn by_email<'a>(&'a self, email: &'a str) -> Answer<'a, Option<Id>> {
        Box::pin(async move {
            let sql = "SELECT id::text FROM users
                       WHERE email = $1::citext AND confirmed_at IS NOT NULL";
            let id: Option<String> =
                sqlx::query_scalar(sql).bind(email).fetch_optional(&self.1).await?;
            Ok(id.and_then(|id| id.parse().ok()))
        })
    }

    fn email(&self, id: Id) -> Answer<'_, Option<String>> {
        Box::pin(async move {
            let query = match id {
                Id::Integer(id) => {
                    sqlx::query_scalar("SELECT email::text FROM users WHERE id = $1").bind(id)
                }
                Id::Uuid(_) => {
                    sqlx::query_scalar("SELECT email::text FROM users WHERE id = $1::text::uuid")
                        .bind(id.to_string())
                }
            };
            Ok(query.fetch_optional(&self.1).await?)
        })
    }

    /// A link of Phoenix's is as good as one of ours, so also the one that confirms a new account.
    fn take_link<'a>(&'a self, token: &'a str) -> Answer<'a, Option<Id>> {
        Box::pin(async move {
            let (store, login) = (&self.0, &EmailContext::Login);
            let mut transaction = self.1.begin().await?;
            let link = store.verify_email_token(&mut transaction, login, token, None).await?;
            let Some(link) = link else { return Ok(None) };
            // The user's row before the token, or two links of one user would wait for each other.
            // The id is a number or a UUID; the row is found by the address, which has an index.
            let (id, email) = (link.user_id.to_string(), link.sent_to.unwrap_or_default());
            let sql = "SELECT confirmed_at IS NOT NULL, hashed_password IS NOT NULL FROM users
                       WHERE id::text = $1 AND email = $2::citext FOR NO KEY UPDATE";
            let user = sqlx::query_as(sql).bind(&id).bind(&email);
            let user: Option<(bool, bool)> = user.fetch_optional(&mut *transaction).await?;
            // Whoever chose a password before they confirmed may not be who reads this mail.
            let Some((is_confirmed, _)) = user.filter(|user| *user != (false, true)) else {
                return Ok(None);
            };
            let link = store.consume_email_token(&mut transaction, login, token, None).await?;
            let Some(link) = link else { return Ok(None) };
            if !is_confirmed {
                let sql = "UPDATE users SET (confirmed_at, updated_at) =
                             (SELECT now, now FROM date_trunc('second', now() AT TIME ZONE 'UTC') AS now)
                           WHERE id::text = $1 AND email = $2::citext";
                let confirmed = sqlx::query(sql).bind(&id).bind(&email);
                confirmed.execute(&mut *transaction).await?;
                let everything = EndAll::SessionsAndEmailTokens;
                // As everywhere in the examples, the live sockets of what has ended are not told.
                store.end_all(&mut transaction, link.user_id, everything).await?;
            }
            transaction.commit().await?;
            Ok(Some(link.user_id))
        })
    }
}
