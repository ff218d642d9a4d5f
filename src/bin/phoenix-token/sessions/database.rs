//! Which database, and what its table is called.

use std::{env, path::PathBuf, time::Duration};

use phoenix_token::store::{Backend, Column, IdType, Settings, Store, StoreError};
use sqlx::Pool;
use zeroize::Zeroizing;

use crate::{failure::Failure, input::Input};

const VARIABLE: &str = "DATABASE_URL";
const FILE: &str = "--database-url-file";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// A file with the database's URL, `-` for standard input; DATABASE_URL unless given
    #[arg(long, value_name = "FILE")]
    database_url_file: Option<PathBuf>,
    /// The table of tokens
    #[arg(long, value_name = "NAME", default_value = "users_tokens")]
    table: String,
    /// Its column with the user's id
    #[arg(long, value_name = "NAME", default_value = "user_id")]
    user_id_column: String,
    /// Its schema, on MySQL its database
    #[arg(long, value_name = "NAME")]
    schema: Option<String>,
    /// Days for which a session is valid: @session_validity_in_days; 14 unless given, and 60 where the table is one of 1.7, which has no `authenticated_at`
    #[arg(long, value_name = "DAYS")]
    session_validity_in_days: Option<u32>,
}

/// What phx.gen.auth generates.
const VALIDITY_IN_DAYS: u32 = 14;
const VALIDITY_IN_DAYS_1_7: u32 = 60;

/// With its password.
pub(crate) enum Url {
    Sqlite(Zeroizing<String>),
    Postgres(Zeroizing<String>),
    MySql(Zeroizing<String>),
}

impl Args {
    pub(crate) fn url(&self, input: &mut Input) -> Result<Url, Failure> {
        let (source, bytes) = match &self.database_url_file {
            Some(path) => (FILE, input.file(FILE, path)?),
            None => match env::var_os(VARIABLE) {
                Some(value) => (VARIABLE, Zeroizing::new(value.into_encoded_bytes())),
                None => return Err(Failure::usage(VARIABLE, format!("not set, and no {FILE}"))),
            },
        };
        let text = std::str::from_utf8(&bytes).unwrap_or_default();
        let is = |scheme: &str| text.starts_with(scheme);
        if is("sqlite:") {
            Ok(Url::Sqlite(Zeroizing::new(text.to_owned())))
        } else if is("postgres://") || is("postgresql://") || is("ecto://") {
            Ok(Url::Postgres(of_ecto(text, "&sslmode=verify-full")))
        } else if is("mysql://") || is("mariadb://") {
            Ok(Url::MySql(of_ecto(text, "&ssl-mode=VERIFY_IDENTITY")))
        } else {
            // The URL may hold a password, so that it is not quoted.
            let schemes = "begins with none of postgres://, ecto://, mysql://, mariadb://, sqlite:";
            Err(Failure::usage(source, schemes))
        }
    }

    /// Opens the store, with the validity of the release that made the table. By that of 1.8 the
    /// sessions of 1.7 would be deleted while their users are logged in.
    pub(crate) async fn open<DB: Backend>(
        &self,
        pool: &Pool<DB>,
        id_type: IdType,
        user_id_type: IdType,
        live_socket_prefix: &str,
    ) -> Result<Store<DB>, StoreError> {
        let settings = |days| {
            let settings = self.settings(days).live_socket_prefix(live_socket_prefix);
            settings.id_type(id_type).user_id_type(user_id_type)
        };
        let days = self.session_validity_in_days.unwrap_or(VALIDITY_IN_DAYS);
        let store = Store::open(pool, settings(days)).await?;
        if self.session_validity_in_days.is_some() || store.has_column(Column::AuthenticatedAt) {
            return Ok(store);
        }
        Store::open(pool, settings(VALIDITY_IN_DAYS_1_7)).await
    }

    fn settings(&self, days: u32) -> Settings {
        let validity = u64::from(days).saturating_mul(86_400);
        let settings = Settings::new()
            .table(&self.table)
            .column(Column::UserId, &self.user_id_column)
            .timeout(Duration::from_secs(10))
            .validity(Duration::from_secs(validity));
        match &self.schema {
            Some(schema) => settings.schema(schema),
            None => settings,
        }
    }
}

/// As sqlx reads it. It knows neither `ecto://` nor Ecto's `ssl=true`, and passing over this would send
/// the password in the clear. Postgrex and MyXQL verify the server then, and so is it here.
fn of_ecto(text: &str, verified: &str) -> Zeroizing<String> {
    let (scheme, rest) = match text.strip_prefix("ecto://") {
        Some(rest) => ("postgres://", rest),
        None => ("", text),
    };
    let query = || text.split_once('?').map_or("", |(_, query)| query).split('&');
    let is_said = |pair: &str| pair.starts_with("sslmode=") || pair.starts_with("ssl-mode=");
    let is_asked = query().any(|pair| pair == "ssl=true") && !query().any(is_said);
    Zeroizing::new([scheme, rest, if is_asked { verified } else { "" }].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ectos_urls_ask_sqlx_for_the_same() {
        for (given, read) in [
            ("ecto://a:b@c/d", "postgres://a:b@c/d"),
            ("postgres://a:b@c/d?pool_size=10", "postgres://a:b@c/d?pool_size=10"),
            ("ecto://c/d?ssl=true&x=1", "postgres://c/d?ssl=true&x=1&sslmode=verify-full"),
            ("postgres://c/d?ssl=false", "postgres://c/d?ssl=false"),
            ("postgres://c/ssl=true", "postgres://c/ssl=true"),
            ("postgres://c/d?ssl=true&sslmode=require", "postgres://c/d?ssl=true&sslmode=require"),
            (
                "postgres://c/d?ssl-mode=verify-ca&ssl=true",
                "postgres://c/d?ssl-mode=verify-ca&ssl=true",
            ),
        ] {
            assert_eq!(of_ecto(given, "&sslmode=verify-full").as_str(), read);
        }
    }
}
