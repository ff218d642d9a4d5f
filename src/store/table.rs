//! The table as it was found.

use std::{borrow::ToOwned as _, format, string::String, vec, vec::Vec};

use super::{
    backend::{Args, Backend, Value},
    dialect::{Dialect, is_binary},
    error::{StoreError, TableProblem},
    id::Id,
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
pub(super) async fn columns<DB: Backend>(
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
pub(super) fn of_table(dialect: Dialect, settings: &Settings, table: &str) -> Vec<Value> {
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
