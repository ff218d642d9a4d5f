//! Everything that the crate tells `tracing` (feature `tracing`), target `phoenix_token`. Without the
//! feature nothing is left of it.
//!
//! An event names what happened and how often, and never what was in it: no token, cookie, key,
//! payload, live-socket topic (which is the token) or user. A missing token is no event, for every
//! visitor's first request is without.

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
