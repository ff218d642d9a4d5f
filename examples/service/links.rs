//! Links that sign in, on any database.

use phoenix_token::store::{Backend, EmailContext, EmailToken, Id, Live, Store};
use sqlx::Pool;

use super::Answer;

/// The tokens of the links, of which the table has the hashes.
pub(crate) trait Links: Send + Sync {
    fn create<'a>(&'a self, user: Id, email: &'a str) -> Answer<'a, String>;

    /// Whether it is valid, and stays so.
    fn look<'a>(&'a self, token: &'a str) -> Answer<'a, Option<EmailToken>>;
}

impl<DB: Backend> Links for (Store<DB>, Pool<DB>) {
    fn create<'a>(&'a self, user: Id, email: &'a str) -> Answer<'a, String> {
        let login = &EmailContext::Login;
        Box::pin(self.0.create_email_token(&self.1, user, login, email, Live::Many))
    }

    fn look<'a>(&'a self, token: &'a str) -> Answer<'a, Option<EmailToken>> {
        Box::pin(self.0.verify_email_token(&self.1, &EmailContext::Login, token, None))
    }
}
