//! A primary and a replica that lags behind it.

use core::fmt;

use sqlx::Pool;

use super::{
    Store,
    backend::{Backend, BoxFuture},
    connect::{Lease, Leases, Reads},
};

/// A pair of pools that stands wherever something is read: see [`Store::reader`].
///
/// It chooses when the look-up asks it for a connection, so it can be kept and shared.
pub struct Reader<DB: Backend> {
    store: Store<DB>,
    primary: Pool<DB>,
    replica: Pool<DB>,
}

impl<DB: Backend> Store<DB> {
    /// A pair of pools for look-ups: it gives a connection to the replica, or to the primary for a
    /// while after this process ended a session, so that nobody passes on a replica that has not
    /// heard of it.
    ///
    /// What changes something takes the primary's own pool and no reader, and so should a look-up of a
    /// token that was made a moment ago, which the replica may not know yet.
    ///
    /// # Example
    /// ```no_run
    /// # use phoenix_token::store::{Backend, Store, StoreError};
    /// # use sqlx::Pool;
    /// # async fn example<DB: Backend>(
    /// #     store: &Store<DB>, primary: Pool<DB>, replica: Pool<DB>, token: &[u8],
    /// # ) -> Result<(), StoreError> {
    /// let reader = store.reader(&primary, &replica); // once
    ///
    /// let session = store.lookup(&reader, token).await?;
    /// store.end(&primary, token).await?;
    /// assert_eq!(store.lookup(&reader, token).await?, None); // by the primary
    /// # Ok(())
    /// # }
    /// ```
    pub fn reader(&self, primary: &Pool<DB>, replica: &Pool<DB>) -> Reader<DB> {
        Reader { store: self.clone(), primary: primary.clone(), replica: replica.clone() }
    }
}

impl<DB: Backend> Reader<DB> {
    /// The pool that it would ask now, for a caller who runs the SQL of a look-up.
    pub fn pool(&self) -> &Pool<DB> {
        let inner = &self.store.inner;
        let recent = inner.revocations.within(inner.settings.primary_window);
        if recent { &self.primary } else { &self.replica }
    }
}

impl<'c, DB: Backend> Reads<'c, DB> for &Reader<DB> {}
impl<'c, DB: Backend> Leases<'c, DB> for &Reader<DB> {
    fn lease(self) -> BoxFuture<'c, Result<Lease<'c, DB>, sqlx::Error>> {
        self.pool().lease()
    }
}

impl<DB: Backend> Clone for Reader<DB> {
    fn clone(&self) -> Self {
        self.store.reader(&self.primary, &self.replica)
    }
}

impl<DB: Backend> fmt::Debug for Reader<DB> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("store", &self.store).finish_non_exhaustive()
    }
}
