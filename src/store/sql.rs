//! The SQL of every operation.
//!
//! Templates: `{name}` is a table or column, quoted, or a condition that many share; `:name` is a
//! value, bound. [`Expander`] fills them in, once, when the store is opened.

use std::{format, string::String, vec, vec::Vec};

use super::{
    dialect::Dialect,
    email::EmailKind,
    expiry::Expired,
    statement::{Expander, Statement},
};

/// The SQL of one operation: one statement, or a few in one transaction.
///
/// One statement is enough wherever the database has `RETURNING`; MySQL has not.
#[derive(Clone, Debug)]
pub struct Operation {
    pub(crate) isolation: Isolation,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    None,
    Transaction,
    Serializable,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Fetches rows; where there are none, this was the last step.
    Fetch(Statement),
    /// Changes one row; where there was none to change, this was the last step.
    Require(Statement),
    /// Changes any number of rows.
    Execute(Statement),
    /// Deletes each row that was fetched, by the id in its last column; what is not deleted by it is
    /// fetched no more.
    DeleteFetched(Statement),
}

impl Operation {
    pub(crate) fn fetch(statement: Statement) -> Self {
        Self { isolation: Isolation::None, steps: vec![Step::Fetch(statement)] }
    }

    /// The statements, in order.
    ///
    /// On MySQL what is ended is first read `FOR UPDATE`; the text that follows is for one row, by
    /// its handle, and only a row that it deletes has ended or was used.
    pub fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.steps.iter().map(|step| match step {
            Step::Fetch(it) | Step::Require(it) | Step::Execute(it) | Step::DeleteFetched(it) => it,
        })
    }

    /// Whether the statements must run in one transaction.
    pub fn is_transaction(&self) -> bool {
        self.isolation != Isolation::None
    }
}

/// The SQL of every operation of a store: see [`Store::sql`](super::Store::sql).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sql {
    /// [`Store::create`](super::Store::create)
    pub create: Operation,
    /// [`Store::lookup`](super::Store::lookup). The table is called `t`, and the text ends with
    /// its `WHERE`.
    pub lookup: Operation,
    /// [`Store::reissue`](super::Store::reissue)
    pub reissue: Operation,
    /// [`Store::renew`](super::Store::renew)
    pub renew: Operation,
    /// [`Store::touch`](super::Store::touch); none where the table has no such column.
    pub touch: Option<Operation>,
    /// [`Store::end`](super::Store::end)
    pub end: Operation,
    /// [`Store::end_by_handle`](super::Store::end_by_handle)
    pub end_by_handle: Operation,
    /// [`Store::end_others`](super::Store::end_others), to be repeated until it finds nothing more.
    pub end_others: Operation,
    /// [`Store::end_all`](super::Store::end_all), sessions only; to be repeated likewise.
    pub end_all: Operation,
    /// [`Store::end_all`](super::Store::end_all) with the user's e-mail tokens; to be repeated likewise.
    pub end_everything: Operation,
    /// [`Store::list`](super::Store::list)
    pub list: Operation,
    /// [`Store::count`](super::Store::count)
    pub count: Operation,
    /// [`Store::create_email_token`](super::Store::create_email_token)
    pub create_email: Operation,
    /// The same, where only one may be live.
    pub create_only_email: Operation,
    verify_email: [Operation; 4],
    consume_email: [Operation; 4],
    expire_sessions: Operation,
    expire_email: [Operation; 4],
}

impl Sql {
    /// [`Store::verify_email_token`](super::Store::verify_email_token)
    pub fn verify_email(&self, kind: EmailKind) -> &Operation {
        kind.pick(self.verify_email.each_ref())
    }

    /// [`Store::consume_email_token`](super::Store::consume_email_token)
    pub fn consume_email(&self, kind: EmailKind) -> &Operation {
        kind.pick(self.consume_email.each_ref())
    }

    /// [`Store::delete_expired`](super::Store::delete_expired)
    pub fn delete_expired(&self, what: Expired) -> &Operation {
        match what {
            Expired::Sessions => &self.expire_sessions,
            Expired::Email(kind) => kind.pick(self.expire_email.each_ref()),
        }
    }

    pub(crate) fn new(on: &Expander<'_>) -> Self {
        let one = |template: &str| Operation {
            isolation: Isolation::None,
            steps: vec![Step::Require(on.statement(template))],
        };
        let fetch = |template: &str| Operation::fetch(on.statement(template));
        let email = |kind| email_condition(kind, on.settings.users.is_some());
        Self {
            create: inserting(
                on,
                "INSERT INTO {table} ({id.name}{user_id}, {token}, {context}{authenticated_at.name}\
                 {device.names}, {inserted_at}) \
                 VALUES ({id.value}:user_id, :new_token, 'session'{authenticated_at.value}\
                 {device.values}, :now)",
                None,
            ),
            lookup: fetch(LOOKUP),
            reissue: inserting(
                on,
                "INSERT INTO {table} ({id.name}{user_id}, {token}, {context}{authenticated_at.name}\
                 {device.names}, {inserted_at}) \
                 SELECT {id.value}{user_id}, :new_token, {context}{authenticated_at.name}\
                 {device.names}, :now FROM {table} WHERE {is_session}{not_reissued}{lock}",
                on.settings.grace.map(|_| {
                    "UPDATE {table} SET {inserted_at} = :grace_inserted_at \
                     WHERE {is_session} AND {moment:inserted_at} > :grace_since{stays_hashed}"
                }),
            ),
            renew: one(
                "UPDATE {table} SET {token} = :new_token, {inserted_at} = :now{authenticated_at.now} \
                 WHERE {is_session}",
            ),
            touch: on.table.has(super::settings::Column::LastSeenAt).then(|| {
                one("UPDATE {table} SET {last_seen_at} = :now WHERE {is_session} \
                     AND ({last_seen_at} IS NULL OR {moment:last_seen_at} <= :minute_ago)")
            }),
            end: taking(on, "{ended}", "{context} = 'session' AND {is_token}"),
            end_by_handle: taking(
                on,
                "{ended}",
                "{id} = :handle AND {user_id} = :user_id AND {context} = 'session'",
            ),
            end_others: taking(
                on,
                "{ended}",
                "{user_id} = :user_id AND {context} = 'session' AND NOT ({is_token})",
            ),
            end_all: taking(on, "{ended}", "{user_id} = :user_id AND {context} = 'session'"),
            end_everything: taking(on, "{ended}", "{user_id} = :user_id"),
            list: fetch(
                "SELECT {session} FROM {table} AS t \
                 WHERE {user_id} = :user_id AND {context} = 'session' AND {valid} \
                 ORDER BY {inserted_at} DESC, {id} DESC LIMIT :limit OFFSET :offset",
            ),
            count: fetch(
                "SELECT COUNT(*) FROM {table} AS t \
                 WHERE {user_id} = :user_id AND {context} = 'session' AND {valid}",
            ),
            create_email: one(INSERT_EMAIL),
            create_only_email: Operation {
                isolation: Isolation::Serializable,
                steps: vec![
                    Step::Execute(on.statement(
                        "DELETE FROM {table} WHERE {user_id} = :user_id AND {context} = :context",
                    )),
                    Step::Require(on.statement(INSERT_EMAIL)),
                ],
            },
            verify_email: EmailKind::ALL.map(|kind| {
                fetch(&format!("SELECT {{email}} FROM {{table}} AS t WHERE {}", email(kind)))
            }),
            consume_email: EmailKind::ALL.map(|kind| taking(on, "{email}", &email(kind))),
            expire_sessions: expiring(on, "{context} = 'session'", "valid_since"),
            expire_email: EmailKind::ALL.map(|kind| {
                let context = match kind {
                    EmailKind::Change if on.dialect == Dialect::Sqlite => {
                        "{context} GLOB 'change:*'".into()
                    }
                    EmailKind::Change => "{context} LIKE 'change:%'".into(),
                    kind => format!("{{context}} = '{}'", kind.name()),
                };
                expiring(on, &context, &format!("{}_since", kind.name()))
            }),
        }
    }
}

/// The look-up, with the caller's own columns and join where there are any.
pub(crate) const LOOKUP: &str =
    "SELECT {session_without_token}{columns} FROM {table} AS t{join} WHERE {is_session}";

const INSERT_EMAIL: &str = "INSERT INTO {table} \
     ({id.name}{user_id}, {token}, {context}, {sent_to}, {inserted_at}) \
     VALUES ({id.value}:user_id, :new_token, :context, :sent_to, :now)";

/// What an e-mail token must fulfil. A `change:` token is sent to the new address, so the user's
/// own says nothing about it: its context holds that one.
fn email_condition(kind: EmailKind, users: bool) -> String {
    let expected = "(:expected_sent_to IS NULL OR {sent_to} = :expected_sent_to)";
    let valid = format!(
        "{{context}} = :context AND {{token}} = :token \
         AND {{moment:inserted_at}} > :{}_since AND {expected}",
        kind.name()
    );
    if !users || kind == EmailKind::Change {
        return valid;
    }
    format!(
        "{valid} AND EXISTS (SELECT 1 FROM {{users}} AS u \
         WHERE u.{{users.id}} = {{full:user_id}} AND u.{{users.email}} = {{full:sent_to}})"
    )
}

/// Inserts a session and gives it back; `then` follows in the same transaction.
fn inserting(on: &Expander<'_>, insert: &str, then: Option<&str>) -> Operation {
    let returning = on.dialect.has_returning();
    let mut steps = vec![if returning {
        Step::Fetch(on.statement(&format!("{insert} RETURNING {{session}}")))
    } else {
        Step::Require(on.statement(insert))
    }];
    steps.extend(then.map(|then| Step::Execute(on.statement(then))));
    if !returning {
        let read_back = "SELECT {session} FROM {table} AS t \
                         WHERE {context} = 'session' AND {token} = :new_token";
        steps.push(Step::Fetch(on.statement(read_back)));
    }
    let isolation = if steps.len() > 1 { Isolation::Transaction } else { Isolation::None };
    Operation { isolation, steps }
}

/// Deletes what fulfils the condition and gives it back.
fn taking(on: &Expander<'_>, columns: &str, condition: &str) -> Operation {
    if on.dialect.has_returning() {
        let delete = format!("DELETE FROM {{table}} WHERE {condition} RETURNING {columns}");
        return Operation::fetch(on.statement(&delete));
    }
    let select =
        format!("SELECT {columns}, {{read:id}} FROM {{table}} AS t WHERE {condition}{{lock}}");
    Operation {
        isolation: Isolation::Transaction,
        steps: vec![
            Step::Fetch(on.statement(&select)),
            Step::DeleteFetched(on.statement("DELETE FROM {table} WHERE {id} = :handle")),
        ],
    }
}

/// Deletes a batch of what is no longer valid, the oldest first.
fn expiring(on: &Expander<'_>, context: &str, since: &str) -> Operation {
    // The first comparison is the index's, the second is exact where SQLite's times differ in form.
    let expired = format!("{context} AND {{inserted_at}} <= :{since}{{not_valid:{since}}}");
    let template = match on.dialect {
        Dialect::MySql { .. } => {
            format!("DELETE FROM {{table}} WHERE {expired} ORDER BY {{inserted_at}} LIMIT :limit")
        }
        Dialect::Sqlite | Dialect::Postgres => format!(
            "DELETE FROM {{table}} WHERE {{id}} IN (SELECT {{id}} FROM {{table}} \
             WHERE {expired} ORDER BY {{inserted_at}} LIMIT :limit{{skip_locked}})"
        ),
    };
    Operation { isolation: Isolation::None, steps: vec![Step::Execute(on.statement(&template))] }
}
