//! `sessions`: the table of session tokens.

mod database;
mod progress;
mod work;

use clap::{Subcommand, ValueEnum};
use phoenix_token::store::{Id, IdType};

use crate::{failure::Failure, input::Input};

/// List and end the sessions in the database of phx.gen.auth
///
/// The database comes from DATABASE_URL or from --database-url-file: `postgres://`, `mysql://` or
/// `sqlite:`; `ecto://` is PostgreSQL. There is no TLS unless the command was installed with it; then
/// `?sslmode=require`, `verify-ca` or `verify-full` asks for it, and Ecto's `?ssl=true` as `verify-full`.
#[derive(clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// List a user's sessions, the newest first: handles, never tokens
    #[command(after_help = LIST_EXAMPLE)]
    List {
        #[command(flatten)]
        user: UserArgs,
        /// How many, at most
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
        /// After so many others
        #[arg(long, value_name = "N", default_value_t = 0)]
        offset: u32,
        #[command(flatten)]
        ids: IdArgs,
        #[command(flatten)]
        database: database::Args,
    },
    /// End one session of a user
    #[command(after_help = REVOKE_EXAMPLE)]
    Revoke {
        /// The handle that the list shows
        #[arg(value_parser = id)]
        handle: Id,
        #[command(flatten)]
        user: UserArgs,
        #[command(flatten)]
        ids: IdArgs,
        #[command(flatten)]
        show: ShowArgs,
        #[command(flatten)]
        database: database::Args,
    },
    /// End all sessions of a user
    #[command(after_help = REVOKE_ALL_EXAMPLE)]
    RevokeAll {
        #[command(flatten)]
        user: UserArgs,
        /// And the tokens in e-mails: after a change of password
        #[arg(long)]
        email_tokens: bool,
        #[command(flatten)]
        ids: IdArgs,
        #[command(flatten)]
        show: ShowArgs,
        #[command(flatten)]
        database: database::Args,
    },
    /// Delete the sessions and e-mail tokens that have expired
    #[command(after_help = DELETE_EXPIRED_EXAMPLE)]
    DeleteExpired {
        /// Rows of one statement
        #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
        batch: u32,
        #[command(flatten)]
        ids: IdArgs,
        #[command(flatten)]
        database: database::Args,
    },
}

const EXAMPLE: &str = "\
Example:
  $ export DATABASE_URL=sqlite:my_app.db
  $ phoenix-token sessions list --user 42
  $ phoenix-token sessions revoke-all --user 42 --email-tokens
  1 session ended";

const LIST_EXAMPLE: &str = "\
Example:
  $ export DATABASE_URL=sqlite:my_app.db
  $ phoenix-token sessions list --user 42";

const REVOKE_EXAMPLE: &str = "\
Example:
  $ export DATABASE_URL=sqlite:my_app.db
  $ phoenix-token sessions revoke --user 42 1
  1 session ended";

const REVOKE_ALL_EXAMPLE: &str = "\
Example:
  $ export DATABASE_URL=sqlite:my_app.db
  $ phoenix-token sessions revoke-all --user 42";

const DELETE_EXPIRED_EXAMPLE: &str = "\
Example:
  $ export DATABASE_URL=sqlite:my_app.db
  $ phoenix-token sessions delete-expired";

#[derive(clap::Args)]
struct UserArgs {
    /// The user's id, an integer or a UUID
    #[arg(long, value_name = "ID", value_parser = id, allow_hyphen_values = true)]
    user: Id,
}

/// Where they are not given, they are those of the ids that are.
#[derive(clap::Args)]
struct IdArgs {
    /// Type of the id column
    #[arg(long, value_name = "TYPE")]
    id_type: Option<TypeArg>,
    /// Type of the user-id column
    #[arg(long, value_name = "TYPE")]
    user_id_type: Option<TypeArg>,
}

impl IdArgs {
    /// Both types; `integer` where nothing says another.
    fn types(&self, handle: Option<Id>, user: Option<Id>) -> (IdType, IdType) {
        let of = |given: Option<TypeArg>, id: Option<Id>| {
            given.map(IdType::from).or(id.map(|id| id.id_type()))
        };
        let id_type = of(self.id_type, handle.or(user)).unwrap_or(IdType::Integer);
        (id_type, of(self.user_id_type, user).unwrap_or(id_type))
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum TypeArg {
    Integer,
    Uuid,
}

impl From<TypeArg> for IdType {
    fn from(given: TypeArg) -> Self {
        match given {
            TypeArg::Integer => Self::Integer,
            TypeArg::Uuid => Self::Uuid,
        }
    }
}

#[derive(clap::Args)]
struct ShowArgs {
    /// Also show the topics of the ended sessions' live sockets, to broadcast "disconnect" to
    #[arg(long)]
    topics: bool,
    /// What stands before the `:` of the topics, `accounts_sessions` for a schema `Account` in `accounts`
    #[arg(long, value_name = "NAME", default_value = DEFAULT_PREFIX, requires = "topics")]
    live_socket_prefix: String,
}

const DEFAULT_PREFIX: &str = "users_sessions";

pub(crate) fn run(args: Args, input: &mut Input) -> Result<(), Failure> {
    let database = match &args.command {
        Command::List { database, .. }
        | Command::Revoke { database, .. }
        | Command::RevokeAll { database, .. }
        | Command::DeleteExpired { database, .. } => database,
    };
    let url = database.url(input)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Usage(format!("no runtime: {error}")))?;
    runtime.block_on(async {
        match url {
            database::Url::Sqlite(url) => work::run::<sqlx::Sqlite>(&url, &args).await,
            database::Url::Postgres(url) => work::run::<sqlx::Postgres>(&url, &args).await,
            database::Url::MySql(url) => work::run::<sqlx::MySql>(&url, &args).await,
        }
    })
}

fn id(text: &str) -> Result<Id, String> {
    text.parse().map_err(|error| format!("{error}"))
}
