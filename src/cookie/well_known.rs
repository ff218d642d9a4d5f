//! The entries that Plug, Phoenix and phx.gen.auth put into a session.

use alloc::{format, string::String, vec::Vec};

use super::Session;
use crate::{
    base64url,
    csrf_protection::CsrfToken,
    term::{Map, Term},
};

/// What phx.gen.auth keeps of a user who is logged in, under the names that it has for a schema
/// called `User`; for others see [`get_term`](Session::get_term).
///
/// # Example
/// ```
/// use phoenix_token::cookie::Session;
///
/// let token = [7; 32]; // 32 random bytes, of which the database has a row
/// let mut session = Session::new();
/// session.log_in(&token);
///
/// assert_eq!(session.user_token(), Some(&token));
/// let topic = "users_sessions:BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
/// assert_eq!(session.live_socket_id(), Some(topic));
/// ```
impl Session {
    /// `"user_token"`: the 32 bytes that name the row of `users_tokens`. Only that row says whether
    /// anyone is logged in. `None` also for what does not have 32 bytes, and so is in no row.
    pub fn user_token(&self) -> Option<&[u8; 32]> {
        self.get_term(USER_TOKEN)?.as_bytes()?.try_into().ok()
    }

    /// Puts `"user_token"` in, and the `"live_socket_id"` that belongs to it, for a user who is
    /// logged in already: when the token is reissued, or came from the remember-me cookie. For
    /// logging in see [`log_in`](Self::log_in).
    pub fn put_user_token(&mut self, token: &[u8; 32]) {
        self.put_term(USER_TOKEN, token.as_slice());
        self.put_term(LIVE_SOCKET_ID, users_sessions_topic(token));
    }

    /// Logs a user in as phx.gen.auth does: [clears](Self::clear) the session, against fixation, and
    /// puts the token in.
    pub fn log_in(&mut self, token: &[u8; 32]) {
        self.clear();
        self.put_user_token(token);
    }

    /// `"live_socket_id"`: the topic on which the user's live sockets are told to disconnect.
    pub fn live_socket_id(&self) -> Option<&str> {
        self.get_term(LIVE_SOCKET_ID)?.as_str()
    }

    /// Puts `"live_socket_id"` in.
    pub fn put_live_socket_id(&mut self, topic: &str) {
        self.put_term(LIVE_SOCKET_ID, topic);
    }

    /// `"user_remember_me"`: whether a reissued token goes into the remember-me cookie as well.
    pub fn user_remember_me(&self) -> bool {
        self.get_term(USER_REMEMBER_ME).and_then(Term::as_bool).unwrap_or(false)
    }

    /// Puts `"user_remember_me"` in.
    pub fn put_user_remember_me(&mut self) {
        self.put_term(USER_REMEMBER_ME, true);
    }

    /// `"user_return_to"`: where a user goes after logging in. Taken out, as Phoenix does.
    pub fn take_user_return_to(&mut self) -> Option<String> {
        match self.remove(USER_RETURN_TO)? {
            Term::Binary(path) => String::from_utf8(path).ok(),
            _ => None,
        }
    }

    /// Puts `"user_return_to"` in: a path of the application.
    pub fn put_user_return_to(&mut self, path: &str) {
        self.put_term(USER_RETURN_TO, path);
    }
}

/// What `Plug.CSRFProtection` keeps.
impl Session {
    /// `"_csrf_token"`; `None` also for what does not have 24 bytes, as upstream.
    pub fn csrf_token(&self) -> Option<CsrfToken> {
        CsrfToken::from_session(self.get_term(CsrfToken::SESSION_KEY)?.as_bytes()?)
    }

    /// Puts `"_csrf_token"` in.
    pub fn put_csrf_token(&mut self, token: &CsrfToken) {
        self.put_term(CsrfToken::SESSION_KEY, token.secret_bytes().as_slice());
    }
}

/// What `Phoenix.Controller` keeps: messages for the next page, after a redirect.
impl Session {
    /// A message of `"phoenix_flash"`, most often of the kind `"info"` or `"error"`.
    pub fn flash(&self, kind: &str) -> Option<&str> {
        self.get_term(FLASH)?.as_map()?.get_str(kind)?.as_str()
    }

    /// Puts a message into `"phoenix_flash"`, beside those of other kinds.
    pub fn put_flash(&mut self, kind: &str, message: &str) {
        let mut flash = self.take_flash_map();
        flash.insert(kind.into(), message.into());
        self.put_term(FLASH, flash);
    }

    /// Takes all messages out, by kind: once shown they are gone. What is no text is left out.
    pub fn take_flash(&mut self) -> Vec<(String, String)> {
        let text = |term| match term {
            Term::Binary(bytes) => String::from_utf8(bytes).ok(),
            _ => None,
        };
        let messages = self.take_flash_map().into_iter();
        messages.filter_map(|(kind, message)| Some((text(kind)?, text(message)?))).collect()
    }

    /// [`clear`](Self::clear), but for the messages, of whatever kind: Phoenix keeps them outside the
    /// session meanwhile.
    #[cfg(feature = "axum")]
    pub(crate) fn clear_all_but_flash(&mut self) {
        let flash = self.take_flash_map();
        self.clear();
        if !flash.is_empty() {
            self.put_term(FLASH, flash);
        }
    }

    fn take_flash_map(&mut self) -> Map {
        match self.remove(FLASH) {
            Some(Term::Map(flash)) => flash,
            _ => Map::new(),
        }
    }
}

const USER_TOKEN: &str = "user_token";
const LIVE_SOCKET_ID: &str = "live_socket_id";
const USER_REMEMBER_ME: &str = "user_remember_me";
const USER_RETURN_TO: &str = "user_return_to";
const FLASH: &str = "phoenix_flash";

/// `"users_sessions:" <> Base.url_encode64(token)`, which pads 32 bytes with one `=`.
fn users_sessions_topic(token: &[u8; 32]) -> String {
    format!("users_sessions:{}=", base64url::secret_text(token))
}
