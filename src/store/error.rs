use core::fmt;
use std::{boxed::Box, string::String, vec::Vec};

use super::session::Ended;

/// Why the store could not do what was asked.
///
/// That a token is unknown, ended or expired is no error: it is `None`.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The database refused the statement or could not be reached; `source` is its answer.
    Database(sqlx::Error),
    /// The database asked to try again (a serialization failure, a deadlock, a locked file), as
    /// often as the settings allow. Nothing was changed.
    Busy(sqlx::Error),
    /// The pool had no connection to give in its `acquire_timeout`. Nothing was changed.
    NoConnection,
    /// The statement took longer than [`Settings::timeout`](super::Settings::timeout). Whether it
    /// took effect is unknown: look again, or end again, which does no harm. Of what had ended by then
    /// the second answer tells no topics; list the sessions before where live sockets matter.
    TimedOut,
    /// Some sessions were ended, and others may be left: broadcast `"disconnect"` to the topics of
    /// these, and end all again, which does no harm.
    ///
    /// In a transaction of the caller they are ended with its commit only.
    Incomplete {
        /// What was ended.
        ended: Vec<Ended>,
        /// Why that may not be all.
        error: Box<StoreError>,
    },
    /// The table is not what the settings say.
    Table {
        /// The table, as the settings name it.
        table: String,
        /// What is wrong with it.
        problem: TableProblem,
    },
    /// A name in the settings that is no name of a table or column: letters, digits, `_`, `$` and
    /// `-` are allowed, 63 bytes at most.
    Name(String),
    /// An integer id for a column of UUIDs, or the other way round.
    IdType,
    /// `change:` and the address, or the address it is sent to, are more than 255 characters.
    AddressTooLong,
    /// A row holds what is not of its column's form, such as a time that is none.
    ///
    /// A row that was to be ended or used is gone all the same, unless the column is `id`: MySQL
    /// deletes by it, so the row stays. Delete it by hand.
    Unreadable {
        /// The column.
        column: &'static str,
    },
    /// The operating system gave no randomness.
    Randomness,
}

/// What is wrong with a table, found when the store is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableProblem {
    /// There is no such table.
    Missing,
    /// It has no such column.
    MissingColumn(String),
    /// A column of a type that cannot hold what it is for.
    WrongType {
        /// The column.
        column: String,
        /// Its type, as the database calls it.
        found: String,
        /// The types that would do.
        expected: &'static str,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(_) => f.write_str("the database refused or could not be reached"),
            Self::Busy(_) => f.write_str("the database is busy, the last attempt failed as well"),
            Self::NoConnection => f.write_str("the pool had no connection in time"),
            Self::TimedOut => f.write_str("the statement took too long, its outcome is unknown"),
            Self::Incomplete { ended, .. } => {
                write!(f, "{} of the sessions ended, others may be left", ended.len())
            }
            Self::Table { table, problem } => write!(f, "table {table}: {problem}"),
            Self::Name(name) => write!(f, "{name:?} is no name of a table or column"),
            Self::IdType => f.write_str("the id is not of its column's type"),
            Self::AddressTooLong => f.write_str("the address is longer than 255 characters"),
            Self::Unreadable { column } => write!(f, "column {column} holds what it should not"),
            Self::Randomness => f.write_str("the operating system gave no randomness"),
        }
    }
}

impl fmt::Display for TableProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("there is no such table"),
            Self::MissingColumn(column) => write!(f, "there is no column {column}"),
            Self::WrongType { column, found, expected } => {
                write!(f, "column {column} is of type {found}, {expected} is required")
            }
        }
    }
}

impl core::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Database(error) | Self::Busy(error) => Some(error),
            Self::Incomplete { error, .. } => Some(&**error),
            _ => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut => Self::NoConnection,
            error => Self::Database(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use core::error::Error as _;
    use std::string::ToString as _;

    use super::*;

    /// Who prints an error with its causes sees the database's own words.
    #[test]
    fn the_cause_of_an_error_is_its_source() {
        let cause = |error: StoreError| error.source().map(|source| source.to_string());
        let of_database = || StoreError::Database(sqlx::Error::RowNotFound);
        let said = sqlx::Error::RowNotFound.to_string();
        assert_eq!(cause(of_database()).as_ref(), Some(&said));
        assert_eq!(cause(StoreError::Busy(sqlx::Error::RowNotFound)).as_ref(), Some(&said));
        let incomplete =
            StoreError::Incomplete { ended: Vec::new(), error: Box::new(of_database()) };
        assert_eq!(cause(incomplete), Some(of_database().to_string()));
        assert_eq!(cause(StoreError::TimedOut), None);
    }
}
