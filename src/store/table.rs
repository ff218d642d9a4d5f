//! The table as it was found, and the table as this crate makes it.

use std::{borrow::ToOwned as _, format, string::String, vec, vec::Vec};

use sha2::{Digest as _, Sha256};
use sqlx::Connection as _;

use super::{
    backend::{Args, Backend, Value},
    dialect::{Dialect, is_binary},
    error::{StoreError, TableProblem},
    id::{Id, IdType},
    settings::{Column, Settings, Users},
};

/// The type of each column, none for those that the table does not have.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    types: [Option<String>; Column::ALL.len()],
}

impl Table {
    /// Looks the table up and checks that it is what the settings say.
    pub(crate) async fn find<DB: Backend>(
        connection: &mut DB::Connection,
        dialect: Dialect,
        settings: &Settings,
    ) -> Result<Self, StoreError> {
        let found = columns::<DB>(connection, dialect, settings, &settings.table).await?;
        let own = Self::check(&found, dialect, settings)
            .map_err(|problem| StoreError::Table { table: settings.table.clone(), problem })?;
        if let Some(users) = &settings.users {
            let found = columns::<DB>(connection, dialect, settings, &users.table).await?;
            check_users(&found, dialect, settings, users)
                .map_err(|problem| StoreError::Table { table: users.table.clone(), problem })?;
        }
        Ok(own)
    }

    fn check(
        found: &[(String, String)],
        dialect: Dialect,
        settings: &Settings,
    ) -> Result<Self, TableProblem> {
        let mut types = [const { None }; Column::ALL.len()];
        for (column, own) in Column::ALL.into_iter().zip(&mut types) {
            let name = settings.column_name(column);
            let expected = dialect.accepted(column, settings.id_type_of(column));
            match column_type(found, name, expected) {
                Err(TableProblem::MissingColumn(_)) if column.is_optional() => {}
                checked => *own = Some(checked?),
            }
        }
        Ok(Self { types })
    }

    pub(crate) fn has(&self, column: Column) -> bool {
        !self.column_type(column).is_empty()
    }

    /// The column's type without its length; empty where there is no such column.
    pub(crate) fn column_type(&self, column: Column) -> &str {
        let mut types = Column::ALL.into_iter().zip(&self.types);
        let own = types.find(|(known, _)| *known == column).and_then(|(_, own)| own.as_deref());
        own.unwrap_or_default()
    }

    /// An id as it is bound for a column of this table.
    pub(crate) fn id_value(&self, column: Column, id: Id) -> Value {
        match id {
            Id::Integer(id) => Value::Integer(id),
            Id::Uuid(bytes) if is_binary(self.column_type(column)) => Value::Bytes(bytes.to_vec()),
            Id::Uuid(_) => Value::text(format!("{id}")),
        }
    }
}

/// The columns of a table in the schema of the settings, each with its type.
async fn columns<DB: Backend>(
    connection: &mut DB::Connection,
    dialect: Dialect,
    settings: &Settings,
    table: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let mut args = Args::default();
    for value in of_table(dialect, settings, table) {
        args.push(value);
    }
    let rows = DB::fetch(connection, dialect.introspection().into(), args.bind::<DB>()?).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let name: Option<String> = DB::get(row, 0)?;
        let column_type: Option<String> = DB::get(row, 1)?;
        found.push((name.unwrap_or_default(), column_type.unwrap_or_default()));
    }
    Ok(found)
}

/// The parameters that name a table in what is asked of the catalogue.
fn of_table(dialect: Dialect, settings: &Settings, table: &str) -> Vec<Value> {
    match dialect {
        Dialect::Postgres => vec![Value::text(dialect.in_schema(settings, table))],
        Dialect::Sqlite | Dialect::MySql { .. } => {
            vec![Value::text(table), Value::Text(settings.schema.clone())]
        }
    }
}

/// What the statements name of the users' table is there.
fn check_users(
    found: &[(String, String)],
    dialect: Dialect,
    settings: &Settings,
    users: &Users,
) -> Result<(), TableProblem> {
    for (name, like) in [(&users.id, Column::UserId), (&users.email, Column::SentTo)] {
        column_type(found, name, dialect.accepted(like, settings.id_type_of(like)))?;
    }
    Ok(())
}

/// The type of this column without its length, if it is one of those expected.
fn column_type(
    found: &[(String, String)],
    name: &str,
    expected: &'static str,
) -> Result<String, TableProblem> {
    if found.is_empty() {
        return Err(TableProblem::Missing);
    }
    let Some((_, column_type)) = found.iter().find(|(found, _)| found == name) else {
        return Err(TableProblem::MissingColumn(name.to_owned()));
    };
    let bare = column_type.split('(').next().unwrap_or_default().trim();
    if expected.split(", ").flat_map(|it| it.split(" or ")).any(|it| it == bare) {
        return Ok(bare.to_owned());
    }
    let (column, found) = (name.to_owned(), column_type.clone());
    Err(TableProblem::WrongType { column, found, expected })
}

/// Makes the table and its indexes where they are missing. Where two make one at the same time, one
/// fails on what the other has just made, and finds it when it tries again.
pub(crate) async fn create<DB: Backend>(
    connection: &mut DB::Connection,
    dialect: Dialect,
    settings: &Settings,
) -> Result<(), StoreError> {
    let table = creation(dialect, settings);
    if let Err(error) = execute::<DB>(connection, &table).await {
        // The transaction of a caller is over, and would only say that.
        if connection.is_in_transaction() {
            return Err(error);
        }
        execute::<DB>(connection, &table).await?;
    }
    for index in indexes(dialect, settings) {
        match index.create::<DB>(connection, dialect, settings).await {
            Err(error) if connection.is_in_transaction() => return Err(error),
            Err(_) => index.create::<DB>(connection, dialect, settings).await?,
            Ok(()) => {}
        }
    }
    Ok(())
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
    async fn create<DB: Backend>(
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
fn indexes(dialect: Dialect, settings: &Settings) -> [Index; 3] {
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
        if index.name == of_user.name {
            index.name.clone_from(&index.own_name);
        }
    }
    [of_user, of_token, of_expiry]
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
