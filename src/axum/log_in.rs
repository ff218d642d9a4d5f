//! How a user logs in, and what comes of logging in and out.

use core::{fmt, net::IpAddr};
use std::{string::String, vec::Vec};

use ::axum::response::{IntoResponse, Response};

use super::error::redirect;
use crate::store::{self, NewSession};

/// How a user logs in.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct LogIn {
    pub(super) remember_me: bool,
    pub(super) new: NewSession,
}

/// A user who was logged in. As a response it is the redirect that phx.gen.auth sends.
///
/// `Debug` does not show the topic.
#[derive(Clone)]
#[must_use]
pub struct LoggedIn {
    /// The session.
    pub session: store::Session,
    /// Where to send the user: to the page that sent them to log in, or else to the
    /// [`signed_in_path`](super::UserAuth::signed_in_path).
    pub redirect_to: String,
    /// The topic of the live sockets of the session before, where there was one; broadcast
    /// `"disconnect"` to it.
    pub live_socket_topic: Option<String>,
}

/// A user who was logged out. As a response it is the redirect to the
/// [`signed_out_path`](super::UserAuth::signed_out_path).
///
/// `Debug` tells how many topics there are, and shows none.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct LoggedOut {
    /// Where to send the user.
    pub redirect_to: String,
    /// The topics of the live sockets; broadcast `"disconnect"` to each.
    pub live_socket_topics: Vec<String>,
}

impl LogIn {
    /// Not remembered, and nothing known of the device but the `User-Agent` of the request.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether the browser keeps the user logged in when it is closed: the form's field
    /// `remember_me`.
    pub fn remember_me(mut self, remember_me: bool) -> Self {
        self.remember_me = remember_me;
        self
    }

    /// The client's address, which only you can tell: a proxy may stand before this service.
    ///
    /// It is of no effect where the same user is logged in already: their session goes on, with the
    /// address that it began with.
    pub fn ip_address(mut self, address: impl Into<IpAddr>) -> Self {
        self.new = self.new.ip_address(address);
        self
    }

    /// Another name for the device than the request's `User-Agent`.
    ///
    /// It is of no effect where the same user is logged in already: their session goes on, with the
    /// name that it began with.
    pub fn user_agent(mut self, user_agent: impl AsRef<str>) -> Self {
        self.new = self.new.user_agent(user_agent);
        self
    }
}

impl IntoResponse for LoggedIn {
    fn into_response(self) -> Response {
        redirect(&self.redirect_to)
    }
}

impl IntoResponse for LoggedOut {
    fn into_response(self) -> Response {
        redirect(&self.redirect_to)
    }
}

impl fmt::Debug for LoggedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let topic = self.live_socket_topic.as_ref().map(|_| format_args!("[secret elided]"));
        f.debug_struct("LoggedIn")
            .field("session", &self.session)
            .field("redirect_to", &self.redirect_to)
            .field("live_socket_topic", &topic)
            .finish()
    }
}

impl fmt::Debug for LoggedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.live_socket_topics.len();
        f.debug_struct("LoggedOut")
            .field("redirect_to", &self.redirect_to)
            .field("live_socket_topics", &format_args!("[{count} secrets elided]"))
            .finish()
    }
}
