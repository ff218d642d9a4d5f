//! Ending sessions.

use std::{boxed::Box, string::String, time::Instant, vec::Vec};

use super::{
    Store,
    backend::Backend,
    connect::Writes,
    error::StoreError,
    id::{Handle, Id},
    revocations::Subject,
    run::{Outcome, Values},
    session::Ended,
    settings::Column,
    sql::Operation,
    statement::Param,
    token::SessionToken,
};
use crate::events;

/// What ends when everything of a user ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndAll {
    /// The sessions.
    Sessions,
    /// The sessions and the e-mail tokens: after a change of password.
    SessionsAndEmailTokens,
}

impl<DB: Backend> Store<DB> {
    /// Ends the session of this token: log-out. Gives it back, if there was one.
    ///
    /// It ends one row. What a [reissue](Self::reissue) made of the same log-in, or made this one of, is
    /// another: [`Settings::grace`](super::Settings::grace) lets the earlier one end by itself, and
    /// [`end_all`](Self::end_all) ends both.
    ///
    /// Inside a transaction of the caller, see [`Store::forget`].
    ///
    /// # Errors
    /// [`StoreError`]; bytes that are no token end nothing, without a query.
    pub async fn end<'c>(
        &self,
        db: impl Writes<'c, DB>,
        token: &[u8],
    ) -> Result<Option<Ended>, StoreError> {
        let Some(token) = SessionToken::from_bytes(token) else { return Ok(None) };
        let digest = token.digest();
        let revoke = self.inner.revocations.begin(Subject::Token(&digest));
        let outcome = self.run(db, &self.sql().end, &self.presented(&token)).await?;
        revoke.answered();
        let (ended, unreadable) = self.ended(&outcome);
        Ok(told(ended, unreadable)?.pop())
    }

    /// Ends one session of the user's list. Another user's handle ends nothing, and neither does one of
    /// another type than the table's ids: handles come from pages.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn end_by_handle<'c>(
        &self,
        db: impl Writes<'c, DB>,
        user_id: impl Into<Id>,
        handle: Handle,
    ) -> Result<Option<Ended>, StoreError> {
        let user_id = user_id.into();
        let values = self.of_user(self.values(), user_id)?;
        if self.check_id(Column::Id, handle).is_err() {
            return Ok(None);
        }
        let values = values.with(Param::Handle, self.id_value(Column::Id, handle));
        let revoke = self.inner.revocations.begin(Subject::User(user_id));
        let outcome = self.run(db, &self.sql().end_by_handle, &values).await?;
        revoke.answered();
        let (ended, unreadable) = self.ended(&outcome);
        Ok(told(ended, unreadable)?.pop())
    }

    /// Ends all sessions of the user: log-out everywhere.
    ///
    /// It finds also what is being reissued at the moment: by itself, and in a transaction of the
    /// caller in READ COMMITTED, PostgreSQL's default. In a stricter one on PostgreSQL it does not see
    /// what was committed since that began, a reissue's new row among it, and says `Ok` all the same:
    /// there call it again after the commit. It does not see at all what Phoenix's own reissue is about
    /// to write.
    ///
    /// # Errors
    /// [`StoreError`]; [`Incomplete`](StoreError::Incomplete) with those that were ended, where it
    /// failed after that.
    pub async fn end_all<'c>(
        &self,
        db: impl Writes<'c, DB>,
        user_id: impl Into<Id>,
        what: EndAll,
    ) -> Result<Vec<Ended>, StoreError> {
        let user_id = user_id.into();
        let values = self.of_user(self.values(), user_id)?;
        let operation = match what {
            EndAll::Sessions => &self.sql().end_all,
            EndAll::SessionsAndEmailTokens => &self.sql().end_everything,
        };
        self.end_many(db, user_id, operation, &values).await
    }

    /// Ends all sessions of the user but that of the `current` token. If that is not a session of
    /// the user's, all. In a transaction of the caller see [`end_all`](Self::end_all).
    ///
    /// # Errors
    /// As for [`end_all`](Self::end_all).
    pub async fn end_others<'c>(
        &self,
        db: impl Writes<'c, DB>,
        user_id: impl Into<Id>,
        current: &[u8],
    ) -> Result<Vec<Ended>, StoreError> {
        let user_id = user_id.into();
        let Some(current) = SessionToken::from_bytes(current) else {
            return self.end_all(db, user_id, EndAll::Sessions).await;
        };
        let values = self.of_user(self.presented(&current), user_id)?;
        self.end_many(db, user_id, &self.sql().end_others, &values).await
    }

    /// Repeats the statement until it finds nothing more to end.
    ///
    /// A statement sees the rows that were there when it began. A reissue that held the old row
    /// meanwhile has left a new one by the time the statement gets to it; that one is found by the
    /// next.
    async fn end_many<'c>(
        &self,
        db: impl Writes<'c, DB>,
        user_id: Id,
        operation: &Operation,
        values: &Values,
    ) -> Result<Vec<Ended>, StoreError> {
        let revoke = self.inner.revocations.begin(Subject::User(user_id));
        let mut connection = db.lease().await?;
        let (started, mut all, mut is_first) = (Instant::now(), Vec::new(), true);
        let mut fault = None;
        loop {
            let limit = self.inner.settings.timeout.saturating_sub(started.elapsed());
            let outcome = match self.run_on(&mut connection, operation, values, limit).await {
                Ok(outcome) => outcome,
                Err(error) if is_first => return Err(error),
                Err(error) => {
                    return Err(StoreError::Incomplete { ended: all, error: Box::new(error) });
                }
            };
            let (ended, unreadable) = self.ended(&outcome);
            all.extend(ended);
            fault = fault.or(unreadable);
            if outcome.rows.is_empty() || !self.inner.dialect.has_concurrent_writers() {
                revoke.answered();
                return told(all, fault);
            }
            is_first = false;
        }
    }

    fn of_user(&self, values: Values, user_id: Id) -> Result<Values, StoreError> {
        self.check_id(Column::UserId, user_id)?;
        Ok(values.with(Param::UserId, self.id_value(Column::UserId, user_id)))
    }

    /// The sessions among the rows, and what is wrong with a row that cannot be read or, for want of a
    /// readable id, is left; a fourth column tells sessions from e-mail tokens by context.
    fn ended(&self, outcome: &Outcome<DB>) -> (Vec<Ended>, Option<StoreError>) {
        let prefix = &self.inner.settings.live_socket_prefix;
        let read = |row| -> Result<Option<Ended>, StoreError> {
            let context: Option<String> = DB::get(row, 3)?;
            let is_session = context.as_deref() == Some("session");
            is_session.then(|| Ended::read::<DB>(row, prefix)).transpose()
        };
        let mut all = Vec::with_capacity(outcome.rows.len());
        let mut unreadable = (outcome.left > 0).then_some(StoreError::Unreadable { column: "id" });
        for row in &outcome.rows {
            match read(row) {
                Ok(ended) => all.extend(ended),
                Err(error) => unreadable = unreadable.or(Some(error)),
            }
        }
        events::sessions_ended(all.len());
        (all, unreadable)
    }
}

/// What was ended. One row that cannot be read leaves the others' live sockets to be told all the
/// same.
fn told(ended: Vec<Ended>, fault: Option<StoreError>) -> Result<Vec<Ended>, StoreError> {
    match fault {
        None => Ok(ended),
        Some(error) if ended.is_empty() => Err(error),
        Some(error) => Err(StoreError::Incomplete { ended, error: Box::new(error) }),
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;

    #[test]
    fn a_fault_is_told_with_what_has_ended_all_the_same() {
        let ended = Ended { user_id: Id::from(1), handle: None, live_socket_topic: "topic".into() };
        let fault = || Some(StoreError::TimedOut);
        assert!(matches!(told(Vec::new(), fault()), Err(StoreError::TimedOut)));
        let told = told(vec![ended.clone()], fault());
        assert!(matches!(told, Err(StoreError::Incomplete { ended: all, .. }) if all == [ended]));
    }
}
