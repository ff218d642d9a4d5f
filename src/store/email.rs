use std::{format, string::String};

use super::{
    Store,
    backend::{Backend, Value},
    connect::{Reads, Writes},
    error::StoreError,
    id::Id,
    session,
    settings::Column,
    sql::Operation,
    statement::Param,
    token::SessionToken,
};
use crate::time::Timestamp;

/// What an e-mail token is for, as its row's `context` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailContext {
    /// `login`: a magic link, 15 minutes.
    Login,
    /// `change:<address>`: to change this address, the user's current one; 7 days.
    Change(String),
    /// `confirm`: to confirm the account (phx.gen.auth 1.7), 7 days.
    Confirm,
    /// `reset_password` (phx.gen.auth 1.7), 1 day.
    ResetPassword,
}

/// An [`EmailContext`] without its address: what a validity is set for, and what expires together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailKind {
    /// `login`
    Login,
    /// `change:…`
    Change,
    /// `confirm`
    Confirm,
    /// `reset_password`
    ResetPassword,
}

/// A valid e-mail token, or one that this call has just used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EmailToken {
    /// The user it was made for.
    pub user_id: Id,
    /// The address it was sent to.
    pub sent_to: Option<String>,
    /// When it was made.
    pub inserted_at: Timestamp,
}

/// How many e-mail tokens of one context a user may have at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    /// Any number, as in phx.gen.auth.
    Many,
    /// One: making another ends the one before. It runs in a serializable transaction of its own; in
    /// a transaction of the caller it is as strict as that one.
    One,
}

impl EmailContext {
    /// The kind, without the address.
    pub const fn kind(&self) -> EmailKind {
        match self {
            Self::Login => EmailKind::Login,
            Self::Change(_) => EmailKind::Change,
            Self::Confirm => EmailKind::Confirm,
            Self::ResetPassword => EmailKind::ResetPassword,
        }
    }

    /// As the row has it.
    fn text(&self) -> Result<String, StoreError> {
        let text = match self {
            Self::Change(address) => format!("change:{address}"),
            other => other.kind().name().into(),
        };
        fits(&text).map(|()| text)
    }
}

impl EmailKind {
    pub(crate) const ALL: [Self; 4] =
        [Self::Login, Self::Change, Self::Confirm, Self::ResetPassword];

    /// The one of this kind, of four in the order of [`ALL`](Self::ALL).
    pub(crate) fn pick<T>(self, all: [T; 4]) -> T {
        let [login, change, confirm, reset_password] = all;
        match self {
            Self::Login => login,
            Self::Change => change,
            Self::Confirm => confirm,
            Self::ResetPassword => reset_password,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Change => "change",
            Self::Confirm => "confirm",
            Self::ResetPassword => "reset_password",
        }
    }
}

impl<DB: Backend> Store<DB> {
    /// Makes an e-mail token: gives the text to send (base64url), keeps its SHA-256.
    ///
    /// # Errors
    /// [`StoreError`]; [`AddressTooLong`](StoreError::AddressTooLong) where the address has no room.
    pub async fn create_email_token<'c>(
        &self,
        db: impl Writes<'c, DB>,
        user_id: impl Into<Id>,
        context: &EmailContext,
        sent_to: &str,
        live: Live,
    ) -> Result<String, StoreError> {
        let user_id = user_id.into();
        self.check_id(Column::UserId, user_id)?;
        fits(sent_to)?;
        let token = SessionToken::random()?;
        let values = self
            .values()
            .with(Param::UserId, self.id_value(Column::UserId, user_id))
            .with(Param::NewId, self.id_value(Column::Id, Id::random()?))
            .with(Param::NewToken, Value::Bytes(token.digest().to_vec()))
            .with(Param::Context, Value::text(context.text()?))
            .with(Param::SentTo, Value::text(sent_to));
        let operation = match live {
            Live::Many => &self.sql().create_email,
            Live::One => &self.sql().create_only_email,
        };
        self.run(db, operation, &values).await?;
        Ok(token.to_base64url())
    }

    /// The token of this text, if it is valid, and leaves it so: to show the page that will use it.
    ///
    /// With `sent_to` it must have been sent to this address. Where the settings name the users'
    /// table, a token that is not for a change of address must have been sent to the address that is
    /// the user's now; without them, compare [`EmailToken::sent_to`] with it yourself.
    ///
    /// # Errors
    /// [`StoreError`]; a text that is no token is `None`.
    pub async fn verify_email_token<'c>(
        &self,
        db: impl Reads<'c, DB>,
        context: &EmailContext,
        token: &str,
        sent_to: Option<&str>,
    ) -> Result<Option<EmailToken>, StoreError> {
        let operation = self.sql().verify_email(context.kind());
        self.email_token(db, operation, context, token, sent_to).await
    }

    /// Uses the token: like [`verify_email_token`](Self::verify_email_token), but of any number of
    /// calls at the same time one gets it, and all others `None`.
    ///
    /// It deletes this token and nothing else. What it proves is that its holder reads the mail of the
    /// address it was sent to; that this is still the user's, the store sees where
    /// [`Settings::users`](super::Settings::users) is set, and you compare where it is not.
    ///
    /// Before it logs anybody in, look at the user's row, in one transaction and in this order, as in
    /// another two tokens of a user may be a deadlock: [`verify_email_token`](Self::verify_email_token),
    /// the lock on the user's row (PostgreSQL: `FOR NO KEY UPDATE`, MySQL: `FOR UPDATE`, SQLite: `BEGIN
    /// IMMEDIATE` locks all), then this, which is `None` where the token was used meanwhile. By the row:
    /// - Where `confirmed_at` is null and a password is set, log nobody in: whoever registered may have
    ///   chosen it for somebody else's address.
    /// - Where `confirmed_at` is null and there is no password, confirm the account, and end all that was
    ///   there before: [`end_all`](Self::end_all) with
    ///   [`SessionsAndEmailTokens`](super::EndAll::SessionsAndEmailTokens).
    /// - After a change of address, delete the user's other tokens of this context.
    ///
    /// The guide ([Phoenix → here](crate::guide::phoenix_to_here#what-a-link-ends)) has the code.
    ///
    /// # Errors
    /// [`StoreError`], such as [`Unreadable`](StoreError::Unreadable) where MySQL could not delete the
    /// row; a text that is no token is `None`.
    pub async fn consume_email_token<'c>(
        &self,
        db: impl Writes<'c, DB>,
        context: &EmailContext,
        token: &str,
        sent_to: Option<&str>,
    ) -> Result<Option<EmailToken>, StoreError> {
        let operation = self.sql().consume_email(context.kind());
        self.email_token(db, operation, context, token, sent_to).await
    }

    async fn email_token<'c>(
        &self,
        db: impl Reads<'c, DB>,
        operation: &Operation,
        context: &EmailContext,
        token: &str,
        sent_to: Option<&str>,
    ) -> Result<Option<EmailToken>, StoreError> {
        let Some(token) = SessionToken::from_base64url(token) else { return Ok(None) };
        // A context that has no room in the table has no row there.
        let Ok(context) = context.text() else { return Ok(None) };
        let values = self
            .values()
            .with(Param::Token, Value::Bytes(token.digest().to_vec()))
            .with(Param::Context, Value::text(context))
            .with(Param::ExpectedSentTo, Value::Text(sent_to.map(Into::into)));
        let outcome = self.run(db, operation, &values).await?;
        if outcome.rows.is_empty() && outcome.left > 0 {
            return Err(StoreError::Unreadable { column: "id" });
        }
        let Some(row) = outcome.rows.first() else { return Ok(None) };
        let inserted_at = session::time::<DB>(row, 2, "inserted_at")?;
        Ok(Some(EmailToken {
            user_id: session::id::<DB>(row, 0, "user_id")?,
            sent_to: DB::get(row, 1)?,
            inserted_at: session::required(inserted_at, "inserted_at")?,
        }))
    }
}

/// Ecto's strings are `varchar(255)`.
fn fits(text: &str) -> Result<(), StoreError> {
    if text.chars().count() > 255 { Err(StoreError::AddressTooLong) } else { Ok(()) }
}
