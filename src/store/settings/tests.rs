#![allow(clippy::arithmetic_side_effects, reason = "a test may panic")]
use std::format;

use super::*;
use crate::store::EmailKind;

#[test]
fn a_name_that_could_leave_its_quotes_is_refused() {
    for name in ["", "a\"b", "a`b", "a.b", "a b", "a;b", "a\0", &"a".repeat(64)] {
        let settings = Settings::new().table(name);
        assert!(matches!(settings.check_names(), Err(StoreError::Name(_))), "{name:?}");
    }
    for name in ["users_tokens", "Users-Tokens", "tökens", "t$1"] {
        assert!(Settings::new().column(Column::Token, name).check_names().is_ok(), "{name}");
    }
}

#[test]
fn each_setting_is_kept_and_changes_no_other() {
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    let raw_until = Timestamp::from_secs(7);
    let settings = Settings::new()
        .schema("accounts")
        .table("tokens")
        .column(Column::Token, "secret")
        .id_type(IdType::Uuid)
        .user_id_type(IdType::Integer)
        .token_storage(TokenStorage::Both { raw_until })
        .precision(Precision::Microseconds)
        .live_socket_prefix("sockets")
        .validity(9 * second)
        .reissue_age(3 * second)
        .grace(second)
        .email_validity(EmailKind::Confirm, 5 * second)
        .users("people", "key", "address")
        .timeout(2 * second)
        .attempts(3)
        .primary_window(6 * second)
        .cache(7 * second, 8)
        .clock(move || raw_until);
    assert_eq!(settings.schema.as_deref(), Some("accounts"));
    assert_eq!(settings.table, "tokens");
    let names = Column::ALL.map(|column| settings.column_name(column));
    let expected = Column::ALL.map(|column| match column {
        Column::Token => "secret",
        other => other.default_name(),
    });
    assert_eq!(names, expected);
    assert_eq!(settings.id_type_of(Column::UserId), IdType::Integer);
    assert_eq!(settings.id_type_of(Column::Id), IdType::Uuid);
    assert_eq!(settings.storage, TokenStorage::Both { raw_until });
    assert_eq!(settings.precision, Precision::Microseconds);
    assert_eq!(settings.live_socket_prefix, "sockets");
    assert_eq!((settings.validity, settings.reissue_age), (9 * second, 3 * second));
    assert_eq!((settings.grace, settings.grace_age()), (Some(second), 8 * second));
    let of_emails = [15 * minute, 7 * 1440 * minute, 5 * second, 1440 * minute];
    assert_eq!(settings.email_validity, of_emails);
    let users = settings.users.as_ref().map(|it| [&*it.table, &*it.id, &*it.email]);
    assert_eq!(users, Some(["people", "key", "address"]));
    assert_eq!((settings.timeout, settings.patience()), (2 * second, 120 * second));
    assert_eq!((settings.attempts, settings.primary_window), (3, 6 * second));
    assert_eq!(settings.cache.map(|it| (it.max_age, it.entries)), Some((7 * second, 8)));
    assert_eq!(format!("{:?} {:?}", settings.clock, Clock::Database), "Given Database");
    assert_eq!(Settings::new().attempts(0).attempts, 1);
}
