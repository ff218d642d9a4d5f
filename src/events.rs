//! Everything that the crate tells `tracing` (feature `tracing`), target `phoenix_token`. Without the
//! feature nothing is left of it.
//!
//! An event names what happened and how often, and never what was in it: no token, cookie, key,
//! payload, live-socket topic (which is the token) or user, nor the words of a database, which may quote
//! any of them. A missing token is no event, for every
//! visitor's first request is without.

#[cfg(all(feature = "axum", feature = "tracing"))]
use std::borrow::Cow;

#[cfg(feature = "axum")]
use crate::store::StoreError;
use crate::{error::VerifyError, keyring::RotateError, time::Timestamp};

/// DEBUG `token refused`: `operation` is `verify`, `decrypt`, `rotate`, `read cookie` or `rotate cookie`.
#[cold]
pub(crate) fn token_refused(operation: &'static str, error: &VerifyError) {
    if let Some(reason) = reason(error) {
        #[cfg(feature = "tracing")]
        tracing::debug!(target: TARGET, operation, reason, "token refused");
        let _ = (operation, reason);
    }
}

/// DEBUG `token refused`, of one that was to be written anew under another key.
#[cold]
pub(crate) fn rotation_refused(operation: &'static str, error: &RotateError) {
    if let RotateError::Verify(error) = error {
        token_refused(operation, error);
    }
}

/// WARN `token signed ahead`, of an authentic token or cookie that is refused for it: `ahead_ms` is by how
/// much. The clocks of two hosts differ.
#[cold]
pub(crate) fn signed_ahead(signed_at: Timestamp, now: i128) {
    let ahead_ms = i128::from(signed_at.as_millis()).saturating_sub(now);
    #[cfg(feature = "tracing")]
    tracing::warn!(target: TARGET, ahead_ms, "token signed ahead");
    let _ = ahead_ms;
}

/// DEBUG `session cookie refused`: what Plug.Session logs at the level of its option `:log`.
#[cold]
pub(crate) fn session_cookie_refused(error: &VerifyError) {
    if let Some(reason) = reason(error) {
        #[cfg(feature = "tracing")]
        tracing::debug!(target: TARGET, reason, "session cookie refused");
        let _ = reason;
    }
}

/// DEBUG `statement retried`: the database asked for it (a serialization failure, a deadlock, a
/// locked file).
#[cfg(feature = "store")]
pub(crate) fn statement_retried(attempt: u32) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, attempt, "statement retried");
    let _ = attempt;
}

/// DEBUG `sessions ended`, if any were.
#[cfg(feature = "store")]
pub(crate) fn sessions_ended(sessions: usize) {
    if sessions > 0 {
        #[cfg(feature = "tracing")]
        tracing::debug!(target: TARGET, sessions, "sessions ended");
    }
}

/// INFO `expired rows deleted`, of one sweep.
#[cfg(feature = "store")]
pub(crate) fn swept(rows: u64) {
    #[cfg(feature = "tracing")]
    tracing::info!(target: TARGET, rows, "expired rows deleted");
    let _ = rows;
}

/// DEBUG `logged in`, with axum: `remember_me` is whether by a cookie that outlives the browser.
#[cfg(feature = "axum")]
pub(crate) fn logged_in(remember_me: bool) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, remember_me, "logged in");
    let _ = remember_me;
}

/// DEBUG `logged out`, of a browser in which somebody was logged in.
#[cfg(feature = "axum")]
pub(crate) fn logged_out() {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, "logged out");
}

/// DEBUG `session refused`: the cookie (`session` or `remember me`) is genuine, and its session has
/// ended.
#[cfg(feature = "axum")]
pub(crate) fn session_refused(cookie: &'static str) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, cookie, "session refused");
    let _ = cookie;
}

/// DEBUG `session reissued`
#[cfg(feature = "axum")]
pub(crate) fn session_reissued() {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, "session reissued");
}

/// WARN `store failed`, with axum: `operation` is `look up`, `touch`, `reissue`, `log in`, `undo log in`,
/// `log out`, `log out everywhere`, `list`, `end` or `end others`; `reason` is a word for the failure.
/// `code` is the database's for it, an SQLSTATE or SQLite's number, where it has answered at all.
#[cfg(feature = "axum")]
#[cold]
pub(crate) fn store_failed(operation: &'static str, error: &StoreError) {
    #[cfg(feature = "tracing")]
    {
        let (reason, code) = failure(error);
        let code = code.as_deref();
        tracing::warn!(target: TARGET, operation, reason, code, "store failed");
    }
    let _ = (operation, error);
}

/// DEBUG `CSRF token refused`: a request had to bring a CSRF token, and brought none of its session, or a form
/// too large to look for one.
#[cfg(feature = "axum")]
pub(crate) fn csrf_token_refused() {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: TARGET, "CSRF token refused");
}

#[cfg(feature = "tracing")]
const TARGET: &str = "phoenix_token";

/// A word for each error, as in Elixir. The text of `Data` is left out: the caller's types make it.
fn reason(error: &VerifyError) -> Option<&'static str> {
    match error {
        VerifyError::Missing => None,
        VerifyError::Invalid => Some("invalid"),
        VerifyError::Expired { .. } => Some("expired"),
        VerifyError::Local => Some("local"),
        VerifyError::Data(_) => Some("data"),
    }
}

/// A word for each failure, and the database's code.
#[cfg(all(feature = "axum", feature = "tracing"))]
fn failure(error: &StoreError) -> (&'static str, Option<Cow<'_, str>>) {
    match error {
        StoreError::Database(error) => {
            let reason = match error {
                sqlx::Error::Database(_) => "refused",
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed => "unreachable",
                _ => "unexpected answer",
            };
            (reason, code(error))
        }
        StoreError::Busy(error) => ("busy", code(error)),
        StoreError::NoConnection => ("no connection", None),
        StoreError::TimedOut => ("timed out", None),
        StoreError::Incomplete { error, .. } => failure(error),
        StoreError::Table { .. } | StoreError::Name(_) => ("table", None),
        StoreError::IdType => ("id type", None),
        StoreError::AddressTooLong => ("address", None),
        StoreError::Unreadable { .. } => ("unreadable", None),
        StoreError::Randomness => ("randomness", None),
    }
}

#[cfg(all(feature = "axum", feature = "tracing"))]
fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(|error| error.code())
}
