//! What an operation may be given to run on, and in which state it leaves that behind.

use core::ops::{Deref, DerefMut};
use std::boxed::Box;

use sqlx::{Pool, Transaction, pool::PoolConnection};

use super::backend::{Backend, BoxFuture, Kind};

/// Whatever a reading operation can run on: `&Pool`, `&mut PoolConnection`, `&mut Transaction`, a
/// driver's own connection (`&mut PgConnection`), or a [`&Reader`](super::Reader).
///
/// From a pool the operation takes a connection for itself, and may be dropped at any time. A
/// connection on which it timed out, or has begun a transaction and not ended it, is closed; all others
/// go back, and on SQLite these too.
/// A connection that is lent stays the caller's in whatever state it then is: after an operation on
/// it was dropped or [timed out](super::StoreError::TimedOut), a transaction that the operation began
/// may still be open on it, so close it, too.
pub trait Reads<'c, DB: Backend>: Leases<'c, DB> + Send {}

/// Whatever an operation that changes something can run on: all that [`Reads`], but for a
/// [`Reader`](super::Reader), whose replica takes no changes.
///
/// In a transaction of the caller nothing is tried again: the database has given all of it up by
/// then. The transaction has to be sqlx's, by `begin`: of one that was begun by a statement of text
/// sqlx does not tell, so an operation would be tried again in it, and one of several statements
/// would commit it.
///
/// A reader is refused when the program is compiled:
///
/// ```compile_fail,E0277
/// # use phoenix_token::store::{Backend, Reader, Store, StoreError};
/// # async fn example<DB: Backend>(store: &Store<DB>, reader: &Reader<DB>) -> Result<(), StoreError> {
/// store.end(reader, &[0; 32]).await?;
/// # Ok(())
/// # }
/// ```
pub trait Writes<'c, DB: Backend>: Reads<'c, DB> {}

/// Gives a connection for one operation.
#[doc(hidden)]
pub trait Leases<'c, DB: Backend> {
    fn lease(self) -> BoxFuture<'c, Result<Lease<'c, DB>, sqlx::Error>>;
}

/// A connection for one operation.
#[doc(hidden)]
pub struct Lease<'c, DB: Backend> {
    connection: Held<'c, DB>,
    /// What was asked on it may still be under way.
    is_busy: bool,
}

enum Held<'c, DB: Backend> {
    Pooled(PoolConnection<DB>),
    Lent(&'c mut DB::Connection),
}

impl<'c, DB: Backend> Lease<'c, DB> {
    pub(crate) fn pooled(connection: PoolConnection<DB>) -> Self {
        Self { connection: Held::Pooled(connection), is_busy: false }
    }

    fn lent(connection: &'c mut DB::Connection) -> Self {
        Self { connection: Held::Lent(connection), is_busy: false }
    }

    /// Whether it is the caller's: what it sees may be older than what was committed since, or never
    /// be committed.
    pub(crate) fn is_lent(&self) -> bool {
        matches!(self.connection, Held::Lent(_))
    }

    /// Notes that a transaction is about to begin.
    pub(crate) fn transaction_begins(&mut self) {
        self.is_busy = true;
    }

    /// Notes that it was committed, or that sqlx rolls it back.
    pub(crate) fn transaction_ended(&mut self) {
        self.is_busy = false;
    }

    /// Notes that the answer is waited for no longer.
    pub(crate) fn timed_out(&mut self) {
        self.is_busy = true;
    }
}

/// sqlx knows of a transaction from the answer to its `BEGIN` on. Dropped before, the connection
/// would go back with a transaction open, and what the pool runs on it next would never be committed.
/// And of a statement that waits for a lock the pool would wait for the end before it has its
/// connection back, however long that takes.
///
/// SQLite's is rolled back by its thread, and a database in memory would be lost with its connection.
impl<DB: Backend> Drop for Lease<'_, DB> {
    fn drop(&mut self) {
        let is_busy = self.is_busy && !matches!(DB::KIND, Kind::Sqlite);
        if let (Held::Pooled(connection), true) = (&mut self.connection, is_busy) {
            connection.close_on_drop();
        }
    }
}

impl<DB: Backend> Deref for Lease<'_, DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match &self.connection {
            Held::Pooled(connection) => connection,
            Held::Lent(connection) => connection,
        }
    }
}

impl<DB: Backend> DerefMut for Lease<'_, DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match &mut self.connection {
            Held::Pooled(connection) => connection,
            Held::Lent(connection) => connection,
        }
    }
}

fn ready<'c, DB: Backend>(
    connection: &'c mut DB::Connection,
) -> BoxFuture<'c, Result<Lease<'c, DB>, sqlx::Error>> {
    Box::pin(core::future::ready(Ok(Lease::lent(connection))))
}

impl<'c, DB: Backend> Reads<'c, DB> for &Pool<DB> {}
impl<'c, DB: Backend> Writes<'c, DB> for &Pool<DB> {}
impl<'c, DB: Backend> Leases<'c, DB> for &Pool<DB> {
    fn lease(self) -> BoxFuture<'c, Result<Lease<'c, DB>, sqlx::Error>> {
        let connection = self.acquire();
        Box::pin(async { connection.await.map(Lease::pooled) })
    }
}

impl<'c, DB: Backend> Reads<'c, DB> for &'c mut PoolConnection<DB> {}
impl<'c, DB: Backend> Writes<'c, DB> for &'c mut PoolConnection<DB> {}
impl<'c, DB: Backend> Leases<'c, DB> for &'c mut PoolConnection<DB> {
    fn lease(self) -> BoxFuture<'c, Result<Lease<'c, DB>, sqlx::Error>> {
        ready(&mut **self)
    }
}

impl<'c, DB: Backend> Reads<'c, DB> for &'c mut Transaction<'_, DB> {}
impl<'c, DB: Backend> Writes<'c, DB> for &'c mut Transaction<'_, DB> {}
impl<'c, DB: Backend> Leases<'c, DB> for &'c mut Transaction<'_, DB> {
    fn lease(self) -> BoxFuture<'c, Result<Lease<'c, DB>, sqlx::Error>> {
        ready(&mut **self)
    }
}

macro_rules! connection {
    ($feature:literal $database:ident $connection:ident) => {
        #[cfg(feature = $feature)]
        impl<'c> Reads<'c, sqlx::$database> for &'c mut sqlx::$connection {}
        #[cfg(feature = $feature)]
        impl<'c> Writes<'c, sqlx::$database> for &'c mut sqlx::$connection {}
        #[cfg(feature = $feature)]
        impl<'c> Leases<'c, sqlx::$database> for &'c mut sqlx::$connection {
            fn lease(self) -> BoxFuture<'c, Result<Lease<'c, sqlx::$database>, sqlx::Error>> {
                ready(self)
            }
        }
    };
}

connection! { "sqlite" Sqlite SqliteConnection }
connection! { "postgres" Postgres PgConnection }
connection! { "mysql" MySql MySqlConnection }
