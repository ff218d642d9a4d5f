//! Deleting what has expired.

use core::{future::Future, time::Duration};

use sqlx::Pool;

use super::{
    Store,
    backend::{Backend, Value},
    connect::Writes,
    email::EmailKind,
    error::StoreError,
    statement::Param,
};
use crate::events;

/// What to delete of what has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expired {
    /// Sessions.
    Sessions,
    /// E-mail tokens of one kind.
    Email(EmailKind),
}

impl Expired {
    /// Everything that expires.
    pub const ALL: [Self; 5] = [
        Self::Sessions,
        Self::Email(EmailKind::Login),
        Self::Email(EmailKind::Change),
        Self::Email(EmailKind::Confirm),
        Self::Email(EmailKind::ResetPassword),
    ];
}

/// How often a [`Sweeper`] sweeps, and how.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// From the end of one sweep to the beginning of the next; an hour by default.
    pub every: Duration,
    /// Rows of one statement; 1 000 by default.
    pub batch: u32,
    /// Between two full batches, for others to come through; 50 ms by default.
    pub pause: Duration,
}

impl Default for Sweep {
    fn default() -> Self {
        Self { every: Duration::from_secs(3600), batch: 1000, pause: Duration::from_millis(50) }
    }
}

/// A task of tokio that deletes what has expired, until it is dropped or its pool closed.
#[derive(Debug)]
#[must_use = "dropped, it stops"]
pub struct Sweeper(tokio::task::JoinHandle<()>);

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<DB: Backend> Store<DB> {
    /// Deletes at most `batch` rows that have expired, the oldest first, and says how many.
    ///
    /// Each batch is a statement of its own that waits for nobody's rows where the database can pass
    /// them over (PostgreSQL), so it may be broken off and taken up again at any time: fewer than
    /// `batch` means that it is done.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn delete_expired<'c>(
        &self,
        db: impl Writes<'c, DB>,
        what: Expired,
        batch: u32,
    ) -> Result<u64, StoreError> {
        let operation = self.sql().delete_expired(what);
        let values = self.values().with(Param::Limit, Value::Integer(batch.into()));
        let mut connection = db.lease().await?;
        let limit = self.inner.settings.patience();
        Ok(self.run_on(&mut connection, operation, &values, limit).await?.affected)
    }

    /// Deletes everything that has expired, batch by batch, and says how many rows.
    ///
    /// # Errors
    /// [`StoreError`]: what was deleted by then stays deleted.
    pub async fn sweep(&self, pool: &Pool<DB>, sweep: &Sweep) -> Result<u64, StoreError> {
        let mut all = 0_u64;
        for what in Expired::ALL {
            loop {
                let deleted = self.delete_expired(pool, what, sweep.batch.max(1)).await?;
                all = all.saturating_add(deleted);
                if deleted < u64::from(sweep.batch.max(1)) {
                    break;
                }
                tokio::time::sleep(sweep.pause).await;
            }
        }
        events::swept(all);
        Ok(all)
    }

    /// Starts a task that sweeps now and then, and tells `report` how each sweep went. It stops when
    /// the [`Sweeper`] is dropped or the pool is closed; what a sweep could not delete the next one
    /// will.
    ///
    /// It must be called inside a runtime of tokio.
    pub fn spawn_sweeper<F>(
        &self,
        pool: Pool<DB>,
        sweep: Sweep,
        mut report: impl FnMut(Result<u64, StoreError>) -> F + Send + 'static,
    ) -> Sweeper
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let store = self.clone();
        Sweeper(tokio::spawn(async move {
            let mut closed = pool.close_event();
            let sweeping = async {
                loop {
                    report(store.sweep(&pool, &sweep).await).await;
                    tokio::time::sleep(sweep.every).await;
                }
            };
            // An error says that the pool was closed.
            let _ = closed.do_until(sweeping).await;
        }))
    }
}
