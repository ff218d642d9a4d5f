//! Statements: SQL text with the order of its parameters, expanded once from templates.

use core::{fmt::Write as _, time::Duration};
use std::{
    format,
    string::{String, ToString as _},
    sync::Arc,
    vec::Vec,
};

use super::{
    dialect::Dialect,
    email::EmailKind,
    id::IdType,
    settings::{Clock, Column, Settings, TokenStorage, Users},
    table::Table,
};

/// The SQL of one operation, for callers who run it themselves.
///
/// The text has the placeholders of its database (`$1` on PostgreSQL, `?` elsewhere), one for each
/// of [`params`](Statement::params), in that order.
#[derive(Clone, Debug)]
pub struct Statement {
    pub(crate) text: Arc<str>,
    pub(crate) params: Vec<Param>,
}

impl Statement {
    /// The SQL.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What to bind, in the order of the placeholders.
    pub fn params(&self) -> &[Param] {
        &self.params
    }
}

/// What a placeholder stands for, and as what it is bound.
///
/// Bytes are `bytea` or `blob`, times text of the form `2026-01-02T03:04:05.678`. An id is a
/// `bigint`; a UUID is text on PostgreSQL and SQLite (bytes where SQLite's column is a `BLOB`), and
/// 16 bytes on MySQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Param {
    /// The presented token as the table keeps it: its bytes, or their SHA-256.
    Token,
    /// The presented token's own 32 bytes, while both kinds are read.
    RawToken,
    /// The new token as the table keeps it, bytes.
    NewToken,
    /// The id of a new row, a UUID.
    NewId,
    /// The user's id.
    UserId,
    /// The row's id.
    Handle,
    /// The context, text.
    Context,
    /// The address of an e-mail token, text.
    SentTo,
    /// The address that an e-mail token must have been sent to, text, or null for any.
    ExpectedSentTo,
    /// The `User-Agent`, text, or null.
    UserAgent,
    /// The client's address, text, or null.
    IpAddress,
    /// When the user gave their credentials, time, or null for now.
    AuthenticatedAt,
    /// The time it was so long ago (zero: now), cut to the precision of the table, to be written;
    /// with a given clock only.
    Written(Duration),
    /// The time it was so long ago, to the millisecond, to compare with; with a given clock only.
    Ago(Duration),
    /// [`TokenStorage::Both`]'s `raw_until`, time.
    RawUntil,
    /// At most so many rows, integer.
    Limit,
    /// So many rows left out before them, integer.
    Offset,
}

/// Expands the templates of `sql.rs`: `{name}` is a name, quoted, or a fragment; `:name` a value.
pub(crate) struct Expander<'a> {
    pub(crate) dialect: Dialect,
    pub(crate) settings: &'a Settings,
    pub(crate) table: &'a Table,
    /// The caller's own columns and join, in a look-up; taken as they are.
    pub(crate) joined: [&'static str; 2],
}

impl Expander<'_> {
    pub(crate) fn statement(&self, template: &str) -> Statement {
        let mut draft = Draft { on: self, alias: "", text: String::new(), params: Vec::new() };
        // Only a SELECT calls the table `t`: the others have no room for it on every database.
        if template.starts_with("SELECT") {
            draft.alias = "t.";
        }
        draft.expand(template);
        Statement { text: draft.text.into(), params: draft.params }
    }
}

struct Draft<'a> {
    on: &'a Expander<'a>,
    alias: &'static str,
    text: String,
    params: Vec<Param>,
}

impl Draft<'_> {
    fn expand(&mut self, template: &str) {
        let mut rest = template;
        while let Some(start) = rest.find(['{', ':']) {
            let (before, hole) = rest.split_at(start);
            self.text.push_str(before);
            if let Some((name, after)) = hole.strip_prefix('{').and_then(|it| it.split_once('}')) {
                self.name(name);
                rest = after;
            } else {
                let hole = hole.strip_prefix(':').unwrap_or(hole);
                let end = hole.find(|c: char| !c.is_ascii_lowercase() && c != '_');
                let (name, after) = hole.split_at(end.unwrap_or(hole.len()));
                self.value(name);
                rest = after;
            }
        }
        self.text.push_str(rest);
    }

    /// A table, a column, or a condition that many statements share.
    fn name(&mut self, name: &str) {
        let on = self.on;
        match name {
            "table" => self.text.push_str(&on.dialect.table(on.settings)),
            "columns" | "join" => {
                let [columns, join] = on.joined;
                let (separator, own) = if name == "join" { (" ", join) } else { (", ", columns) };
                if !own.is_empty() {
                    self.text.push_str(separator);
                    self.text.push_str(own);
                }
            }
            "users" => self.users(|users| on.dialect.in_schema(on.settings, &users.table)),
            "users.id" => self.users(|users| on.dialect.quote(&users.id)),
            "users.email" => self.users(|users| on.dialect.quote(&users.email)),
            "valid" => self.expand("{moment:inserted_at} > :valid_since"),
            "is_session" => self.expand("{context} = 'session' AND {is_token} AND {valid}"),
            "is_token" => self.expand(match on.settings.storage {
                TokenStorage::Raw | TokenStorage::Sha256 => "{token} = :token",
                TokenStorage::Both { .. } => {
                    "{token} IN (:token, :raw_token) AND ({token} = :token OR {moment:inserted_at} < :raw_until)"
                }
            }),
            "session" => self.session_columns("{token}"),
            // Whoever looks a session up has its token, and nobody is to print it with the row.
            "session_without_token" => self.session_columns(self.on.dialect.null()),
            "ended" => self.expand(
                "{read:user_id} AS user_id, {read:id} AS handle, {token} AS token, \
                 {context} AS context",
            ),
            "email" => self.expand(
                "{read:user_id} AS user_id, {sent_to} AS sent_to, \
                 {read:inserted_at} AS inserted_at",
            ),
            "device.names" => self.device(|column| format!(", {{{}}}", column.default_name())),
            "device.values" => self.device(|column| format!(", :{}", column.default_name())),
            "id.name" if on.settings.id_type == IdType::Uuid => self.expand("{id}, "),
            "id.value" if on.settings.id_type == IdType::Uuid => self.expand(":new_id, "),
            "id.name" | "id.value" => {}
            "authenticated_at.name" => self.authenticated_at(", {authenticated_at}"),
            "authenticated_at.value" => self.authenticated_at(", :authenticated_at"),
            "authenticated_at.now" => self.authenticated_at(", {authenticated_at} = :now"),
            "not_valid:valid_since" => self.not_valid(":valid_since"),
            "not_valid:login_since" => self.not_valid(":login_since"),
            "not_valid:change_since" => self.not_valid(":change_since"),
            "not_valid:confirm_since" => self.not_valid(":confirm_since"),
            "not_valid:reset_password_since" => self.not_valid(":reset_password_since"),
            "not_reissued" if on.settings.grace.is_some() => {
                self.expand(" AND {moment:inserted_at} > :grace_since");
            }
            "not_reissued" => {}
            // A hashed row set back behind `raw_until` would be read as a raw token.
            "stays_hashed" => match on.settings.storage {
                TokenStorage::Raw | TokenStorage::Sha256 => {}
                TokenStorage::Both { .. } => self
                    .expand(" AND ({token} = :raw_token OR :grace_inserted_at >= :raw_until)"),
            },
            "lock" => self.text.push_str(on.dialect.lock()),
            "skip_locked" => self.text.push_str(on.dialect.skip_locked()),
            _ => self.column(name),
        }
    }

    fn users(&mut self, name: impl Fn(&Users) -> String) {
        if let Some(users) = &self.on.settings.users {
            self.text.push_str(&name(users));
        }
    }

    /// The exact comparison, where the plain one is of text.
    fn not_valid(&mut self, since: &str) {
        if self.on.dialect == Dialect::Sqlite {
            self.expand(&format!(" AND {{moment:inserted_at}} <= {since}"));
        }
    }

    fn authenticated_at(&mut self, part: &str) {
        if self.on.table.has(Column::AuthenticatedAt) {
            self.expand(part);
        }
    }

    /// `{name}`, `{full:name}` (for a subquery), `{moment:name}` (to compare) or `{read:name}` (to
    /// read); a column that the table does not have reads as null.
    fn column(&mut self, name: &str) {
        let (form, name) = name.split_once(':').unwrap_or(("", name));
        let Some(column) = Column::ALL.into_iter().find(|it| it.default_name() == name) else {
            // No template has such a hole: a test expands them all.
            self.text.push_str(name);
            return;
        };
        let on = self.on;
        let quoted = on.dialect.quote(on.settings.column_name(column));
        let full = format!("{}{quoted}", self.alias);
        let text = match form {
            "full" if self.alias.is_empty() => {
                format!("{}.{quoted}", on.dialect.table(on.settings))
            }
            "moment" => on.dialect.moment(&full),
            "read" if !on.table.has(column) => on.dialect.null().into(),
            "read" => on.dialect.read(&full, column, on.table.column_type(column)),
            _ => full,
        };
        self.text.push_str(&text);
    }

    fn session_columns(&mut self, token: &str) {
        self.expand("{read:user_id} AS user_id, {read:id} AS handle, ");
        self.expand(token);
        self.expand(
            " AS token, \
             {read:inserted_at} AS inserted_at, {read:authenticated_at} AS authenticated_at, \
             {read:last_seen_at} AS last_seen_at, {read:user_agent} AS user_agent, \
             {read:ip_address} AS ip_address, ",
        );
        let now = match self.clock() {
            Some(clock) => self.on.dialect.read_time(clock),
            None => self.on.dialect.null().into(),
        };
        self.text.push_str(&now);
        self.text.push_str(" AS read_at");
    }

    /// The database's clock, where that is the one to go by.
    fn clock(&self) -> Option<&'static str> {
        match self.on.settings.clock {
            Clock::Database => self.on.dialect.clock(),
            Clock::Given(_) => None,
        }
    }

    /// The optional columns that a new session fills, those that the table has.
    fn device(&mut self, part: impl Fn(Column) -> String) {
        for column in [Column::UserAgent, Column::IpAddress] {
            if self.on.table.has(column) {
                self.expand(&part(column));
            }
        }
    }

    fn value(&mut self, name: &str) {
        let settings = self.on.settings;
        match name {
            "token" => self.bytes(Param::Token),
            "raw_token" => self.bytes(Param::RawToken),
            "new_token" => self.bytes(Param::NewToken),
            "new_id" => self.id(Param::NewId),
            "user_id" => self.id(Param::UserId),
            "handle" => self.id(Param::Handle),
            "context" => self.text(Param::Context),
            "sent_to" => self.text(Param::SentTo),
            "expected_sent_to" => self.text(Param::ExpectedSentTo),
            "user_agent" => self.text(Param::UserAgent),
            "ip_address" => {
                let column_type = self.on.table.column_type(Column::IpAddress);
                let cast = self.on.dialect.write_address(column_type);
                self.text(Param::IpAddress);
                self.text.push_str(cast);
            }
            "authenticated_at" => {
                self.text.push_str("COALESCE(");
                self.time(Param::AuthenticatedAt);
                self.text.push_str(", ");
                self.value("now");
                self.text.push(')');
            }
            "raw_until" => self.time(Param::RawUntil),
            "limit" => self.integer(Param::Limit),
            "offset" => self.integer(Param::Offset),
            "now" => self.written(Duration::ZERO),
            "valid_since" => self.ago(settings.validity),
            "grace_since" => self.ago(settings.grace_age()),
            "grace_inserted_at" => self.written(settings.grace_age()),
            "minute_ago" => self.ago(Duration::from_secs(60)),
            "login_since" => self.email_since(EmailKind::Login),
            "change_since" => self.email_since(EmailKind::Change),
            "confirm_since" => self.email_since(EmailKind::Confirm),
            "reset_password_since" => self.email_since(EmailKind::ResetPassword),
            // A colon that is part of the SQL, as in `'change:%'`.
            _ => {
                self.text.push(':');
                self.text.push_str(name);
            }
        }
    }

    fn email_since(&mut self, kind: EmailKind) {
        self.ago(kind.pick(self.on.settings.email_validity));
    }

    fn ago(&mut self, age: Duration) {
        match self.clock() {
            None => self.time(Param::Ago(age)),
            Some(clock) => self.text.push_str(&self.on.dialect.ago(clock, age)),
        }
    }

    /// A time of so long ago to write.
    fn written(&mut self, age: Duration) {
        let (dialect, precision) = (self.on.dialect, self.on.settings.precision);
        match self.clock() {
            None => self.time(Param::Written(age)),
            Some(clock) => self.text.push_str(&dialect.cut(&dialect.ago(clock, age), precision)),
        }
    }

    fn bytes(&mut self, param: Param) {
        self.place(param, self.on.dialect.bytes());
    }

    fn text(&mut self, param: Param) {
        self.place(param, self.on.dialect.text());
    }

    fn integer(&mut self, param: Param) {
        self.place(param, self.on.dialect.integer());
    }

    fn time(&mut self, param: Param) {
        self.place(param, self.on.dialect.time());
    }

    fn id(&mut self, param: Param) {
        let column = if param == Param::UserId { Column::UserId } else { Column::Id };
        self.place(param, self.on.dialect.id(self.on.settings.id_type_of(column)));
    }

    /// Writes `cast`, with the placeholder for its `?`.
    fn place(&mut self, param: Param, cast: &str) {
        self.params.push(param);
        let placeholder = if self.on.dialect.is_numbered() {
            format!("${}", self.params.len())
        } else {
            "?".to_string()
        };
        let (before, after) = cast.split_once('?').unwrap_or((cast, ""));
        // Writing to a string cannot fail.
        let _ = write!(self.text, "{before}{placeholder}{after}");
    }
}
