use core::{fmt, net::IpAddr, time::Duration};
use std::{string::String, vec::Vec};

use subtle::ConstantTimeEq as _;

use super::{
    backend::Backend,
    error::StoreError,
    id::{Handle, Id},
    time_text,
    token::SessionToken,
};
use crate::time::Timestamp;

/// A session that is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// Whose it is.
    pub user_id: Id,
    /// Its public name among the user's sessions, to end it by.
    pub handle: Handle,
    /// When its row was made: by it, the session is valid and due to be reissued.
    pub inserted_at: Timestamp,
    /// When the user last gave their credentials; `None` where the table does not say.
    pub authenticated_at: Option<Timestamp>,
    /// When it was last used, to the minute, where the table has the column.
    pub last_seen_at: Option<Timestamp>,
    /// The browser's `User-Agent`, where the table has the column.
    pub user_agent: Option<String>,
    /// The client's address, where the table has the column.
    pub ip_address: Option<String>,
    /// Whether it is the current one, in a list that was asked for with the current token; of a
    /// session that was looked up by its token it is.
    pub is_current: bool,
    /// The time by the clock of the settings, when this was read.
    pub read_at: Timestamp,
}

impl Session {
    /// Sudo mode: whether the user gave their credentials within `window`, 20 minutes in
    /// phx.gen.auth.
    ///
    /// Never where the table does not say when.
    ///
    /// # Example
    /// ```
    /// # use phoenix_token::store::Session;
    /// use std::time::Duration;
    ///
    /// # fn delete_account(session: &Session) -> bool {
    /// session.is_sudo(Duration::from_secs(20 * 60))
    /// # }
    /// ```
    pub fn is_sudo(&self, window: Duration) -> bool {
        self.authenticated_at.is_some_and(|at| elapsed(at, self.read_at) < millis(window))
    }

    /// Milliseconds since the row was made.
    pub(crate) fn age(&self) -> i64 {
        elapsed(self.inserted_at, self.read_at)
    }

    pub(crate) fn read<DB: Backend>(
        row: &DB::Row,
        given_now: Option<Timestamp>,
        is_current: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Self, StoreError> {
        let token: Option<Vec<u8>> = DB::get(row, 2)?;
        Ok(Self {
            user_id: id::<DB>(row, 0, "user_id")?,
            handle: id::<DB>(row, 1, "id")?,
            is_current: is_current(token.as_deref().unwrap_or_default()),
            inserted_at: required(time::<DB>(row, 3, "inserted_at")?, "inserted_at")?,
            authenticated_at: time::<DB>(row, 4, "authenticated_at")?,
            last_seen_at: time::<DB>(row, 5, "last_seen_at")?,
            user_agent: DB::get(row, 6)?,
            ip_address: DB::get(row, 7)?,
            read_at: match given_now {
                Some(now) => now,
                None => required(time::<DB>(row, 8, "the clock")?, "the clock")?,
            },
        })
    }
}

/// What a new session starts with.
///
/// # Example
/// ```
/// use phoenix_token::store::NewSession;
///
/// let session = NewSession::new().user_agent("Mozilla/5.0").ip_address([192, 0, 2, 1]);
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct NewSession {
    pub(crate) user_agent: Option<String>,
    pub(crate) ip_address: Option<IpAddr>,
    pub(crate) authenticated_at: Option<Timestamp>,
}

impl NewSession {
    /// Credentials given now, nothing known of the device.
    pub fn new() -> Self {
        Self::default()
    }

    /// The browser's `User-Agent`. It is the client's to choose, so it is cut to 255 characters,
    /// and without NUL, which PostgreSQL cannot hold.
    pub fn user_agent(mut self, user_agent: impl AsRef<str>) -> Self {
        let kept = user_agent.as_ref().chars().filter(|&c| c != '\0').take(255);
        self.user_agent = Some(kept.collect());
        self
    }

    /// The client's address.
    pub fn ip_address(mut self, address: impl Into<IpAddr>) -> Self {
        self.ip_address = Some(address.into());
        self
    }

    /// When the user gave their credentials, where it was not now.
    pub fn authenticated_at(mut self, time: Timestamp) -> Self {
        self.authenticated_at = Some(time);
        self
    }
}

/// A session that was made, with the token that opens it: the only time that it can be had.
#[derive(Clone, Debug)]
pub struct Created {
    /// To be given to the client, in a signed or encrypted cookie.
    pub token: SessionToken,
    /// The session it opens.
    pub session: Session,
}

/// A session that was ended. `Debug` does not show the topic.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ended {
    /// Whose it was.
    pub user_id: Id,
    /// Its public name; `None` where what the row had for an id cannot be read.
    pub handle: Option<Handle>,
    /// The topic of its live sockets; broadcast `"disconnect"` to it.
    ///
    /// `users_sessions:` and the padded base64url of what the table held: of the token where tokens
    /// are kept raw, as phx.gen.auth has it; of its digest where they are hashed, for then the token
    /// is nowhere to be had. What puts `live_socket_id` into the session takes it from
    /// [`Store::live_socket_topic`](super::Store::live_socket_topic), and both agree.
    pub live_socket_topic: String,
}

impl Ended {
    pub(crate) fn read<DB: Backend>(row: &DB::Row, prefix: &str) -> Result<Self, StoreError> {
        let token: Option<Vec<u8>> = DB::get(row, 2)?;
        Ok(Self {
            user_id: id::<DB>(row, 0, "user_id")?,
            handle: id::<DB>(row, 1, "id").ok(),
            live_socket_topic: super::token::topic(prefix, token.as_deref().unwrap_or_default()),
        })
    }
}

impl fmt::Debug for Ended {
    /// In a transaction of the caller that is rolled back the token in the topic is still good.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ended")
            .field("user_id", &self.user_id)
            .field("handle", &self.handle)
            .field("live_socket_topic", &format_args!("[secret elided]"))
            .finish()
    }
}

/// Whether the stored bytes are one of these, in constant time.
pub(crate) fn is_one_of(stored: &[u8], candidates: &[&[u8]]) -> bool {
    candidates.iter().any(|candidate| stored.ct_eq(candidate).into())
}

pub(crate) fn id<DB: Backend>(
    row: &DB::Row,
    index: usize,
    column: &'static str,
) -> Result<Id, StoreError> {
    let text: Option<String> = DB::get(row, index)?;
    required(text.and_then(|text| text.parse().ok()), column)
}

pub(crate) fn time<DB: Backend>(
    row: &DB::Row,
    index: usize,
    column: &'static str,
) -> Result<Option<Timestamp>, StoreError> {
    let text: Option<String> = DB::get(row, index)?;
    text.map(|text| required(time_text::read(&text), column)).transpose()
}

pub(crate) fn required<T>(value: Option<T>, column: &'static str) -> Result<T, StoreError> {
    value.ok_or(StoreError::Unreadable { column })
}

fn elapsed(since: Timestamp, now: Timestamp) -> i64 {
    now.as_millis().saturating_sub(since.as_millis())
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
