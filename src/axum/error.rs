use core::fmt;
use std::sync::Arc;

use ::axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use sqlx::error::ErrorKind;

use crate::{
    error::SignError,
    store::{Ended, StoreError},
};

/// The store, or the making of a cookie, failed. It is no word about whether anybody is logged in.
///
/// As a response it is status 503 where the database failed, or did not answer in time, and 500 for
/// all else, without a body: the cause is for the program's log. It is 500 too where the database says
/// what waiting does not mend: a constraint is violated, or there is no such table or column, or, of
/// PostgreSQL, no right to it.
/// [`UserAuth::layer`](super::UserAuth::layer) puts it into the response's extensions, where a layer
/// outside finds it, and then sends no cookie at all: what the browser had stays as it was. What becomes
/// of the cookies where the handler answers otherwise is told at
/// [`Browser`](super::Browser#where-something-fails).
#[derive(Clone, Debug)]
pub struct AuthError {
    cause: Arc<Cause>,
}

#[derive(Debug)]
enum Cause {
    Store(StoreError),
    Cookie(SignError),
}

impl AuthError {
    /// What the store answered, where it was the store.
    pub fn store_error(&self) -> Option<&StoreError> {
        match &*self.cause {
            Cause::Store(error) => Some(error),
            Cause::Cookie(_) => None,
        }
    }

    /// What was ended all the same, by a log-out everywhere or of all others that then failed:
    /// broadcast `"disconnect"` to the topics.
    pub fn ended(&self) -> &[Ended] {
        match &*self.cause {
            Cause::Store(StoreError::Incomplete { ended, .. }) => ended,
            _ => &[],
        }
    }

    /// The status of the response.
    pub fn status(&self) -> StatusCode {
        match &*self.cause {
            Cause::Store(error) if is_lasting(error) => StatusCode::INTERNAL_SERVER_ERROR,
            // What may be another way when it is tried again later.
            Cause::Store(
                StoreError::Database(_)
                | StoreError::Busy(_)
                | StoreError::NoConnection
                | StoreError::TimedOut
                | StoreError::Incomplete { .. },
            ) => StatusCode::SERVICE_UNAVAILABLE,
            Cause::Store(_) | Cause::Cookie(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn into_empty_response<B: Default>(self) -> Response<B> {
        let mut response = empty(self.status());
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for AuthError {
    fn from(error: StoreError) -> Self {
        Self { cause: Arc::new(Cause::Store(error)) }
    }
}

impl From<SignError> for AuthError {
    fn from(error: SignError) -> Self {
        Self { cause: Arc::new(Cause::Cookie(error)) }
    }
}

impl IntoResponse for AuthError {
    fn into_response(self) -> Response {
        self.into_empty_response()
    }
}

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.cause {
            Cause::Store(error) => error.fmt(f),
            Cause::Cookie(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for AuthError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match &*self.cause {
            Cause::Store(error) => error.source(),
            Cause::Cookie(_) => None,
        }
    }
}

/// Whether the database says that a constraint is violated, that there is no such table or column, or
/// that the user has no right to it.
fn is_lasting(error: &StoreError) -> bool {
    let error = match error {
        StoreError::Database(error) => error.as_database_error(),
        StoreError::Incomplete { error, .. } => return is_lasting(error),
        _ => None,
    };
    let Some(error) = error else { return false };
    if !matches!(error.kind(), ErrorKind::Other) {
        return true;
    }
    error.code().is_some_and(|code| match &*code {
        // SQLite's for a statement that the schema does not allow.
        "1" => true,
        // MySQL's for a lack of rights, but also for too many statements in this hour.
        "42000" => false,
        code => code.starts_with("42"),
    })
}

/// Why an extractor turned a request down.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The route is not under [`UserAuth::layer`](super::UserAuth::layer): status 500.
    NoLayer,
    /// Nobody is logged in: a redirect to the [log-in path](super::UserAuth::log_in_path), or status
    /// 401 where there is none.
    NotLoggedIn {
        /// Where to.
        log_in_path: Option<Arc<str>>,
    },
    /// The user gave their credentials too long ago: a redirect to the
    /// [log-in path](super::UserAuth::log_in_path), or status 403 where there is none.
    NotSudo {
        /// Where to.
        log_in_path: Option<Arc<str>>,
    },
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let (path, status) = match self {
            Self::NoLayer => (None, StatusCode::INTERNAL_SERVER_ERROR),
            Self::NotLoggedIn { log_in_path } => (log_in_path, StatusCode::UNAUTHORIZED),
            Self::NotSudo { log_in_path } => (log_in_path, StatusCode::FORBIDDEN),
        };
        path.map_or_else(|| empty(status), |path| redirect(&path))
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoLayer => "the route is not under the layer of UserAuth",
            Self::NotLoggedIn { .. } => "nobody is logged in",
            Self::NotSudo { .. } => "the user has to give their credentials again",
        })
    }
}

impl core::error::Error for Rejection {}

/// Status 302, as `Phoenix.Controller.redirect/2`.
pub(super) fn redirect(path: &str) -> Response {
    match path.parse() {
        Ok(location) => {
            let mut response = empty(StatusCode::FOUND);
            response.headers_mut().insert(header::LOCATION, location);
            response
        }
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

pub(super) fn empty<B: Default>(status: StatusCode) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = status;
    response
}
