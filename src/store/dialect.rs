//! How the databases differ in SQL, as text; all else is one for all of them.

use core::time::Duration;
use std::{
    format,
    string::{String, ToString as _},
};

use super::{
    id::IdType,
    settings::{Column, Settings},
    time_text::Precision,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
    /// MariaDB has `INSERT` and `DELETE` with `RETURNING`, MySQL has not.
    MySql {
        returning: bool,
    },
}

impl Dialect {
    pub(crate) fn has_returning(self) -> bool {
        self != Self::MySql { returning: false }
    }

    /// Whether a statement may miss rows that were committed while it waited for a lock. SQLite
    /// has one writer at a time.
    pub(crate) fn has_concurrent_writers(self) -> bool {
        self != Self::Sqlite
    }

    /// Placeholders are `$1`, `$2`, … and not `?`.
    pub(crate) fn is_numbered(self) -> bool {
        self == Self::Postgres
    }

    pub(crate) fn quote(self, name: &str) -> String {
        match self {
            Self::MySql { .. } => format!("`{}`", name.replace('`', "``")),
            Self::Sqlite | Self::Postgres => format!("\"{}\"", name.replace('"', "\"\"")),
        }
    }

    /// Whether two names of indexes are one to the database: PostgreSQL alone tells upper case from
    /// lower.
    pub(crate) fn is_one_name(self, one: &str, other: &str) -> bool {
        one == other || (self != Self::Postgres && one.to_lowercase() == other.to_lowercase())
    }

    /// The table of tokens with its schema.
    pub(crate) fn table(self, settings: &Settings) -> String {
        self.in_schema(settings, &settings.table)
    }

    /// A table in the schema of the settings.
    pub(crate) fn in_schema(self, settings: &Settings, table: &str) -> String {
        let table = self.quote(table);
        settings.schema.as_ref().map_or(table.clone(), |it| format!("{}.{table}", self.quote(it)))
    }

    /// Holds the rows that a `SELECT` finds until the transaction ends.
    pub(crate) fn lock(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres | Self::MySql { .. } => " FOR UPDATE",
        }
    }

    /// Leaves out the rows that somebody else holds.
    pub(crate) fn skip_locked(self) -> &'static str {
        match self {
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
            Self::Sqlite | Self::MySql { .. } => "",
        }
    }

    pub(crate) fn null(self) -> &'static str {
        match self {
            Self::Postgres => "NULL::text",
            Self::Sqlite | Self::MySql { .. } => "NULL",
        }
    }

    /// A time as it is compared. SQLite compares text, so all must be of one form.
    pub(crate) fn moment(self, column: &str) -> String {
        match self {
            Self::Sqlite => format!("strftime('%Y-%m-%dT%H:%M:%f', {column})"),
            Self::Postgres | Self::MySql { .. } => column.to_string(),
        }
    }

    /// A column as it is read: ids and times as text, all else as it is.
    pub(crate) fn read(self, name: &str, column: Column, column_type: &str) -> String {
        match (column, self) {
            (Column::Id | Column::UserId, Self::Postgres) => format!("{name}::text"),
            (Column::Id | Column::UserId, _) if is_binary(column_type) => {
                format!("LOWER(HEX({name}))")
            }
            (Column::Id | Column::UserId, Self::Sqlite) => format!("CAST({name} AS TEXT)"),
            (Column::Id | Column::UserId, Self::MySql { .. }) => format!("CAST({name} AS CHAR)"),
            (Column::InsertedAt | Column::AuthenticatedAt | Column::LastSeenAt, _) => {
                self.read_time(name)
            }
            (Column::IpAddress, Self::Postgres) if column_type == "inet" => format!("host({name})"),
            _ => name.to_string(),
        }
    }

    pub(crate) fn read_time(self, expression: &str) -> String {
        match self {
            Self::Sqlite => expression.to_string(),
            Self::Postgres => format!("to_char({expression}, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS')"),
            Self::MySql { .. } => format!("DATE_FORMAT({expression}, '%Y-%m-%dT%H:%i:%s.%f')"),
        }
    }

    /// The database's time in UTC, whatever the connection's time zone. SQLite has none but this
    /// process's, which the store reads itself.
    ///
    /// PostgreSQL's `now()` would be the time at which a transaction began.
    pub(crate) fn clock(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some("(statement_timestamp() AT TIME ZONE 'UTC')"),
            Self::MySql { .. } => Some("UTC_TIMESTAMP(6)"),
        }
    }

    /// The clock's time, so long ago.
    pub(crate) fn ago(self, clock: &str, age: Duration) -> String {
        let (seconds, millis) = (age.as_secs(), age.subsec_millis());
        match self {
            _ if age.is_zero() => clock.into(),
            Self::MySql { .. } => {
                format!("{clock} - INTERVAL '{seconds}.{millis:03}000' SECOND_MICROSECOND")
            }
            _ => format!("{clock} - INTERVAL '{seconds}.{millis:03} seconds'"),
        }
    }

    /// A time cut to the precision of the table: the database's own rounding would write rows of
    /// the future.
    pub(crate) fn cut(self, time: &str, precision: Precision) -> String {
        match (self, precision) {
            (Self::MySql { .. }, Precision::Seconds) => {
                format!("CAST(DATE_FORMAT({time}, '%Y-%m-%d %H:%i:%s') AS DATETIME)")
            }
            (Self::MySql { .. }, Precision::Microseconds) => time.replace("(6)", "(3)"),
            (_, Precision::Seconds) => format!("date_trunc('second', {time})"),
            (_, Precision::Microseconds) => format!("date_trunc('milliseconds', {time})"),
        }
    }

    // What a value is cast to, its placeholder for the `?`. PostgreSQL infers types from their
    // places, and not always the ones that are sent.

    pub(crate) fn bytes(self) -> &'static str {
        if self == Self::Postgres { "?::bytea" } else { "?" }
    }

    pub(crate) fn text(self) -> &'static str {
        if self == Self::Postgres { "?::text" } else { "?" }
    }

    pub(crate) fn integer(self) -> &'static str {
        if self == Self::Postgres { "?::int8" } else { "?" }
    }

    pub(crate) fn time(self) -> &'static str {
        match self {
            Self::Sqlite => "?",
            Self::Postgres => "?::text::timestamp",
            Self::MySql { .. } => "CAST(? AS DATETIME(6))",
        }
    }

    pub(crate) fn id(self, id_type: IdType) -> &'static str {
        match (self, id_type) {
            (Self::Postgres, IdType::Integer) => "?::int8",
            (Self::Postgres, IdType::Uuid) => "?::text::uuid",
            (Self::Sqlite | Self::MySql { .. }, _) => "?",
        }
    }

    /// What follows the client's address.
    pub(crate) fn write_address(self, column_type: &str) -> &'static str {
        if self == Self::Postgres && column_type == "inet" { "::inet" } else { "" }
    }

    /// The columns of a table, each with its type; the parameters are the table and, on SQLite and
    /// MySQL, its schema or null.
    pub(crate) fn introspection(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT name, lower(type) FROM pragma_table_info(?, ?)",
            Self::Postgres => {
                "SELECT attname::text, format_type(atttypid, NULL)::text FROM pg_attribute \
                 WHERE attrelid = to_regclass($1::text) AND attnum > 0 AND NOT attisdropped"
            }
            Self::MySql { .. } => {
                "SELECT CAST(column_name AS CHAR), CAST(data_type AS CHAR) \
                 FROM information_schema.columns \
                 WHERE table_name = ? AND table_schema = COALESCE(?, DATABASE())"
            }
        }
    }

    /// Those indexes of a table that have one of two names; the parameters are those of
    /// [`introspection`](Self::introspection), and the names.
    pub(crate) fn indexes(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "SELECT name FROM pragma_index_list(?, ?) WHERE name COLLATE NOCASE IN (?, ?)"
            }
            // These functions know what was committed since the transaction began, as `CREATE INDEX`
            // does. One that `CONCURRENTLY` left unfinished serves no query.
            Self::Postgres => {
                "SELECT wanted FROM unnest(ARRAY[$2::text, $3::text]) AS wanted, \
                 pg_identify_object('pg_class'::regclass, to_regclass($1::text), 0) AS own, \
                 to_regclass(own.schema || '.' || quote_ident(wanted)) AS found \
                 WHERE (strpos(pg_get_indexdef(found), ' ON ' || own.identity || ' USING ') > 0 \
                 OR strpos(pg_get_indexdef(found), ' ON ONLY ' || own.identity || ' USING ') > 0) \
                 AND NOT EXISTS \
                 (SELECT 1 FROM pg_index WHERE indexrelid = found AND NOT indisvalid)"
            }
            Self::MySql { .. } => {
                "SELECT CAST(index_name AS CHAR) FROM information_schema.statistics \
                 WHERE table_name = ? AND table_schema = COALESCE(?, DATABASE()) \
                 AND index_name IN (?, ?)"
            }
        }
    }

    /// The types that a column may have.
    pub(crate) fn accepted(self, column: Column, id_type: IdType) -> &'static str {
        match (self, column, id_type) {
            (Self::Sqlite, Column::Id | Column::UserId, IdType::Integer) => {
                "integer, bigint or int"
            }
            (Self::Sqlite, Column::Id | Column::UserId, IdType::Uuid) => "text, blob or uuid",
            (Self::Sqlite, Column::Token, _) => "blob",
            (
                Self::Sqlite,
                Column::InsertedAt | Column::AuthenticatedAt | Column::LastSeenAt,
                _,
            ) => "text, text_datetime, naive_datetime, utc_datetime or datetime",
            (Self::Sqlite, _, _) => "text or varchar",
            (Self::Postgres, Column::Id | Column::UserId, IdType::Integer) => "bigint or integer",
            (Self::Postgres, Column::Id | Column::UserId, IdType::Uuid) => "uuid",
            (Self::Postgres, Column::Token, _) => "bytea",
            (
                Self::Postgres,
                Column::InsertedAt | Column::AuthenticatedAt | Column::LastSeenAt,
                _,
            ) => "timestamp without time zone",
            (Self::Postgres, Column::IpAddress, _) => "character varying, text or inet",
            (Self::Postgres, _, _) => "character varying, text or citext",
            (Self::MySql { .. }, Column::Id | Column::UserId, IdType::Integer) => "bigint or int",
            (Self::MySql { .. }, Column::Id | Column::UserId, IdType::Uuid) => "binary",
            (Self::MySql { .. }, Column::Token, _) => "varbinary, binary or blob",
            (
                Self::MySql { .. },
                Column::InsertedAt | Column::AuthenticatedAt | Column::LastSeenAt,
                _,
            ) => "datetime",
            (Self::MySql { .. }, _, _) => "varchar, text, tinytext or longtext",
        }
    }
}

/// Whether a UUID stands in the column as its 16 bytes.
pub(crate) fn is_binary(column_type: &str) -> bool {
    matches!(column_type, "blob" | "binary")
}
