//! Session tokens in a database, on the table that Phoenix already has.
//!
//! A signed cookie cannot be taken back. phx.gen.auth therefore keeps one random token per session
//! in `users_tokens`, so that one session, all, or all but this one can be ended. This store works
//! on that very table beside a running Phoenix, or makes it where there is none.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use phoenix_token::store::{NewSession, Settings, Store};
//!
//! let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
//! Store::create_table(&pool, &Settings::new()).await?; // where Phoenix has not made it
//! let store = Store::open(&pool, Settings::new()).await?; // once
//!
//! let login = store.create(&pool, 42, &NewSession::new()).await?;
//! let token = login.token.secret_bytes(); // into a signed cookie
//!
//! let session = store.lookup(&pool, token).await?.ok_or("logged out")?; // on each request
//! assert_eq!(session.user_id, 42.into());
//!
//! let ended = store.end(&pool, token).await?.ok_or("logged out before")?;
//! assert!(ended.live_socket_topic.starts_with("users_sessions:")); // broadcast "disconnect" to it
//! assert_eq!(store.lookup(&pool, token).await?, None);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! Every operation takes a pool, a connection, or a transaction of the caller (`&mut transaction`): see
//! [`Reads`] and [`Writes`]. One that ends sessions inside a transaction takes effect with its commit;
//! call [`Store::forget`] after it, where a cache or a replica is in use.
//!
//! An operation may be dropped before it has ended, as servers do when a client goes away; its
//! outcome is unknown then, as after [`StoreError::TimedOut`]. It leaves nothing behind in its pool.
//!
//! # Behind PgBouncer
//! sqlx gives every prepared statement a name, also with `statement_cache_capacity(0)`. In transaction
//! mode PgBouncer has to follow them: from 1.21 on, with `max_prepared_statements` above 0. An older one
//! answers `prepared statement "sqlx_s_1" already exists`; there take session mode. In either mode it
//! has to be told `ignore_startup_parameters = extra_float_digits`, which sqlx sends.
//!
//! # In your `Cargo.toml`
//! The pool is one of sqlx, in the version that this crate has. It chooses no TLS: name one of sqlx's
//! `tls-…` features where the database is elsewhere.
//! ```toml
//! [dependencies]
//! phoenix-token = { path = "../phoenix-token", features = ["postgres"] } # or sqlite, mysql
//! sqlx = { version = "0.9", features = ["tls-rustls-ring-native-roots"] }
//! tokio = { version = "1.44", features = ["macros", "rt-multi-thread"] }
//! ```

mod backend;
mod cache;
mod connect;
mod creation;
mod dialect;
mod email;
mod ending;
mod error;
mod expiry;
mod id;
mod reader;
mod revocations;
mod run;
mod session;
mod sessions;
mod settings;
mod sql;
mod statement;
mod table;
mod time_text;
mod token;

use core::{
    fmt,
    marker::PhantomData,
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};
use std::{string::String, sync::Arc};

pub use self::{
    backend::Backend,
    connect::{Reads, Writes},
    email::{EmailContext, EmailKind, EmailToken, Live},
    ending::EndAll,
    error::{StoreError, TableProblem},
    expiry::{Expired, Sweep, Sweeper},
    id::{Handle, Id, IdType, InvalidId},
    reader::Reader,
    session::{Created, Ended, NewSession, Session},
    settings::{Column, Settings, TokenStorage},
    sql::{Operation, Sql},
    statement::{Param, Statement},
    time_text::Precision,
    token::SessionToken,
};
use self::{
    backend::Value,
    cache::Cache,
    connect::Lease,
    dialect::Dialect,
    revocations::Revocations,
    run::{Outcome, Turns, Values},
    settings::Clock,
    statement::Expander,
    table::Table,
};
use crate::time::Timestamp;

/// The sessions and e-mail tokens of one table.
///
/// Cheap to clone and to share: all clones are one store.
pub struct Store<DB: Backend> {
    inner: Arc<Inner>,
    database: PhantomData<fn() -> DB>,
}

struct Inner {
    settings: Settings,
    dialect: Dialect,
    table: Table,
    sql: Sql,
    revocations: Revocations,
    cache: Option<Cache>,
    turns: Turns,
    /// The latest time that a given clock gave, in milliseconds.
    latest: AtomicI64,
}

impl<DB: Backend> Store<DB> {
    /// Makes the table and its indexes where they are missing; what is there stays as it is.
    ///
    /// It is the table of phx.gen.auth 1.8 with the optional columns, an index that serves expiry,
    /// and a reference to the users' table where the settings name one. An index has Ecto's name, or
    /// one with a digest where another table's has that. A transaction of the caller ends by it on
    /// MySQL and MariaDB, which commit with every statement that makes something.
    ///
    /// Phoenix's own table lacks the index that serves expiry. On a big one, build it by hand
    /// before: here it is built under a lock that holds up writes, within
    /// sixty times [`Settings::timeout`]. On PostgreSQL:
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_tokens_context_inserted_at_index
    ///   ON users_tokens (context varchar_pattern_ops, inserted_at);
    /// ```
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn create_table<'c>(
        db: impl Writes<'c, DB>,
        settings: &Settings,
    ) -> Result<(), StoreError> {
        settings.check_names()?;
        let mut connection = db.lease().await?;
        settings
            .patiently(async {
                let dialect = backend::dialect::<DB>(&mut connection).await?;
                creation::create::<DB>(&mut connection, dialect, settings).await
            })
            .await
    }

    /// Opens the store: looks the table up, once, and makes the SQL of every operation.
    ///
    /// # Errors
    /// [`StoreError::Name`] for a name in the settings that is none, [`StoreError::Table`] where the
    /// table or a column is missing or of another type, naming it.
    pub async fn open<'c>(db: impl Reads<'c, DB>, settings: Settings) -> Result<Self, StoreError> {
        settings.check_names()?;
        let mut connection = db.lease().await?;
        let (dialect, table) = settings
            .patiently(async {
                let dialect = backend::dialect::<DB>(&mut connection).await?;
                Ok((dialect, Table::find::<DB>(&mut connection, dialect, &settings).await?))
            })
            .await?;
        let joined = [""; 2];
        let sql = Sql::new(&Expander { dialect, settings: &settings, table: &table, joined });
        Ok(Self {
            inner: Arc::new(Inner {
                revocations: Revocations::new(settings.cache),
                cache: settings.cache.map(Cache::new),
                turns: Turns::default(),
                latest: AtomicI64::new(i64::MIN),
                settings,
                dialect,
                table,
                sql,
            }),
            database: PhantomData,
        })
    }

    /// The SQL of each operation with the order of its parameters.
    pub fn sql(&self) -> &Sql {
        &self.inner.sql
    }

    /// Whether the table has the column, which some tables lack where [`Column`] calls it optional:
    /// one that phx.gen.auth 1.7 made has no [`Column::AuthenticatedAt`].
    pub fn has_column(&self, column: Column) -> bool {
        self.inner.table.has(column)
    }

    /// The SQL of [`lookup`](Self::lookup) with further columns and a join, to read the session and its
    /// user in one statement: make it once, and run it with [`lookup_row`](Self::lookup_row).
    ///
    /// The table is called `t`; `columns` follow those of the session: `user_id` and `handle` as text,
    /// `token` (null: the caller has it), `inserted_at`, `authenticated_at`, `last_seen_at`, `user_agent`, `ip_address`, and
    /// `read_at`, the database's time, or null by a given clock.
    ///
    /// ```no_run
    /// # use phoenix_token::store::{Backend, Store};
    /// # fn example<DB: Backend>(store: &Store<DB>) {
    /// let sql = store.lookup_sql("u.email", "JOIN users AS u ON u.id = t.user_id");
    /// # }
    /// ```
    pub fn lookup_sql(&self, columns: &'static str, join: &'static str) -> Statement {
        let Inner { dialect, settings, table, .. } = &*self.inner;
        let joined = [columns, join];
        Expander { dialect: *dialect, settings, table, joined }.statement(sql::LOOKUP)
    }

    /// The topic under which the live sockets of this token's session are to be known: what
    /// [`Ended::live_socket_topic`] will say of it.
    pub fn live_socket_topic(&self, token: &SessionToken) -> String {
        token::topic(&self.inner.settings.live_socket_prefix, &self.stored(token))
    }

    /// Drops what the cache knows of this user, and sends look-ups to the primary for a while.
    ///
    /// Every operation that ends sessions does so itself. Call it after the commit of a transaction
    /// that ended some, and when told (by Phoenix, by another process) that some were ended. A commit
    /// that got no answer may take effect later: call it again once that is known.
    pub fn forget(&self, user_id: impl Into<Id>) {
        self.inner.revocations.revoked(&revocations::Subject::User(user_id.into()));
    }

    /// Runs the operation on the caller's pool, connection or transaction.
    async fn run<'c>(
        &self,
        db: impl Reads<'c, DB>,
        operation: &Operation,
        values: &Values,
    ) -> Result<Outcome<DB>, StoreError> {
        let mut connection = db.lease().await?;
        self.run_on(&mut connection, operation, values, self.inner.settings.timeout).await
    }

    async fn run_on(
        &self,
        connection: &mut Lease<'_, DB>,
        operation: &Operation,
        values: &Values,
        limit: Duration,
    ) -> Result<Outcome<DB>, StoreError> {
        let Inner { dialect, settings, turns, .. } = &*self.inner;
        run::run::<DB>(connection, *dialect, settings, operation, values, turns, limit).await
    }

    /// Values with the time by the given clock, which never goes back; on SQLite this process's is
    /// the database's.
    fn values(&self) -> Values {
        let now = match &self.inner.settings.clock {
            Clock::Given(clock) => Some(clock()),
            Clock::Database if self.inner.dialect.clock().is_none() => Some(Timestamp::now()),
            Clock::Database => None,
        };
        Values::at(now.map(|now| {
            let before = self.inner.latest.fetch_max(now.as_millis(), Ordering::SeqCst);
            now.max(Timestamp::from_millis(before))
        }))
    }

    /// The token as the table keeps it.
    fn stored(&self, token: &SessionToken) -> [u8; 32] {
        match self.inner.settings.storage {
            TokenStorage::Raw => *token.secret_bytes(),
            TokenStorage::Sha256 | TokenStorage::Both { .. } => token.digest(),
        }
    }

    /// Values with the presented token.
    fn presented(&self, token: &SessionToken) -> Values {
        self.values()
            .with(Param::Token, Value::Bytes(self.stored(token).to_vec()))
            .with(Param::RawToken, Value::Bytes(token.secret_bytes().to_vec()))
    }

    fn id_value(&self, column: Column, id: Id) -> Value {
        self.inner.table.id_value(column, id)
    }

    fn check_id(&self, column: Column, id: Id) -> Result<(), StoreError> {
        let is_ours = id.id_type() == self.inner.settings.id_type_of(column);
        if is_ours { Ok(()) } else { Err(StoreError::IdType) }
    }
}

impl<DB: Backend> Clone for Store<DB> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), database: PhantomData }
    }
}

impl<DB: Backend> fmt::Debug for Store<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("settings", &self.inner.settings).finish_non_exhaustive()
    }
}
