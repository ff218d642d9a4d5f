//! Making sessions, looking them up, and keeping them going.

use std::{
    string::{String, ToString as _},
    time::Instant,
    vec::Vec,
};

use super::{
    Store,
    backend::{Backend, Value},
    connect::{Lease, Reads, Writes},
    error::StoreError,
    id::Id,
    revocations::Subject,
    run::Values,
    session::{Created, NewSession, Session, is_one_of, millis},
    settings::{Column, TokenStorage},
    sql::Operation,
    statement::{Param, Statement},
    time_text,
    token::SessionToken,
};
use crate::time::Timestamp;

impl<DB: Backend> Store<DB> {
    /// Makes a session for the user, who has just given their credentials.
    ///
    /// # Errors
    /// [`StoreError`], such as a user that the table of users does not have.
    pub async fn create<'c>(
        &self,
        db: impl Writes<'c, DB>,
        user_id: impl Into<Id>,
        new: &NewSession,
    ) -> Result<Created, StoreError> {
        let user_id = user_id.into();
        self.check_id(Column::UserId, user_id)?;
        let authenticated_at = new.authenticated_at.map(|it| self.written(it));
        let values = self
            .values()
            .with(Param::UserId, self.id_value(Column::UserId, user_id))
            .with(Param::AuthenticatedAt, Value::Text(authenticated_at))
            .with(Param::UserAgent, Value::Text(new.user_agent.clone()))
            .with(Param::IpAddress, Value::Text(new.ip_address.map(|it| it.to_string())));
        let created = self.insert(db, &self.sql().create, values).await?;
        created.ok_or(StoreError::Database(sqlx::Error::RowNotFound))
    }

    /// The session of this token, if it has not ended or expired.
    ///
    /// Where the settings ask for a cache, it may have been looked up a moment ago. What is looked up on a
    /// connection or in a transaction of the caller is not kept there.
    ///
    /// # Errors
    /// [`StoreError`]; bytes that are no token are `None`, without a query.
    pub async fn lookup<'c>(
        &self,
        db: impl Reads<'c, DB>,
        token: &[u8],
    ) -> Result<Option<Session>, StoreError> {
        let Some(token) = SessionToken::from_bytes(token) else { return Ok(None) };
        let Some(cache) = &self.inner.cache else {
            return self.look_up(&mut db.lease().await?, &token).await;
        };
        let digest = token.digest();
        if let Some((mut session, age)) = cache.find(&digest, &self.inner.revocations) {
            let moved = session.read_at.as_millis().saturating_add(millis(age));
            session.read_at = self.values().now.unwrap_or(Timestamp::from_millis(moved));
            if session.age() < millis(self.inner.settings.validity) {
                return Ok(Some(session));
            }
        }
        let (found, count) = (Instant::now(), self.inner.revocations.count());
        let mut connection = db.lease().await?;
        let session = self.look_up(&mut connection, &token).await?;
        let revocations = &self.inner.revocations;
        if let Some(session) = &session
            && !connection.is_lent()
            && revocations.is_settled(session.user_id, &digest, found)
        {
            cache.keep(digest, session, found, count);
        }
        Ok(session)
    }

    /// Like [`lookup`](Self::lookup), but always asks the database.
    ///
    /// # Errors
    /// [`StoreError`]; bytes that are no token are `None`, without a query.
    pub async fn lookup_fresh<'c>(
        &self,
        db: impl Reads<'c, DB>,
        token: &[u8],
    ) -> Result<Option<Session>, StoreError> {
        let Some(token) = SessionToken::from_bytes(token) else { return Ok(None) };
        self.look_up(&mut db.lease().await?, &token).await
    }

    /// The session of this token together with its row, by a statement that
    /// [`lookup_sql`](Self::lookup_sql) made: the caller's columns are read from that by their names.
    /// It always asks the database.
    ///
    /// # Example
    /// ```no_run
    /// # use phoenix_token::store::{Store, StoreError};
    /// # #[cfg(feature = "sqlite")]
    /// # async fn user(
    /// #     store: &Store<sqlx::Sqlite>, pool: &sqlx::SqlitePool, token: &[u8],
    /// # ) -> Result<(), StoreError> {
    /// use sqlx::Row as _;
    ///
    /// let with_user = store.lookup_sql("u.email", "JOIN users AS u ON u.id = t.user_id"); // once
    ///
    /// if let Some((session, row)) = store.lookup_row(pool, &with_user, token).await? {
    ///     let email: String = row.try_get("email")?;
    ///     println!("{:?} is {email}", session.user_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError`]; bytes that are no token are `None`, without a query.
    pub async fn lookup_row<'c>(
        &self,
        db: impl Reads<'c, DB>,
        statement: &Statement,
        token: &[u8],
    ) -> Result<Option<(Session, DB::Row)>, StoreError> {
        let Some(token) = SessionToken::from_bytes(token) else { return Ok(None) };
        let values = self.presented(&token);
        let outcome = self.run(db, &Operation::fetch(statement.clone()), &values).await?;
        let Some(row) = outcome.rows.into_iter().next() else { return Ok(None) };
        Ok(Some((Session::read::<DB>(&row, values.now, |_| true)?, row)))
    }

    async fn look_up(
        &self,
        connection: &mut Lease<'_, DB>,
        token: &SessionToken,
    ) -> Result<Option<Session>, StoreError> {
        let values = self.presented(token);
        let limit = self.inner.settings.timeout;
        let outcome = self.run_on(connection, &self.sql().lookup, &values, limit).await?;
        outcome.rows.first().map(|row| Session::read::<DB>(row, values.now, |_| true)).transpose()
    }

    /// Whether the session is old enough to be [reissued](Self::reissue): 7 days by default.
    ///
    /// No longer once it is within its grace period, for then it was reissued.
    pub fn should_reissue(&self, session: &Session) -> bool {
        let settings = &self.inner.settings;
        let graced = settings.grace.is_some() && session.age() >= millis(settings.grace_age());
        session.age() >= millis(settings.reissue_age) && !graced
    }

    /// Makes a new token for the session of this one, with the same `authenticated_at` and device.
    ///
    /// The old token stays valid, since other requests on their way still carry it: until it
    /// expires, or for [`Settings::grace`](super::Settings::grace), which is advised, for the new row and
    /// the old are two, and [`end`](Self::end) ends one. `None` where the session has
    /// ended or expired by then, or is in its grace period. After the commit of a transaction of the caller's,
    /// [`forget`](Self::forget) the user, where both a grace period and a cache are set.
    ///
    /// # Errors
    /// [`StoreError`]; bytes that are no token are `None`, without a query.
    pub async fn reissue<'c>(
        &self,
        db: impl Writes<'c, DB>,
        token: &[u8],
    ) -> Result<Option<Created>, StoreError> {
        let Some(token) = SessionToken::from_bytes(token) else { return Ok(None) };
        let digest = token.digest();
        // A cache has it as it was before.
        let change = (self.inner.settings.grace)
            .map(|_| self.inner.revocations.begin_change(Subject::Token(&digest)));
        let made = self.insert(db, &self.sql().reissue, self.presented(&token)).await?;
        if let Some(change) = change {
            change.answered();
        }
        Ok(made)
    }

    /// Gives the session another token, and `authenticated_at` now: after the user has given their
    /// credentials again. The old token is no more.
    ///
    /// The row stays the same, so that whatever ends it at the same time ends the new token too.
    /// `None` where the session has ended or expired. The live sockets of the old token are known
    /// under [`live_socket_topic`](Self::live_socket_topic) of it.
    ///
    /// # Errors
    /// [`StoreError`]; bytes that are no token are `None`, without a query.
    pub async fn renew<'c>(
        &self,
        db: impl Writes<'c, DB>,
        token: &[u8],
    ) -> Result<Option<SessionToken>, StoreError> {
        let Some(token) = SessionToken::from_bytes(token) else { return Ok(None) };
        let new = SessionToken::random()?;
        let stored = Value::Bytes(self.stored(&new).to_vec());
        let values = self.presented(&token).with(Param::NewToken, stored);
        let digest = token.digest();
        let revoke = self.inner.revocations.begin(Subject::Token(&digest));
        let outcome = self.run(db, &self.sql().renew, &values).await?;
        revoke.answered();
        Ok((outcome.affected > 0).then_some(new))
    }

    /// Notes that the session was used, at most once a minute: says whether it did.
    ///
    /// It changes a row that is there and makes none, so it brings no session back. Nothing is done
    /// where the table has no such column.
    ///
    /// # Errors
    /// [`StoreError`]; bytes that are no token are `false`, without a query.
    pub async fn touch<'c>(
        &self,
        db: impl Writes<'c, DB>,
        token: &[u8],
    ) -> Result<bool, StoreError> {
        let (Some(token), Some(touch)) = (SessionToken::from_bytes(token), &self.sql().touch)
        else {
            return Ok(false);
        };
        let values = self.presented(&token);
        let outcome = self.run(db, touch, &values).await?;
        // Also where nothing was changed: it was noted less than a minute ago, or the session is gone.
        if let Some(cache) = &self.inner.cache {
            cache.touch(&token.digest(), values.now);
        }
        Ok(outcome.affected > 0)
    }

    /// The user's valid sessions, newest first: `limit` of them, after `offset` others.
    ///
    /// That of the `current` token is marked as such.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn list<'c>(
        &self,
        db: impl Reads<'c, DB>,
        user_id: impl Into<Id>,
        current: Option<&[u8]>,
        limit: u32,
        offset: u32,
    ) -> Result<Vec<Session>, StoreError> {
        let user_id = user_id.into();
        self.check_id(Column::UserId, user_id)?;
        let values = self
            .values()
            .with(Param::UserId, self.id_value(Column::UserId, user_id))
            .with(Param::Limit, Value::Integer(limit.into()))
            .with(Param::Offset, Value::Integer(offset.into()));
        let outcome = self.run(db, &self.sql().list, &values).await?;
        let current = current.and_then(SessionToken::from_bytes);
        let candidates = current.as_ref().map(|token| (self.stored(token), token.secret_bytes()));
        let is_current = |stored: &[u8]| {
            candidates.as_ref().is_some_and(|(own, raw)| match self.inner.settings.storage {
                TokenStorage::Both { .. } => is_one_of(stored, &[own, *raw]),
                _ => is_one_of(stored, &[own]),
            })
        };
        let read = |row| Session::read::<DB>(row, values.now, is_current);
        outcome.rows.iter().map(read).collect()
    }

    /// How many valid sessions the user has.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn count<'c>(
        &self,
        db: impl Reads<'c, DB>,
        user_id: impl Into<Id>,
    ) -> Result<u64, StoreError> {
        let user_id = user_id.into();
        self.check_id(Column::UserId, user_id)?;
        let values = self.values().with(Param::UserId, self.id_value(Column::UserId, user_id));
        let outcome = self.run(db, &self.sql().count, &values).await?;
        let count: i64 = outcome.rows.first().map_or(Ok(0), |row| DB::get(row, 0))?;
        Ok(count.try_into().unwrap_or(0))
    }

    /// Inserts a session under a fresh token; `None` where there was none to take it from.
    async fn insert<'c>(
        &self,
        db: impl Writes<'c, DB>,
        operation: &Operation,
        values: Values,
    ) -> Result<Option<Created>, StoreError> {
        let token = SessionToken::random()?;
        let values = values
            .with(Param::NewToken, Value::Bytes(self.stored(&token).to_vec()))
            .with(Param::NewId, self.id_value(Column::Id, Id::random()?));
        let outcome = self.run(db, operation, &values).await?;
        let Some(row) = outcome.rows.first() else { return Ok(None) };
        let session = Session::read::<DB>(row, values.now, |_| true)?;
        Ok(Some(Created { token, session }))
    }

    /// A time as it is written into the table.
    fn written(&self, time: Timestamp) -> String {
        time_text::write(time, self.inner.settings.precision)
    }
}
