//! How long a token is valid, and from when.

use std::time::Duration;

use phoenix_token::{MaxAge, Sign, Timestamp, Verified, Verify, VerifyError};
use proptest::prelude::*;

use super::{NOW, key, quick, seconds_later};

#[test]
fn what_was_verified_tells_when_it_was_signed_and_when_it_ends() {
    let token = key().sign_with(&"data", &Sign::at(NOW).max_age(MaxAge::hours(2))).unwrap();
    let verified = key().verify_at::<String>(&token, seconds_later(60)).unwrap();
    assert_eq!(
        verified,
        Verified {
            data: "data".to_owned(),
            signed_at: Some(NOW),
            max_age: MaxAge::hours(2),
            key: 0
        }
    );
    assert_eq!(verified.expires_at(), Some(seconds_later(7200)));
}

#[test]
fn without_options_a_token_lives_for_a_day_and_not_a_millisecond_longer() {
    let token = key().sign_at(&1, NOW).unwrap();
    let end = seconds_later(86_400);
    assert_eq!(key().verify_at::<u8>(&token, end).unwrap().max_age, MaxAge::DEFAULT);
    let late = Timestamp::from_millis(end.as_millis() + 1);
    let expired = Err(VerifyError::Expired { since: Some(end) });
    assert_eq!(key().verify_at::<u8>(&token, late), expired);
}

#[test]
fn the_age_of_the_verifier_goes_before_that_of_the_token() {
    let for_ever = key().sign_with(&1, &Sign::at(NOW).max_age(MaxAge::INFINITY)).unwrap();
    let late = seconds_later(1_000_000_000);
    assert_eq!(key().verify_at::<u8>(&for_ever, late).unwrap().expires_at(), None);
    let an_hour = Verify::at(late).max_age(MaxAge::hours(1));
    let expired = VerifyError::Expired { since: Some(seconds_later(3600)) };
    assert_eq!(key().verify_with::<u8>(&for_ever, &an_hour), Err(expired));

    let brief = key().sign_with(&1, &Sign::at(NOW).max_age(MaxAge::seconds(1))).unwrap();
    assert!(key().verify_with::<u8>(&brief, &Verify::at(late).max_age(MaxAge::INFINITY)).is_ok());
}

#[test]
fn without_a_moment_the_clock_counts() {
    let before = Timestamp::now();
    let token = key().sign_with(&1, &Sign::new()).unwrap();
    let verified = key().verify_with::<u8>(&token, &Verify::new()).unwrap();
    assert!((before..=Timestamp::now()).contains(&verified.signed_at.unwrap()));
    let yesterday = Timestamp::from_millis(before.as_millis() - 86_500_000);
    let token = key().sign_with(&1, &Sign::at(yesterday)).unwrap();
    let expired = key().verify_with::<u8>(&token, &Verify::new());
    assert!(matches!(expired, Err(VerifyError::Expired { .. })));
}

#[test]
fn the_moment_may_be_set_with_the_other_options() {
    let options = Sign::new().max_age(MaxAge::hours(1)).signed_at(NOW);
    let token = key().sign_with(&1, &options).unwrap();
    let at =
        |now| key().verify_with::<u8>(&token, &Verify::new().tolerance(Duration::ZERO).now(now));
    assert_eq!(at(NOW).unwrap().signed_at, Some(NOW));
    assert_eq!(at(seconds_later(3600)).unwrap().max_age, MaxAge::hours(1));
    let expired = VerifyError::Expired { since: Some(seconds_later(3600)) };
    assert_eq!(at(seconds_later(3601)), Err(expired));
    // The tolerance is that of before.
    assert_eq!(at(seconds_later(-1)), Err(VerifyError::Invalid));
}

#[test]
fn a_future_token_is_valid_within_the_tolerance_only() {
    let token = key().sign_at(&1, seconds_later(60)).unwrap();
    assert!(key().verify_at::<u8>(&token, NOW).is_ok());
    let ahead = key().sign_at(&1, seconds_later(61)).unwrap();
    assert_eq!(key().verify_at::<u8>(&ahead, NOW), Err(VerifyError::Invalid));
    assert!(key().verify_with::<u8>(&ahead, &Verify::at(NOW).accept_any_future()).is_ok());
    let none = Verify::at(NOW).tolerance(Duration::ZERO);
    assert_eq!(key().verify_with::<u8>(&token, &none), Err(VerifyError::Invalid));
}

proptest! {
    #[test]
    fn the_age_ends_to_the_millisecond(age in 1_i64..4_000_000_000, late in -5_000_i64..5_000) {
        let key = quick("salt");
        let token = key.sign_with(&1, &Sign::at(NOW).max_age(MaxAge::seconds(age))).unwrap();
        let now = Timestamp::from_millis(NOW.as_millis() + age * 1000 + late);
        let verdict = key.verify_with::<u8>(&token, &Verify::at(now).accept_any_future());
        prop_assert_eq!(verdict.is_ok(), late <= 0);
    }
}
