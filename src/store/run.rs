//! Running an operation: its parameters, its transaction, its retries, its time limit.

use core::{mem, time::Duration};
use std::{boxed::Box, string::String, vec::Vec};

use sqlx::{Connection as _, Row as _};
use tokio::sync::{RwLockReadGuard, RwLockWriteGuard};

use super::{
    backend::{Args, Backend, BoxFuture, Value},
    connect::Lease,
    dialect::Dialect,
    error::StoreError,
    settings::{Settings, TokenStorage},
    sql::{Isolation, Operation, Step},
    statement::{Param, Statement},
    time_text,
};
use crate::{events, time::Timestamp};

/// The values of one call.
pub(crate) struct Values {
    values: Vec<(Param, Value)>,
    /// By the given clock; the database has its own.
    pub(crate) now: Option<Timestamp>,
}

impl Values {
    pub(crate) fn at(now: Option<Timestamp>) -> Self {
        Self { values: Vec::new(), now }
    }

    pub(crate) fn with(mut self, param: Param, value: Value) -> Self {
        self.values.push((param, value));
        self
    }

    fn value(&self, param: Param, settings: &Settings) -> Value {
        let ago = |age: Duration| {
            let millis = i64::try_from(age.as_millis()).unwrap_or(i64::MAX);
            let now = self.now.map_or(0, Timestamp::as_millis);
            Timestamp::from_millis(now.saturating_sub(millis))
        };
        match (param, settings.storage) {
            (Param::Ago(age), _) => Value::text(time_text::write_millis(ago(age))),
            (Param::Written(age), _) => Value::text(time_text::write(ago(age), settings.precision)),
            (Param::RawUntil, TokenStorage::Both { raw_until }) => {
                // What is made in its second is written as of the beginning of that.
                let raw_until = time_text::cut(raw_until, settings.precision);
                Value::text(time_text::write_millis(raw_until))
            }
            _ => {
                let own = self.values.iter().find(|(known, _)| *known == param);
                own.map_or(Value::Text(None), |(_, value)| value.clone())
            }
        }
    }

    fn args<DB: Backend>(
        &self,
        statement: &Statement,
        settings: &Settings,
    ) -> Result<DB::Arguments, sqlx::Error> {
        let mut args = Args::default();
        for param in &statement.params {
            args.push(self.value(*param, settings));
        }
        args.bind::<DB>()
    }
}

/// What an operation found or changed.
pub(crate) struct Outcome<DB: Backend> {
    /// Of an ending, those that are gone.
    pub(crate) rows: Vec<DB::Row>,
    pub(crate) affected: u64,
    /// How many were to be deleted by their id and were not: it cannot be read.
    pub(crate) left: usize,
}

/// Lets the serializable transactions of a store begin beside each other, but one that is tried again
/// runs alone: many at one time give each other up, again and again, whatever rows they touch.
pub(crate) type Turns = tokio::sync::RwLock<()>;

/// Waits for a turn, but not for one who waits for a lock of the database: then it goes without.
async fn turn(
    turns: &Turns,
    attempt: u32,
    patience: Duration,
) -> (Option<RwLockReadGuard<'_, ()>>, Option<RwLockWriteGuard<'_, ()>>) {
    match attempt {
        1 => (tokio::time::timeout(patience, turns.read()).await.ok(), None),
        _ => (None, tokio::time::timeout(patience, turns.write()).await.ok()),
    }
}

/// Runs the operation, again where the database asks for it, and no longer than `limit`: with no time
/// left, not at all.
///
/// Inside a transaction of the caller nothing is tried again: there the database has given the
/// whole transaction up.
pub(crate) async fn run<DB: Backend>(
    connection: &mut Lease<'_, DB>,
    dialect: Dialect,
    settings: &Settings,
    operation: &Operation,
    values: &Values,
    turns: &Turns,
    limit: Duration,
) -> Result<Outcome<DB>, StoreError> {
    if limit.is_zero() {
        return Err(StoreError::TimedOut);
    }
    let in_transaction = connection.is_in_transaction();
    let attempts = if in_transaction { 1 } else { settings.attempts };
    let takes_turns = operation.isolation == Isolation::Serializable && !in_transaction;
    let patience = limit.checked_div(8).unwrap_or_default();
    // What the last attempt failed by, as long as the next one has not begun.
    let mut conflict = None;
    let tried = async {
        let mut attempt = 1;
        loop {
            let held = if takes_turns { Some(turn(turns, attempt, patience).await) } else { None };
            conflict = None;
            let outcome = perform::<DB>(connection, dialect, settings, operation, values).await;
            drop(held);
            match outcome {
                Err(error) if !error.as_database_error().is_some_and(DB::is_conflict) => {
                    return Err(error.into());
                }
                Err(error) if attempt >= attempts => return Err(StoreError::Busy(error)),
                Err(error) => {
                    events::statement_retried(attempt);
                    conflict = Some(error);
                    tokio::time::sleep(pause(attempt)).await;
                }
                Ok(outcome) => return Ok(outcome),
            }
            attempt = attempt.saturating_add(1);
        }
    };
    if let Ok(outcome) = tokio::time::timeout(limit, tried).await {
        return outcome;
    }
    match conflict {
        Some(conflict) => Err(StoreError::Busy(conflict)),
        None => {
            connection.timed_out();
            Err(StoreError::TimedOut)
        }
    }
}

/// Boxed, so that what the callers' futures hold of it is plainly `Send`.
fn perform<'a, DB: Backend>(
    connection: &'a mut Lease<'_, DB>,
    dialect: Dialect,
    settings: &'a Settings,
    operation: &'a Operation,
    values: &'a Values,
) -> BoxFuture<'a, Result<Outcome<DB>, sqlx::Error>> {
    Box::pin(async move {
        if !operation.is_transaction() {
            return steps::<DB>(connection, settings, operation, values).await;
        }
        connection.transaction_begins();
        let outcome = transact::<DB>(connection, dialect, settings, operation, values).await;
        // What failed otherwise than by the database's own word is in no state to go by.
        if outcome.as_ref().err().is_none_or(|error| error.as_database_error().is_some()) {
            connection.transaction_ended();
        }
        outcome
    })
}

async fn transact<DB: Backend>(
    connection: &mut DB::Connection,
    dialect: Dialect,
    settings: &Settings,
    operation: &Operation,
    values: &Values,
) -> Result<Outcome<DB>, sqlx::Error> {
    let serializable = operation.isolation == Isolation::Serializable;
    let mut transaction = if connection.is_in_transaction() {
        connection.begin().await?
    } else {
        match dialect {
            Dialect::Sqlite => connection.begin_with("BEGIN IMMEDIATE").await?,
            Dialect::Postgres if serializable => {
                connection.begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE").await?
            }
            Dialect::MySql { .. } if serializable => {
                let sql = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE".into();
                DB::execute(connection, sql, Args::default().bind::<DB>()?).await?;
                connection.begin().await?
            }
            _ => connection.begin().await?,
        }
    };
    let outcome = steps::<DB>(&mut transaction, settings, operation, values).await?;
    transaction.commit().await?;
    Ok(outcome)
}

async fn steps<DB: Backend>(
    connection: &mut DB::Connection,
    settings: &Settings,
    operation: &Operation,
    values: &Values,
) -> Result<Outcome<DB>, sqlx::Error> {
    let mut outcome = Outcome { rows: Vec::new(), affected: 0, left: 0 };
    for step in &operation.steps {
        match step {
            Step::Fetch(statement) => {
                let args = values.args::<DB>(statement, settings)?;
                outcome.rows = DB::fetch(connection, statement.sql(), args).await?;
                if outcome.rows.is_empty() {
                    break;
                }
            }
            Step::Require(statement) | Step::Execute(statement) => {
                let args = values.args::<DB>(statement, settings)?;
                let result = DB::execute(connection, statement.sql(), args).await?;
                outcome.affected = DB::affected(&result);
                if outcome.affected == 0 && matches!(step, Step::Require(_)) {
                    break;
                }
            }
            Step::DeleteFetched(statement) => {
                for row in mem::take(&mut outcome.rows) {
                    let id: Option<String> = DB::get(&row, row.len().saturating_sub(1))?;
                    let mut args = Args::default();
                    args.push(id_value(id.as_deref().unwrap_or_default()));
                    let result = DB::execute(connection, statement.sql(), args.bind::<DB>()?);
                    match DB::affected(&result.await?) {
                        0 => outcome.left = outcome.left.saturating_add(1),
                        _ => outcome.rows.push(row),
                    }
                }
            }
        }
    }
    Ok(outcome)
}

/// An id as MySQL takes it, the one database that fetches before it deletes; one that cannot be read
/// is that of no row.
fn id_value(text: &str) -> Value {
    match text.parse() {
        Ok(super::Id::Integer(id)) => Value::Integer(id),
        Ok(super::Id::Uuid(bytes)) => Value::Bytes(bytes.to_vec()),
        Err(_) => Value::Text(None),
    }
}

/// 2, 4, 8, … up to 128 ms, each cut by up to half, so that two that met do not meet again.
pub(super) fn pause(attempt: u32) -> Duration {
    let whole = Duration::from_millis(1 << attempt.min(7));
    let mut byte = [0];
    // Without randomness the pause is the whole one.
    let _ = getrandom::fill(&mut byte);
    let [byte] = byte;
    whole.saturating_sub(whole.mul_f64(f64::from(byte) / 512.0))
}

#[cfg(all(test, feature = "sqlite"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use crate::store::{NewSession, Store, connect::Leases as _};

    /// What is sent is done, also where its answer is waited for no longer.
    #[tokio::test]
    async fn with_no_time_left_nothing_is_sent() {
        let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
        let settings = Settings::new();
        Store::create_table(&pool, &settings).await.unwrap();
        let store = Store::open(&pool, settings).await.unwrap();
        let token = store.create(&pool, 1, &NewSession::new()).await.unwrap().token;
        let (end, values) = (&store.sql().end, store.presented(&token));
        for (limit, sessions) in [(Duration::ZERO, 1), (Duration::from_secs(60), 0)] {
            let mut connection = (&pool).lease().await.unwrap();
            let outcome = store.run_on(&mut connection, end, &values, limit).await;
            let timed_out = matches!(outcome, Err(StoreError::TimedOut));
            drop(connection);
            assert_eq!(timed_out, limit.is_zero());
            assert_eq!(store.count(&pool, 1).await.unwrap(), sessions);
        }
    }
}
