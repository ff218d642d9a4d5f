//! The one seam between the store and sqlx's drivers.

use core::{future::Future, pin::Pin};
use std::{boxed::Box, string::String, sync::Arc, vec::Vec};

use sqlx::{
    Arguments as _, AssertSqlSafe, ColumnIndex, Database, Decode, Encode, Executor, Row as _, Type,
    error::DatabaseError,
};

use super::{dialect::Dialect, error::StoreError, statement::Statement};

/// A database that the store works on: `sqlx::Sqlite`, `sqlx::Postgres` or `sqlx::MySql`,
/// each with its feature.
pub trait Backend:
    Runs + Carries<i64> + Carries<Option<String>> + Carries<Option<Vec<u8>>>
{
    #[doc(hidden)]
    const KIND: Kind;

    #[doc(hidden)]
    fn affected(result: &Self::QueryResult) -> u64;

    /// Nothing was changed, and another attempt may succeed.
    #[doc(hidden)]
    fn is_conflict(error: &dyn DatabaseError) -> bool;

    /// A table or an index was not made, for somebody else has just made one of that name.
    #[doc(hidden)]
    fn is_made_meanwhile(error: &dyn DatabaseError) -> bool;
}

#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Sqlite,
    Postgres,
    MySql,
}

#[cfg(feature = "sqlite")]
impl Backend for sqlx::Sqlite {
    const KIND: Kind = Kind::Sqlite;

    fn affected(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }

    /// Busy or locked; the low byte of an extended code is its class.
    fn is_conflict(error: &dyn DatabaseError) -> bool {
        let code = error.code().and_then(|code| code.parse::<u32>().ok());
        code.is_some_and(|code| matches!(code & 0xff, 5 | 6))
    }

    /// It has no code of its own.
    fn is_made_meanwhile(error: &dyn DatabaseError) -> bool {
        error.message().ends_with(" already exists")
    }
}

#[cfg(feature = "postgres")]
impl Backend for sqlx::Postgres {
    const KIND: Kind = Kind::Postgres;

    fn affected(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }

    /// A serialization failure or a deadlock.
    fn is_conflict(error: &dyn DatabaseError) -> bool {
        error.code().is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01"))
    }

    /// By its name, or by the catalogue's own unique indexes.
    fn is_made_meanwhile(error: &dyn DatabaseError) -> bool {
        let in_catalogue = error.constraint().is_some_and(|name| name.starts_with("pg_"));
        error.code().is_some_and(|code| match code.as_ref() {
            "42P07" | "42710" => true,
            "23505" => in_catalogue,
            _ => false,
        })
    }
}

#[cfg(feature = "mysql")]
impl Backend for sqlx::MySql {
    const KIND: Kind = Kind::MySql;

    fn affected(result: &Self::QueryResult) -> u64 {
        result.rows_affected()
    }

    /// A lock not had in time, a deadlock, one over the next `AUTO_INCREMENT`, or (MariaDB) a row
    /// that changed since the transaction began.
    fn is_conflict(error: &dyn DatabaseError) -> bool {
        let error = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>();
        error.is_some_and(|error| matches!(error.number(), 1205 | 1213 | 1467 | 1020))
    }

    /// A table, or an index, of that name.
    fn is_made_meanwhile(error: &dyn DatabaseError) -> bool {
        let error = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>();
        error.is_some_and(|error| matches!(error.number(), 1050 | 1061))
    }
}

/// The kind of database, and on MySQL whether the server is a MariaDB.
pub(crate) async fn dialect<DB: Backend>(
    connection: &mut DB::Connection,
) -> Result<Dialect, StoreError> {
    Ok(match DB::KIND {
        Kind::Sqlite => Dialect::Sqlite,
        Kind::Postgres => Dialect::Postgres,
        Kind::MySql => {
            let sql = "SELECT CAST(VERSION() AS CHAR)".into();
            let rows = DB::fetch(connection, sql, Args::default().bind::<DB>()?).await?;
            let version: Option<String> = rows.first().map_or(Ok(None), |row| DB::get(row, 0))?;
            Dialect::MySql { returning: version.unwrap_or_default().contains("MariaDB") }
        }
    })
}

/// A value on its way into a statement.
#[derive(Clone)]
pub(crate) enum Value {
    Bytes(Vec<u8>),
    Text(Option<String>),
    Integer(i64),
}

impl Value {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(Some(text.into()))
    }
}

/// Values in the order of the placeholders.
#[derive(Default)]
pub(crate) struct Args(Vec<Value>);

impl Args {
    pub(crate) fn push(&mut self, value: Value) {
        self.0.push(value);
    }

    pub(crate) fn bind<DB: Backend>(self) -> Result<DB::Arguments, sqlx::Error> {
        let mut arguments = DB::Arguments::default();
        for value in self.0 {
            match value {
                Value::Bytes(bytes) => DB::add(&mut arguments, Some(bytes)),
                Value::Text(text) => DB::add(&mut arguments, text),
                Value::Integer(integer) => DB::add(&mut arguments, integer),
            }?;
        }
        Ok(arguments)
    }
}

impl Statement {
    pub(crate) fn sql(&self) -> Arc<str> {
        self.text.clone()
    }
}

pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A driver that takes and gives values of this type.
#[doc(hidden)]
pub trait Carries<T>: Database {
    fn add(arguments: &mut Self::Arguments, value: T) -> Result<(), sqlx::Error>;

    fn get(row: &Self::Row, index: usize) -> Result<T, sqlx::Error>;
}

impl<DB: Database, T> Carries<T> for DB
where
    T: for<'q> Encode<'q, DB> + for<'r> Decode<'r, DB> + Type<DB>,
    usize: ColumnIndex<DB::Row>,
{
    fn add(arguments: &mut DB::Arguments, value: T) -> Result<(), sqlx::Error> {
        arguments.add(value).map_err(sqlx::Error::Encode)
    }

    fn get(row: &DB::Row, index: usize) -> Result<T, sqlx::Error> {
        row.try_get(index)
    }
}

/// A driver whose connection runs statements.
#[doc(hidden)]
pub trait Runs: Database {
    fn fetch(
        connection: &mut Self::Connection,
        sql: Arc<str>,
        arguments: Self::Arguments,
    ) -> BoxFuture<'_, Result<Vec<Self::Row>, sqlx::Error>>;

    fn execute(
        connection: &mut Self::Connection,
        sql: Arc<str>,
        arguments: Self::Arguments,
    ) -> BoxFuture<'_, Result<Self::QueryResult, sqlx::Error>>;
}

impl<DB: Database> Runs for DB
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    DB::Arguments: sqlx::IntoArguments<DB>,
{
    fn fetch(
        connection: &mut DB::Connection,
        sql: Arc<str>,
        arguments: DB::Arguments,
    ) -> BoxFuture<'_, Result<Vec<DB::Row>, sqlx::Error>> {
        // The text is made of quoted names and placeholders only.
        connection.fetch_all(sqlx::query_with(AssertSqlSafe(sql), arguments))
    }

    fn execute(
        connection: &mut DB::Connection,
        sql: Arc<str>,
        arguments: DB::Arguments,
    ) -> BoxFuture<'_, Result<DB::QueryResult, sqlx::Error>> {
        connection.execute(sqlx::query_with(AssertSqlSafe(sql), arguments))
    }
}
