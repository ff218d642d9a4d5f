use core::{fmt, time::Duration};
use std::{string::String, sync::Arc};

use super::{error::StoreError, id::IdType, time_text::Precision};
use crate::time::Timestamp;

/// How the table is named, what it holds, and how long its tokens live.
///
/// [`Settings::new`] is what phx.gen.auth 1.8 makes; each method changes one thing.
///
/// # Example
/// ```
/// use phoenix_token::store::{Column, IdType, Settings};
/// use std::time::Duration;
///
/// let settings = Settings::new()
///     .table("accounts_tokens")
///     .column(Column::UserId, "account_id")
///     .live_socket_prefix("accounts_sessions")
///     .id_type(IdType::Uuid)
///     .validity(Duration::from_secs(60 * 86_400));
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Settings {
    pub(crate) schema: Option<String>,
    pub(crate) table: String,
    pub(crate) columns: [String; Column::ALL.len()],
    pub(crate) id_type: IdType,
    user_id_type: Option<IdType>,
    pub(crate) storage: TokenStorage,
    pub(crate) precision: Precision,
    pub(crate) clock: Clock,
    pub(crate) live_socket_prefix: String,
    pub(crate) validity: Duration,
    pub(crate) reissue_age: Duration,
    pub(crate) grace: Option<Duration>,
    pub(crate) email_validity: [Duration; 4],
    pub(crate) users: Option<Users>,
    pub(crate) timeout: Duration,
    pub(crate) attempts: u32,
    pub(crate) primary_window: Duration,
    pub(crate) cache: Option<CacheSettings>,
}

/// A column of the table, by what it is for. Its name is this one in `snake_case`, unless the
/// settings give another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// The row's id, shown as the session's [`Handle`](super::Handle).
    Id,
    /// The user's id.
    UserId,
    /// The token, or its digest.
    Token,
    /// `session`, or an e-mail token's context.
    Context,
    /// The address an e-mail token was sent to.
    SentTo,
    /// When the user last gave their credentials. Optional: phx.gen.auth has it from 1.8.
    AuthenticatedAt,
    /// When the row was made.
    InsertedAt,
    /// The browser's `User-Agent`. Optional.
    UserAgent,
    /// The address of the client. Optional.
    IpAddress,
    /// When the session was last used. Optional.
    LastSeenAt,
}

/// How session tokens stand in the table. E-mail tokens always stand there as SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStorage {
    /// The 32 bytes themselves, as phx.gen.auth keeps them.
    Raw,
    /// SHA-256 of the 32 bytes, as Sigra keeps them: whoever reads the table opens nothing.
    Sha256,
    /// Written as SHA-256, and rows made before `raw_until` are read as raw tokens too; where the table
    /// has whole seconds, those made before the second of it.
    ///
    /// For a table on the move from raw to hashed. Name the moment at which the last writer of raw
    /// tokens stopped: a row cannot tell which of the two it is, so up to that moment a digest read
    /// from the table would open its session, and after it none does.
    Both {
        /// Rows made at this moment or later are hashed, and matched only so.
        raw_until: Timestamp,
    },
}

/// Whose clock says what time it is.
#[derive(Clone)]
pub(crate) enum Clock {
    Database,
    Given(Arc<dyn Fn() -> Timestamp + Send + Sync>),
}

/// The table of users, where the statements are to look into it.
#[derive(Clone, Debug)]
pub(crate) struct Users {
    pub(crate) table: String,
    pub(crate) id: String,
    pub(crate) email: String,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheSettings {
    pub(crate) max_age: Duration,
    pub(crate) entries: usize,
}

impl Column {
    pub(crate) const ALL: [Self; 10] = [
        Self::Id,
        Self::UserId,
        Self::Token,
        Self::Context,
        Self::SentTo,
        Self::AuthenticatedAt,
        Self::InsertedAt,
        Self::UserAgent,
        Self::IpAddress,
        Self::LastSeenAt,
    ];

    /// What phx.gen.auth calls the column.
    pub const fn default_name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::UserId => "user_id",
            Self::Token => "token",
            Self::Context => "context",
            Self::SentTo => "sent_to",
            Self::AuthenticatedAt => "authenticated_at",
            Self::InsertedAt => "inserted_at",
            Self::UserAgent => "user_agent",
            Self::IpAddress => "ip_address",
            Self::LastSeenAt => "last_seen_at",
        }
    }

    /// Whether the store does without it where the table has no such column.
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::AuthenticatedAt | Self::UserAgent | Self::IpAddress | Self::LastSeenAt)
    }
}

const MINUTE: u64 = 60;
const DAY: u64 = 86_400;
/// So long ago is a time on every database.
const LONGEST: Duration = Duration::from_secs(365_250 * DAY);

impl Settings {
    /// What phx.gen.auth 1.8 makes: table `users_tokens`, integer ids, raw tokens, whole seconds,
    /// sessions of 14 days that are reissued after 7; the database's clock; no cache.
    pub fn new() -> Self {
        Self {
            schema: None,
            table: "users_tokens".into(),
            columns: Column::ALL.map(|column| column.default_name().into()),
            id_type: IdType::Integer,
            user_id_type: None,
            storage: TokenStorage::Raw,
            precision: Precision::Seconds,
            clock: Clock::Database,
            live_socket_prefix: "users_sessions".into(),
            validity: Duration::from_secs(14 * DAY),
            reissue_age: Duration::from_secs(7 * DAY),
            grace: None,
            email_validity: [15 * MINUTE, 7 * DAY, 7 * DAY, DAY].map(Duration::from_secs),
            users: None,
            timeout: Duration::from_secs(1),
            attempts: 8,
            primary_window: Duration::from_secs(5),
            cache: None,
        }
    }

    /// The schema (Ecto's prefix; on MySQL the database, on SQLite the attached one) of the table.
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }

    /// The table of tokens.
    pub fn table(mut self, table: impl Into<String>) -> Self {
        self.table = table.into();
        self
    }

    /// Another name for one column.
    pub fn column(mut self, column: Column, name: impl Into<String>) -> Self {
        for (known, own) in Column::ALL.into_iter().zip(&mut self.columns) {
            if known == column {
                *own = name.into();
                break;
            }
        }
        self
    }

    /// The ids of users and rows: `bigint` (the default) or UUIDs (`--binary-id`).
    pub fn id_type(mut self, id_type: IdType) -> Self {
        self.id_type = id_type;
        self
    }

    /// The ids of users, where they are of another type than those of rows.
    pub fn user_id_type(mut self, id_type: IdType) -> Self {
        self.user_id_type = Some(id_type);
        self
    }

    /// How session tokens stand in the table: raw (the default), hashed, or on the move.
    pub fn token_storage(mut self, storage: TokenStorage) -> Self {
        self.storage = storage;
        self
    }

    /// How fine the times of the table are: whole seconds (the default) or microseconds.
    pub fn precision(mut self, precision: Precision) -> Self {
        self.precision = precision;
        self
    }

    /// Takes the time from `clock` and not from the database. (SQLite has no other clock than this
    /// process's, and the rule that follows holds for that too.)
    ///
    /// A store never goes back behind the latest time its clock gave: set back, the clock stands
    /// still for the store, so that what has expired stays expired.
    pub fn clock(mut self, clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        self.clock = Clock::Given(Arc::new(clock));
        self
    }

    /// What stands before the `:` of a live-socket topic; `users_sessions` by default.
    pub fn live_socket_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.live_socket_prefix = prefix.into();
        self
    }

    /// How long a session is valid from the moment its row was made; 14 days by default, 1 000 years
    /// at most.
    pub fn validity(mut self, validity: Duration) -> Self {
        self.validity = validity.min(LONGEST);
        self
    }

    /// From which age a session should be reissued; 7 days by default.
    pub fn reissue_age(mut self, age: Duration) -> Self {
        self.reissue_age = age;
        self
    }

    /// How long the old token of a reissued session stays valid, at most; by default until it
    /// expires by itself, as in Phoenix, even after a log-out with the new one. A minute serves the requests
    /// that are on their way. The store shortens its life by setting `inserted_at` back, so that
    /// Phoenix keeps to it as well; of many who reissue a session at once one does.
    ///
    /// Half of the time between [`reissue_age`](Self::reissue_age) and [`validity`](Self::validity) is
    /// the longest. A session that is not used before its last `grace` is not reissued any more.
    ///
    /// It has a price: now and then a user logs in once more. Where the answer with the new token is
    /// lost, the browser has the old one alone, and is logged out when grace ends; the remember-me
    /// cookie does not help, since the session's token goes before it and it holds the same one. Of two
    /// requests at once, the answer of the second may write the session with the old token (a message, a
    /// first CSRF token) over the new one, with the same outcome. Without grace the next request would be
    /// given another token.
    ///
    /// Beside Phoenix 1.8 the old row is old enough to be reissued: a request that comes to Phoenix with
    /// the old token before grace ends is given a new session.
    ///
    /// With [`TokenStorage::Both`] a hashed row is not set back behind `raw_until`, where its digest
    /// would open the session; its token stays valid until it expires, and may be reissued by each who
    /// asks.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = Some(grace);
        self
    }

    /// How long e-mail tokens are valid; 15 minutes for `login`, 7 days for `change:` and
    /// `confirm`, 1 day for `reset_password` by default; 1 000 years at most.
    pub fn email_validity(mut self, kind: super::EmailKind, validity: Duration) -> Self {
        *kind.pick(self.email_validity.each_mut()) = validity.min(LONGEST);
        self
    }

    /// The table of users with its columns for the id and the e-mail address, in the schema of the
    /// table of tokens.
    ///
    /// With it `login`, `confirm` and `reset_password` tokens are taken only while the address they
    /// were sent to is still the user's, in the same statement. `create_table` refers to it.
    pub fn users(
        mut self,
        table: impl Into<String>,
        id: impl Into<String>,
        email: impl Into<String>,
    ) -> Self {
        self.users = Some(Users { table: table.into(), id: id.into(), email: email.into() });
        self
    }

    /// How long an operation may take once it has its connection, retries included; 1 second by
    /// default. Opening the store, making its table and deleting expired rows may take sixty times
    /// as long.
    ///
    /// The pool's connection is closed then, but a server may go on waiting for a lock for it: give the
    /// connections a `lock_timeout` of the same length (MySQL: `innodb_lock_wait_timeout`).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often a statement is tried where the database asks to try again; 8 by default, with
    /// pauses that grow from 2 ms.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// For how long after a revoke by this process a [`Reader`](super::Reader) asks the primary; 5 seconds by default. Take more than the replica ever lags.
    pub fn primary_window(mut self, window: Duration) -> Self {
        self.primary_window = window;
        self
    }

    /// Keeps looked-up sessions in this process for `max_age`, at most `entries` of them.
    ///
    /// What this process ends is gone from it at once. What others end (another process, Phoenix)
    /// may be accepted for `max_age` longer, so choose seconds. After an ending that was dropped or
    /// failed, which may yet take effect, nothing of its user or token is kept for `max_age`.
    pub fn cache(mut self, max_age: Duration, entries: usize) -> Self {
        self.cache = Some(CacheSettings { max_age, entries });
        self
    }

    /// Sixty times the limit of other operations.
    pub(crate) fn patience(&self) -> Duration {
        self.timeout.saturating_mul(60)
    }

    /// Does what is done once, and not while a request waits.
    pub(crate) async fn patiently<T>(
        &self,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        tokio::time::timeout(self.patience(), work).await.unwrap_or(Err(StoreError::TimedOut))
    }

    /// How old the old row of a reissued session is made.
    pub(crate) fn grace_age(&self) -> Duration {
        let grace = self.grace.unwrap_or_default();
        // A row in its grace period is known by its age alone, so it is older than any that is due.
        let grace = match self.validity.checked_sub(self.reissue_age) {
            Some(left) if !left.is_zero() => grace.min(left.checked_div(2).unwrap_or_default()),
            _ => grace, // none is ever due
        };
        self.validity.saturating_sub(grace)
    }

    /// The type of ids of users or, of any other column, of rows.
    pub(crate) fn id_type_of(&self, column: Column) -> IdType {
        let of_users = self.user_id_type.filter(|_| column == Column::UserId);
        of_users.unwrap_or(self.id_type)
    }

    pub(crate) fn column_name(&self, column: Column) -> &str {
        let named = Column::ALL.into_iter().zip(&self.columns).find(|(known, _)| *known == column);
        named.map_or(column.default_name(), |(_, name)| name)
    }

    /// Every name that goes into statements is one.
    pub(crate) fn check_names(&self) -> Result<(), StoreError> {
        let users = self.users.iter().flat_map(|users| [&users.table, &users.id, &users.email]);
        let mut names = self.schema.iter().chain([&self.table]).chain(&self.columns).chain(users);
        match names.find(|name| !is_name(name)) {
            None => Ok(()),
            Some(name) => Err(StoreError::Name(name.clone())),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database => "Database",
            Self::Given(_) => "Given",
        })
    }
}

/// PostgreSQL cuts longer names short without a word.
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
    (1..=63).contains(&name.len()) && name.chars().all(allowed)
}

#[cfg(test)]
mod tests;
