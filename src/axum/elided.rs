//! `Debug` without the topics of live sockets, which hold the token of the session.

use core::fmt;

use super::browser::{LoggedIn, LoggedOut};

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
