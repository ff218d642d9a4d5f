//! The table: one of the store's making, one of other names and types, and what is none.

use std::time::Duration;

use phoenix_token::store::{
    Column, EmailContext, EndAll, Expired, Id, IdType, Live, NewSession, Settings, Store,
    StoreError,
};

use crate::{
    databases::{self, Place},
    ecto::{UUID, ecto, is_sqlite},
};

async fn a_table_that_is_none_is_named_at_start<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let open = |settings| {
        let pool = &pool;
        async move { Store::open(pool, settings).await.unwrap_err().to_string() }
    };
    assert_eq!(open(Settings::new()).await, "table users_tokens: there is no such table");
    P::run(&pool, &ecto::<P>(IdType::Integer, true)).await;
    let renamed = Settings::new().column(Column::UserId, "account_id");
    assert_eq!(open(renamed).await, "table users_tokens: there is no column account_id");
    let message = open(Settings::new().id_type(IdType::Uuid)).await;
    assert!(message.starts_with("table users_tokens: column id is of type "), "{message}");
    let swapped = Settings::new().column(Column::Token, "context");
    let message = open(swapped).await;
    assert!(message.starts_with("table users_tokens: column context is of type "), "{message}");
    let swapped = Settings::new().column(Column::LastSeenAt, "sent_to");
    if !is_sqlite::<P>() {
        let message = open(swapped).await;
        assert!(message.starts_with("table users_tokens: column sent_to is of type "), "{message}");
    }
    let people = Settings::new().users("people", "id", "email");
    assert_eq!(open(people).await, "table people: there is no such table");
    let mail = Settings::new().users("users", "id", "mail");
    assert_eq!(open(mail).await, "table users: there is no column mail");
    for name in ["users_tokens; DROP TABLE users", "\"", "`", "a'b", ""] {
        let message = open(Settings::new().table(name)).await;
        assert_eq!(message, format!("{name:?} is no name of a table or column"));
        assert!(matches!(
            Store::create_table(&pool, &Settings::new().schema(name)).await,
            Err(StoreError::Name(_))
        ));
    }
}

async fn names_are_the_settings_s_own<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let schema = databases::unique();
    let settings = Settings::new().table("Accounts-Tokens").live_socket_prefix("accounts_sessions");
    let settings = if is_sqlite::<P>() {
        settings.schema("main")
    } else {
        P::run(&pool, &format!("CREATE SCHEMA {schema}")).await;
        settings.schema(&schema)
    };
    let users = if is_sqlite::<P>() { "users".to_owned() } else { format!("{schema}.users") };
    let id = if P::NAME.contains("Maria") { "bigint unsigned" } else { "bigint" };
    let create = format!("CREATE TABLE {users} (id {id} PRIMARY KEY, mail varchar(160))");
    P::run(&pool, &create).await;
    P::run(&pool, &format!("INSERT INTO {users} VALUES (1, 'a@b.c')")).await;
    let settings = settings.users("users", "id", "mail");
    let names = [
        (Column::Id, "key"),
        (Column::UserId, "account_id"),
        (Column::Token, "select"),
        (Column::Context, "where"),
        (Column::SentTo, "to"),
        (Column::AuthenticatedAt, "since"),
        (Column::InsertedAt, "order"),
        (Column::UserAgent, "Agent"),
        (Column::IpAddress, "inet"),
        (Column::LastSeenAt, "last"),
    ];
    let settings =
        names.into_iter().fold(settings, |settings, (column, name)| settings.column(column, name));
    for _ in 0..2 {
        Store::create_table(&pool, &settings).await.unwrap();
    }
    let store = Store::open(&pool, settings).await.unwrap();
    let device = NewSession::new().user_agent("a browser").ip_address([127, 0, 0, 1]);
    let made = store.create(&pool, 1, &device).await.unwrap();
    assert_eq!(made.session.ip_address.as_deref(), Some("127.0.0.1"));
    assert!(store.touch(&pool, made.token.secret_bytes()).await.unwrap());
    let context = EmailContext::Confirm;
    let token = store.create_email_token(&pool, 1, &context, "a@b.c", Live::One).await.unwrap();
    assert!(store.consume_email_token(&pool, &context, &token, None).await.unwrap().is_some());
    assert_eq!(store.list(&pool, 1, None, 9, 0).await.unwrap().len(), 1);
    let ended = store.end_others(&pool, 1, &[0; 32]).await.unwrap();
    assert!(ended[0].live_socket_topic.starts_with("accounts_sessions:"));
    assert_eq!(store.delete_expired(&pool, Expired::Sessions, 9).await.unwrap(), 0);
}

async fn ids_of_users_and_of_rows_may_be_of_two_types<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let (one, other) = (Id::from(7), UUID.parse::<Id>().unwrap());
    for (rows, users, user, stranger) in
        [(IdType::Integer, IdType::Uuid, other, one), (IdType::Uuid, IdType::Integer, one, other)]
    {
        let settings = Settings::new().table(format!("of_{rows:?}")).id_type(rows);
        let settings = settings.grace(Duration::from_secs(60));
        let mixed = settings.clone().user_id_type(users);
        Store::create_table(&pool, &mixed).await.unwrap();
        let error = Store::open(&pool, settings).await.unwrap_err().to_string();
        assert!(error.contains("column user_id is of type "), "{error}");

        let store = Store::open(&pool, mixed).await.unwrap();
        let made = store.create(&pool, user, &NewSession::new()).await.unwrap();
        let (token, handle) = (made.token.secret_bytes(), made.session.handle);
        assert_eq!((made.session.user_id, handle.id_type()), (user, rows));
        let reissued = store.reissue(&pool, token).await.unwrap().unwrap();
        let current = Some(reissued.token.secret_bytes().as_slice());
        assert_eq!(store.list(&pool, user, current, 9, 0).await.unwrap().len(), 2);
        assert_eq!(store.count(&pool, user).await.unwrap(), 2);
        let error = store.end_by_handle(&pool, stranger, handle).await.unwrap_err();
        assert!(matches!(error, StoreError::IdType), "{error:?}");
        let ended = store.end_by_handle(&pool, user, user).await.unwrap();
        assert_eq!(ended, None, "it is the handle of no session");
        let ended = store.end_by_handle(&pool, user, handle).await.unwrap().unwrap();
        assert_eq!((ended.user_id, ended.handle), (user, Some(handle)));
        let login = EmailContext::Login;
        let email = store.create_email_token(&pool, user, &login, "a@b.c", Live::One);
        let email = email.await.unwrap();
        let used = store.consume_email_token(&pool, &login, &email, None).await.unwrap();
        assert_eq!(used.unwrap().user_id, user);
        let ended = store.end_all(&pool, user, EndAll::SessionsAndEmailTokens).await.unwrap();
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].handle, Some(reissued.session.handle));
        assert_eq!(store.delete_expired(&pool, Expired::Sessions, 9).await.unwrap(), 0);
    }
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn an_address_may_be_inet() {
    use databases::postgres::Postgres;
    let Some(pool) = Postgres::fresh().await else { return };
    Store::create_table(&pool, &Settings::new()).await.unwrap();
    let alter = "ALTER TABLE users_tokens ALTER ip_address TYPE inet USING ip_address::inet";
    Postgres::run(&pool, alter).await;
    let store = Store::open(&pool, Settings::new()).await.unwrap();
    for address in ["192.0.2.1", "2001:db8::1"] {
        let address: std::net::IpAddr = address.parse().unwrap();
        let made = store.create(&pool, 1, &NewSession::new().ip_address(address)).await.unwrap();
        let found = store.lookup(&pool, made.token.secret_bytes()).await.unwrap().unwrap();
        assert_eq!(found.ip_address, Some(address.to_string()));
    }
}

#[cfg(feature = "sqlite")]
#[tokio::test]
async fn sqlite_keeps_uuids_as_blobs_where_the_table_does() {
    use databases::sqlite::SqliteMemory as Sqlite;
    let pool = Sqlite::fresh().await.unwrap();
    Sqlite::run(
        &pool,
        "CREATE TABLE users_tokens (id BLOB PRIMARY KEY, user_id BLOB NOT NULL, \
         token BLOB NOT NULL, context TEXT NOT NULL, sent_to TEXT, inserted_at TEXT NOT NULL)",
    )
    .await;
    let store = Store::open(&pool, Settings::new().id_type(IdType::Uuid)).await.unwrap();
    let user: Id = UUID.parse().unwrap();
    let made = store.create(&pool, user, &NewSession::new()).await.unwrap();
    let found = store.lookup(&pool, made.token.secret_bytes()).await.unwrap().unwrap();
    assert_eq!((found.user_id, found.handle), (user, made.session.handle));
    let types =
        Sqlite::texts(&pool, "SELECT typeof(id) || typeof(user_id) FROM users_tokens").await;
    assert_eq!(types, ["blobblob"]);
}

on_every_database! {
    a_table_that_is_none_is_named_at_start
    names_are_the_settings_s_own
    ids_of_users_and_of_rows_may_be_of_two_types
}
