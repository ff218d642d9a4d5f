//! The table as this crate makes it.

use std::{format, string::String, vec::Vec};

use sha2::{Digest as _, Sha256};
use sqlx::Connection as _;

use super::{
    backend::{Args, Backend, Value},
    dialect::Dialect,
    error::StoreError,
    id::IdType,
    run,
    settings::{Column, Settings},
    table::{columns, of_table},
};
use crate::events;

/// Makes the table and its indexes where they are missing.
///
/// Where many make one at the same time, all but one fail on what that one has just made, and find it
/// when they try again. In a transaction of the caller that is over then, and would only say so.
pub(crate) async fn create<DB: Backend>(
    connection: &mut DB::Connection,
    dialect: Dialect,
    settings: &Settings,
) -> Result<(), StoreError> {
    let attempts = if connection.is_in_transaction() { 1 } else { settings.attempts };
    let [of_user, of_token, of_expiry] = indexes(dialect, settings);
    for part in [Part::Table, of_user, of_token, of_expiry] {
        let mut attempt = 1;
        while let Err(error) = part.make::<DB>(connection, dialect, settings).await {
            let StoreError::Database(error) = error else { return Err(error) };
            let known = error.as_database_error();
            let is_conflict = known.is_some_and(DB::is_conflict);
            if !is_conflict && !known.is_some_and(DB::is_made_meanwhile) {
                return Err(StoreError::Database(error));
            }
            if attempt >= attempts {
                let busy = is_conflict && attempts > 1;
                return Err(if busy { StoreError::Busy(error) } else { error.into() });
            }
            events::statement_retried(attempt);
            tokio::time::sleep(run::pause(attempt)).await;
            attempt = attempt.saturating_add(1);
        }
    }
    Ok(())
}

enum Part {
    Table,
    Index(Index),
}

impl Part {
    /// Makes it, unless it is there.
    async fn make<DB: Backend>(
        &self,
        connection: &mut DB::Connection,
        dialect: Dialect,
        settings: &Settings,
    ) -> Result<(), StoreError> {
        match self {
            // PostgreSQL makes one in the first schema of the search path, in whichever other it is.
            Self::Table => {
                let found = columns::<DB>(connection, dialect, settings, &settings.table).await?;
                if !found.is_empty() {
                    return Ok(());
                }
                execute::<DB>(connection, &creation(dialect, settings)).await
            }
            Self::Index(index) => index.make::<DB>(connection, dialect, settings).await,
        }
    }
}

async fn execute<DB: Backend>(
    connection: &mut DB::Connection,
    sql: &str,
) -> Result<(), StoreError> {
    DB::execute(connection, sql.into(), Args::default().bind::<DB>()?).await?;
    Ok(())
}

/// Ecto's table, with the optional columns, and the reference to the users' table where the settings
/// name one.
fn creation(dialect: Dialect, settings: &Settings) -> String {
    let types = Types::of(dialect, settings);
    let name = |column| dialect.quote(settings.column_name(column));
    let references = settings.users.as_ref().map_or(String::new(), |users| {
        let id = dialect.quote(&users.id);
        // SQLite's are in the table's own schema, and named without it.
        let users = match dialect {
            Dialect::Sqlite => dialect.quote(&users.table),
            _ => dialect.in_schema(settings, &users.table),
        };
        format!(" REFERENCES {users} ({id}) ON DELETE CASCADE")
    });
    // MySQL reads a column's own REFERENCES and does not keep it.
    let (inline, constraint) = match dialect {
        Dialect::MySql { .. } if !references.is_empty() => {
            (String::new(), format!(",\n  FOREIGN KEY ({}){references}", name(Column::UserId)))
        }
        _ => (references, String::new()),
    };
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (\n  \
           {id} {id_type},\n  \
           {user_id} {user_id_type} NOT NULL{inline},\n  \
           {token} {bytes} NOT NULL,\n  \
           {context} {text} NOT NULL,\n  \
           {sent_to} {text},\n  \
           {authenticated_at} {time},\n  \
           {user_agent} {text},\n  \
           {ip_address} {text},\n  \
           {last_seen_at} {time},\n  \
           {inserted_at} {time} NOT NULL{constraint}\n)",
        table = dialect.table(settings),
        id = name(Column::Id),
        id_type = types.primary_key,
        user_id = name(Column::UserId),
        user_id_type = types.id,
        token = name(Column::Token),
        bytes = types.bytes,
        context = name(Column::Context),
        text = types.text,
        sent_to = name(Column::SentTo),
        authenticated_at = name(Column::AuthenticatedAt),
        time = types.time,
        user_agent = name(Column::UserAgent),
        ip_address = name(Column::IpAddress),
        last_seen_at = name(Column::LastSeenAt),
        inserted_at = name(Column::InsertedAt),
    )
}

/// The column types that Ecto's migrations give.
struct Types {
    primary_key: &'static str,
    id: &'static str,
    bytes: &'static str,
    text: &'static str,
    time: &'static str,
}

impl Types {
    fn of(dialect: Dialect, settings: &Settings) -> Self {
        use super::time_text::Precision::{Microseconds, Seconds};
        let of = |column| match (dialect, settings.id_type_of(column)) {
            (Dialect::Sqlite, IdType::Integer) => ("INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER"),
            (Dialect::Sqlite, IdType::Uuid) => ("TEXT PRIMARY KEY", "TEXT"),
            (Dialect::Postgres, IdType::Integer) => ("bigserial PRIMARY KEY", "bigint"),
            (Dialect::Postgres, IdType::Uuid) => ("uuid PRIMARY KEY", "uuid"),
            (Dialect::MySql { .. }, IdType::Integer) => {
                ("bigint unsigned AUTO_INCREMENT PRIMARY KEY", "bigint unsigned")
            }
            (Dialect::MySql { .. }, IdType::Uuid) => ("binary(16) PRIMARY KEY", "binary(16)"),
        };
        let ((primary_key, _), (_, id)) = (of(Column::Id), of(Column::UserId));
        let (bytes, text) = match dialect {
            Dialect::Sqlite => ("BLOB", "TEXT"),
            Dialect::Postgres => ("bytea", "varchar(255)"),
            Dialect::MySql { .. } => ("varbinary(32)", "varchar(255)"),
        };
        let time = match (dialect, settings.precision) {
            (Dialect::Sqlite, _) => "TEXT",
            (Dialect::Postgres, Seconds) => "timestamp(0) without time zone",
            (Dialect::Postgres, Microseconds) => "timestamp without time zone",
            (Dialect::MySql { .. }, Seconds) => "datetime",
            (Dialect::MySql { .. }, Microseconds) => "datetime(6)",
        };
        Self { primary_key, id, bytes, text, time }
    }
}

/// An index of the table.
struct Index {
    /// Ecto's name, which is also that of `tokens_user_id` of a table `a` where this is `user_id` of
    /// `a_tokens`: for it, PostgreSQL and SQLite look in the whole schema.
    name: String,
    /// The name where another table has Ecto's.
    own_name: String,
    /// What precedes the name, for one that may be there already and for one that may not.
    create: [String; 2],
    /// What follows the name.
    on: String,
}

impl Index {
    /// Makes it, unless the table has it.
    async fn make<DB: Backend>(
        &self,
        connection: &mut DB::Connection,
        dialect: Dialect,
        settings: &Settings,
    ) -> Result<(), StoreError> {
        let [create_missing, create] = &self.create;
        for (create, name) in [(create_missing, &self.name), (create, &self.own_name)] {
            if self.is_there::<DB>(connection, dialect, settings).await? {
                return Ok(());
            }
            let sql = format!("{create}{}{}", dialect.quote(name), self.on);
            execute::<DB>(connection, &sql).await?;
        }
        Ok(())
    }

    async fn is_there<DB: Backend>(
        &self,
        connection: &mut DB::Connection,
        dialect: Dialect,
        settings: &Settings,
    ) -> Result<bool, StoreError> {
        let mut args = Args::default();
        for value in of_table(dialect, settings, &settings.table) {
            args.push(value);
        }
        args.push(Value::text(&*self.name));
        args.push(Value::text(&*self.own_name));
        let found = DB::fetch(connection, dialect.indexes().into(), args.bind::<DB>()?).await?;
        Ok(!found.is_empty())
    }
}

/// The two indexes of phx.gen.auth under Ecto's names, and one for expiry.
fn indexes(dialect: Dialect, settings: &Settings) -> [Part; 3] {
    // With its operator class the prefix of `change:` contexts is found by index in any locale.
    let class = if dialect == Dialect::Postgres { " varchar_pattern_ops" } else { "" };
    // A table of MySQL has its names to itself.
    let missing = if matches!(dialect, Dialect::MySql { .. }) { "" } else { "IF NOT EXISTS " };
    // An index of SQLite names its schema itself, and its table without one.
    let (schema, table) = match (dialect, &settings.schema) {
        (Dialect::Sqlite, Some(schema)) => {
            (format!("{}.", dialect.quote(schema)), dialect.quote(&settings.table))
        }
        _ => (String::new(), dialect.table(settings)),
    };
    let all: [(&str, &[Column], &str); 3] = [
        ("", &[Column::UserId], ""),
        ("UNIQUE ", &[Column::Context, Column::Token], ""),
        ("", &[Column::Context, Column::InsertedAt], class),
    ];
    let [of_user, mut of_token, mut of_expiry] = all.map(|(unique, columns, class)| {
        let names: Vec<_> = columns.iter().map(|it| settings.column_name(*it)).collect();
        let own_name = digest_name(&settings.table, &names);
        let name = format!("{}_{}_index", settings.table, names.join("_"));
        let quoted: Vec<_> = names.iter().map(|name| dialect.quote(name)).collect();
        Index {
            name: if name.len() > LONGEST_NAME { own_name.clone() } else { name },
            own_name,
            create: [missing, ""].map(|missing| format!("CREATE {unique}INDEX {missing}{schema}")),
            on: format!(" ON {table} ({})", quoted.join(&format!("{class}, "))),
        }
    });
    // A user's column may be called `context_token`.
    for index in [&mut of_token, &mut of_expiry] {
        if dialect.is_one_name(&index.name, &of_user.name) {
            index.name.clone_from(&index.own_name);
        }
    }
    [of_user, of_token, of_expiry].map(Part::Index)
}

/// A name that no other table or columns lead to, as far as there is room with the words of Ecto's.
/// PostgreSQL would cut a long one at its end, and then take the index of another table for this one.
fn digest_name(table: &str, columns: &[&str]) -> String {
    let whole = format!("{table}_{}", columns.join("_"));
    // No name has a dot.
    let [a, b, c, d, ..]: [u8; 32] =
        Sha256::digest(format!("{table}.{}", columns.join("."))).into();
    let digest = format!("_{:08x}_index", u32::from_be_bytes([a, b, c, d]));
    let end = whole.floor_char_boundary(LONGEST_NAME.saturating_sub(digest.len()));
    format!("{}{digest}", whole.get(..end).unwrap_or_default())
}

/// In bytes: PostgreSQL's. MySQL's is 64 characters, and SQLite has none.
const LONGEST_NAME: usize = 63;
