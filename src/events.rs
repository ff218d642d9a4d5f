//! Everything that the crate tells `tracing` (feature `tracing`), target `phoenix_token`. Without the
//! feature nothing is left of it.
//!
//! An event names what happened and how often, and never what was in it: no token, cookie, key,
//! payload, live-socket topic (which is the token) or user. A missing token is no event, for every
//! visitor's first request is without.

use crate::error::VerifyError;

/// DEBUG `token refused`: `operation` is `verify`, `decrypt` or `read cookie`.
#[cold]
pub(crate) fn token_refused(operation: &'static str, error: &VerifyError) {
    if let Some(reason) = reason(error) {
        #[cfg(feature = "tracing")]
        tracing::debug!(target: TARGET, operation, reason, "token refused");
        let _ = (operation, reason);
    }
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
