//! The table that the store makes: its indexes, by many at once, beside others, in a transaction, and
//! where some of it is there already.

use std::time::Duration;

use phoenix_token::store::{Column, EndAll, NewSession, Settings, Store, StoreError};
use sqlx::Pool;

use crate::{
    databases::{self, Place},
    ecto::{is_postgres, is_sqlite},
};

async fn many_may_make_the_table_at_once<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let all: Vec<_> = (0..8)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move { Store::create_table(&pool, &Settings::new()).await })
        })
        .collect();
    for made in all {
        made.await.unwrap().unwrap();
    }
    Store::open(&pool, Settings::new()).await.unwrap();
}

/// Index names that lead to one another's tables, made by many at once and in every order.
async fn many_may_make_tables_whose_names_cross_at_once<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    for round in 0..4 {
        let table = format!("t{round}");
        let (longer, longest) = (format!("{table}_a"), format!("{table}_a_b"));
        let settings = [(&table, "a_b_id"), (&longer, "b_id"), (&longest, "id")].map(|names| {
            let settings = Settings::new().table(names.0).column(Column::UserId, names.1);
            settings.column(Column::Id, "key").timeout(Duration::from_secs(60))
        });
        let all: Vec<_> = (0..12)
            .map(|task| {
                let (pool, mut settings) = (pool.clone(), settings.clone());
                settings.rotate_left(task % 3);
                tokio::spawn(async move {
                    for settings in &settings {
                        Store::create_table(&pool, settings).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .collect();
        for made in all {
            made.await.unwrap().unwrap();
        }
        for table in [&table, &longer, &longest] {
            assert_eq!(indexes::<P>(&pool, table).await, 3, "{table}");
        }
    }
}

async fn a_table_is_made_in_a_transaction_of_the_caller<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let settings = Settings::new();
    let mut transaction = pool.begin().await.unwrap();
    Store::create_table(&mut transaction, &settings).await.unwrap();
    transaction.rollback().await.unwrap();
    // MySQL and MariaDB commit with each statement that makes something.
    let commits = P::NAME.contains("Maria");
    assert_eq!(Store::open(&pool, settings.clone()).await.is_ok(), commits);

    let mut transaction = pool.begin().await.unwrap();
    for _ in 0..2 {
        Store::create_table(&mut transaction, &settings).await.unwrap();
    }
    if commits {
        transaction = pool.begin().await.unwrap();
    }
    let store = Store::open(&mut transaction, settings).await.unwrap();
    let made = store.create(&mut transaction, 1, &NewSession::new()).await.unwrap();
    transaction.commit().await.unwrap();
    assert!(store.lookup(&pool, made.token.secret_bytes()).await.unwrap().is_some());
    assert_eq!(indexes::<P>(&pool, "users_tokens").await, 3);

    // What failed is said, and not that the transaction is over.
    if P::NAME == "PostgreSQL" {
        let mut transaction = pool.begin().await.unwrap();
        let settings = Settings::new().table("others").users("nobody", "id", "email");
        let error = Store::create_table(&mut transaction, &settings).await.unwrap_err();
        let StoreError::Database(error) = error else { panic!("{error:?}") };
        let code = error.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("42P01"), "{error}");
    }
}

async fn long_names_have_an_index_each<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let long = |name: &str| format!("{name:x<63}");
    let with_long_columns = |table: &str| {
        Settings::new()
            .table(table)
            .column(Column::UserId, long("user"))
            .column(Column::Context, long("context"))
            .column(Column::Token, long("token"))
            .column(Column::InsertedAt, long("inserted_at"))
    };
    // Those of one kind differ only where a name that is too long is cut.
    let tables = ["a", "b", "c", "d"].map(|last| format!("{:t<62}{last}", ""));
    for (index, table) in tables.iter().enumerate() {
        let settings =
            if index < 2 { Settings::new().table(table) } else { with_long_columns(table) };
        for _ in 0..2 {
            Store::create_table(&pool, &settings).await.unwrap();
        }
        assert_eq!(indexes::<P>(&pool, table).await, 3, "{table}");
        let store = Store::open(&pool, settings).await.unwrap();
        store.create(&pool, 1, &NewSession::new()).await.unwrap();
        assert_eq!(store.end_all(&pool, 1, EndAll::Sessions).await.unwrap().len(), 1);
    }
}

/// Which later migrations of Phoenix look for; as far as PostgreSQL has room for them.
async fn indexes_have_ectos_names<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let longest = "t".repeat(63 - "_user_id_index".len());
    for table in ["users_tokens", &longest, &format!("{longest}t")] {
        Store::create_table(&pool, &Settings::new().table(table)).await.unwrap();
        let names = P::texts(&pool, &names_of_indexes::<P>(table)).await;
        for columns in ["user_id", "context_token", "context_inserted_at"] {
            let name = format!("{table}_{columns}_index");
            assert_eq!(names.contains(&name), name.len() <= 63, "{name} {names:?}");
        }
    }
}

fn names_of_indexes<P: Place>(table: &str) -> String {
    if is_postgres::<P>() {
        format!("SELECT indexname::text FROM pg_indexes WHERE tablename = '{table}'")
    } else if is_sqlite::<P>() {
        format!("SELECT name FROM sqlite_master WHERE tbl_name = '{table}' AND type = 'index'")
    } else {
        format!(
            "SELECT CAST(index_name AS CHAR) FROM information_schema.statistics \
             WHERE table_schema = DATABASE() AND table_name = '{table}'"
        )
    }
}

/// Ecto's names are the table's and the columns' in a row: those of two tables, or of two columns of
/// one, may be the same.
async fn names_that_cross_have_an_index_each<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let all = [
        ("a", "tokens_user_id", "own_context"),
        ("a_tokens", "user_id", "context"),
        ("a_own", "user_id", "context"),
        ("b", "context_token", "context"),
        ("c", "context_inserted_at", "context"),
        // PostgreSQL alone tells upper case from lower in the name of an index.
        ("d", "Context_Token", "context"),
        ("e", "CONTEXT_INSERTED_AT", "context"),
    ];
    let quote = if is_postgres::<P>() { "\"" } else { "" };
    let settings = |(table, user, context)| {
        Settings::new().table(table).column(Column::UserId, user).column(Column::Context, context)
    };
    for _ in 0..2 {
        for names in all {
            Store::create_table(&pool, &settings(names)).await.unwrap();
        }
    }
    for names in all {
        let (table, user, context) = names;
        assert_eq!(indexes::<P>(&pool, table).await, 3, "{table}");
        // A row may be there once, under whatever name the index is.
        let store = Store::open(&pool, settings(names)).await.unwrap();
        let made = store.create(&pool, 1, &NewSession::new()).await.unwrap();
        let columns = format!("{quote}{user}{quote}, token, {context}, inserted_at");
        let again = format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}");
        let error = P::try_run(&pool, &again).await.unwrap_err();
        assert!(error.as_database_error().unwrap().is_unique_violation(), "{error}");
        assert!(store.lookup(&pool, made.token.secret_bytes()).await.unwrap().is_some());
    }
}

/// An unfinished one serves no query.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn an_index_that_could_not_be_built_is_built_beside_it() {
    use databases::postgres::Postgres;
    let Some(pool) = Postgres::fresh().await else { return };
    Store::create_table(&pool, &Settings::new()).await.unwrap();
    let twice = "DROP INDEX users_tokens_context_token_index; \
                 INSERT INTO users_tokens (user_id, token, context, inserted_at) \
                 SELECT owner, '\\x07', 'session', now() FROM generate_series(1, 2) AS owner";
    Postgres::run(&pool, twice).await;
    let build = "CREATE UNIQUE INDEX CONCURRENTLY users_tokens_context_token_index \
                 ON users_tokens (context, token)";
    let error = Postgres::try_run(&pool, build).await.unwrap_err();
    assert!(error.as_database_error().unwrap().is_unique_violation(), "{error}");
    // Nor is it one that another attempt would mend.
    let error = Store::create_table(&pool, &Settings::new()).await.unwrap_err();
    assert!(matches!(error, StoreError::Database(_)), "{error:?}");
    Postgres::run(&pool, "DELETE FROM users_tokens").await;
    for _ in 0..2 {
        Store::create_table(&pool, &Settings::new()).await.unwrap();
    }
    let valid = "SELECT COUNT(*) FROM pg_index WHERE indisvalid \
                 AND indrelid = 'users_tokens'::regclass";
    assert_eq!(Postgres::number(&pool, valid).await, 4);
    assert_eq!(indexes::<Postgres>(&pool, "users_tokens").await, 4);
}

/// What a transaction sees of the catalogue may be older than what is there.
#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_transaction_that_began_before_makes_nothing_twice() {
    use databases::postgres::Postgres;
    let Some(pool) = Postgres::fresh().await else { return };
    Postgres::run(&pool, "CREATE SCHEMA \"My-App\"").await;
    for settings in [Settings::new(), Settings::new().schema("My-App").table("Own-Tokens")] {
        let mut transaction = pool.begin().await.unwrap();
        let begin =
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM pg_class";
        Postgres::run_in(&mut transaction, begin).await;
        Store::create_table(&pool, &settings).await.unwrap();
        Store::create_table(&mut transaction, &settings).await.unwrap();
        transaction.commit().await.unwrap();
    }
    for table in ["users_tokens", "Own-Tokens"] {
        assert_eq!(indexes::<Postgres>(&pool, table).await, 3, "{table}");
    }
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_table_that_is_further_on_in_the_search_path_is_the_table() {
    use databases::postgres::Postgres;
    let Some(pool) = Postgres::fresh().await else { return };
    let settings = Settings::new();
    Store::create_table(&pool, &settings).await.unwrap();
    let index = "CREATE SCHEMA app; DROP INDEX users_tokens_context_inserted_at_index";
    Postgres::run(&pool, index).await;
    let mut connection = pool.acquire().await.unwrap();
    Postgres::run_in(&mut connection, "SET search_path = app, public").await;
    Store::create_table(&mut connection, &settings).await.unwrap();
    connection.close().await.unwrap();
    let tables = "SELECT nspname::text FROM pg_class JOIN pg_namespace \
                  ON pg_namespace.oid = relnamespace WHERE relname = 'users_tokens'";
    assert_eq!(Postgres::texts(&pool, tables).await, ["public"]);
    assert_eq!(indexes::<Postgres>(&pool, "users_tokens").await, 3);
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn where_nothing_is_missing_no_right_to_make_it_is_asked_for() {
    use databases::postgres::Postgres;
    let Some(pool) = Postgres::fresh().await else { return };
    let settings = Settings::new();
    Store::create_table(&pool, &settings).await.unwrap();
    let role = databases::unique();
    let grant = format!(
        "CREATE ROLE {role}; GRANT ALL ON users_tokens TO {role}; \
         REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    );
    Postgres::run(&pool, &grant).await;
    let mut connection = pool.acquire().await.unwrap();
    Postgres::run_in(&mut connection, &format!("SET ROLE {role}")).await;
    Store::create_table(&mut connection, &settings).await.unwrap();
    let error = Store::create_table(&mut connection, &settings.table("others")).await.unwrap_err();
    let StoreError::Database(error) = error else { panic!("{error:?}") };
    let code = error.as_database_error().and_then(|error| error.code());
    assert_eq!(code.as_deref(), Some("42501"), "{error}");
    connection.close().await.unwrap();
    Postgres::run(&pool, &format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn a_locked_file_is_tried_again_and_then_busy() {
    use databases::sqlite::SqliteFile;
    let pool = SqliteFile::fresh().await.unwrap();
    let options = (*pool.connect_options()).clone().busy_timeout(Duration::ZERO);
    let impatient = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let holder = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let create = async |attempts| {
        Store::create_table(&impatient, &Settings::new().attempts(attempts)).await.unwrap_err()
    };
    assert!(matches!(create(2).await, StoreError::Busy(_)));
    assert!(matches!(create(1).await, StoreError::Database(_)), "it was not tried again");
    holder.rollback().await.unwrap();
    Store::create_table(&impatient, &Settings::new()).await.unwrap();
}

/// How many indexes the table has besides its primary key's.
async fn indexes<P: Place>(pool: &Pool<P::DB>, table: &str) -> i64 {
    let count = if is_postgres::<P>() {
        format!("SELECT COUNT(*) - 1 FROM pg_indexes WHERE tablename = '{table}'")
    } else if is_sqlite::<P>() {
        format!(
            "SELECT COUNT(*) FROM sqlite_master WHERE tbl_name = '{table}' AND sql LIKE '%INDEX%'"
        )
    } else {
        format!(
            "SELECT COUNT(DISTINCT index_name) - 1 FROM information_schema.statistics \
             WHERE table_schema = DATABASE() AND table_name = '{table}'"
        )
    };
    P::number(pool, &count).await
}

on_every_database! {
    many_may_make_the_table_at_once
    many_may_make_tables_whose_names_cross_at_once
    a_table_is_made_in_a_transaction_of_the_caller
    long_names_have_an_index_each
    indexes_have_ectos_names
    names_that_cross_have_an_index_each
}
