//! Signed and encrypted cookies, the remember-me cookie, and the headers that send them.
#![cfg(all(feature = "std", feature = "getrandom", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "a test may panic")]

use std::time::Duration;

use phoenix_token::{
    KeyError, MaxAge, SecretKeyBase, SignError, Timestamp, TokenKey, Verify, VerifyError,
    cookie::{MAX_BYTES, RememberMe, SameSite, SetCookie, TokenCookie},
    term::Term,
};
use proptest::prelude::*;

const NOW: Timestamp = Timestamp::from_secs(1_767_323_045);
const HOUR: Duration = Duration::from_secs(3600);

fn secret() -> SecretKeyBase {
    SecretKeyBase::new([7; 64]).unwrap()
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_millis(NOW.as_millis() + seconds * 1000)
}

fn kinds(set_cookie: &SetCookie) -> [TokenCookie; 3] {
    [
        TokenCookie::signed(&secret(), set_cookie.clone()).unwrap(),
        TokenCookie::encrypted(&secret(), set_cookie.clone()).unwrap(),
        TokenCookie::encrypted_a128gcm(&secret(), set_cookie.clone()).unwrap(),
    ]
}

#[test]
fn a_value_is_a_token_under_the_name_of_the_cookie() {
    let key = TokenKey::derive(&secret(), "locale_cookie");
    let [signed, encrypted, a128gcm] = kinds(&SetCookie::new("locale"));
    let value = signed.write_at("pl", NOW).unwrap();
    assert_eq!(value, key.sign_at("pl", NOW).unwrap());
    assert_eq!(key.verify_at::<String>(&value, NOW).unwrap().data, "pl");
    for (cookie, header) in [(encrypted, "XCP."), (a128gcm, "QTEyOEdDTQ.")] {
        let value = cookie.write_at("pl", NOW).unwrap();
        assert!(value.starts_with(header));
        assert_eq!(key.decrypt_at::<String>(&value, NOW).unwrap().data, "pl");
    }
}

#[test]
fn a_value_lives_as_long_as_its_cookie_or_a_day() {
    let day = SetCookie::new("locale");
    for (set_cookie, life) in [(day.clone(), 86_400), (day.max_age(HOUR), 3600)] {
        for cookie in kinds(&set_cookie) {
            let value = cookie.write_at(&1, NOW).unwrap();
            let verified = cookie.read_at::<u8>(&value, later(life)).unwrap();
            assert_eq!((verified.data, verified.max_age), (1, MaxAge::seconds(life)));
            let expired = VerifyError::Expired { since: Some(later(life)) };
            assert_eq!(cookie.read_at::<u8>(&value, later(life + 1)), Err(expired));
            let shorter = Verify::at(later(2)).max_age(MaxAge::seconds(1));
            assert!(cookie.read_with::<u8>(&value, &shorter).is_err());
        }
    }
}

#[test]
fn a_value_of_another_name_or_kind_is_refused() {
    let [signed, encrypted, _] = kinds(&SetCookie::new("locale"));
    let [other, other_encrypted, _] = kinds(&SetCookie::new("theme"));
    let value = signed.write_at(&1, NOW).unwrap();
    for cookie in [&encrypted, &other, &other_encrypted] {
        assert_eq!(cookie.read_at::<u8>(&value, NOW), Err(VerifyError::Invalid));
    }
    let value = encrypted.write_at(&1, NOW).unwrap();
    for cookie in [&signed, &other, &other_encrypted] {
        assert_eq!(cookie.read_at::<u8>(&value, NOW), Err(VerifyError::Invalid));
    }
    assert_eq!(signed.read_at::<u8>(None, NOW), Err(VerifyError::Missing));
    let value = signed.write_at(&1, NOW).unwrap();
    assert!(matches!(signed.read_at::<String>(&value, NOW), Err(VerifyError::Data(_))));
}

#[test]
fn a_value_whose_header_is_over_4096_bytes_is_not_written() {
    for cookie in kinds(&SetCookie::new("locale").max_age(HOUR)) {
        let longest =
            (0..4096).rev().find(|length| cookie.write_at(&"x".repeat(*length), NOW).is_ok());
        let value = cookie.write_at(&"x".repeat(longest.unwrap()), NOW).unwrap();
        let header = cookie.set_cookie().header(&value, NOW).unwrap();
        assert!((MAX_BYTES - 3..=MAX_BYTES).contains(&header.len()), "{}", header.len());
        let error = cookie.write_at(&"x".repeat(longest.unwrap() + 1), NOW).unwrap_err();
        assert!(matches!(error, SignError::CookieOverflow { bytes } if bytes > MAX_BYTES));
    }
}

#[test]
fn the_secret_key_base_has_at_least_64_bytes() {
    let short = SecretKeyBase::new([7; 63]).unwrap();
    let error = KeyError::SecretTooShort { required: 64, actual: 63 };
    assert_eq!(TokenCookie::signed(&short, "a").unwrap_err(), error);
    assert_eq!(TokenCookie::encrypted(&short, "a").unwrap_err(), error);
    assert_eq!(RememberMe::new(&short, "my_app").unwrap_err(), error);
}

#[test]
fn the_remember_me_cookie_is_that_of_phoenix() {
    let remember_me = RememberMe::new(&secret(), "my_app").unwrap();
    let token = [0xfb; 32];
    let value = remember_me.write_at(&token, NOW).unwrap();
    let key = TokenKey::derive(&secret(), "_my_app_web_user_remember_me_cookie");
    let plain = key.verify_term(&value, &Verify::at(NOW)).unwrap();
    assert_eq!((plain.data, plain.max_age), (Term::binary(token), MaxAge::days(14)));

    assert_eq!(remember_me.read_with(&value, &Verify::at(later(86_400))).unwrap().data, token);
    let end = 14 * 86_400;
    assert!(remember_me.read_with(&value, &Verify::at(later(end))).is_ok());
    assert!(remember_me.read_with(&value, &Verify::at(later(end + 1))).is_err());
    assert_eq!(
        remember_me.set_cookie().header("v", NOW).unwrap(),
        "_my_app_web_user_remember_me=v; path=/; expires=Fri, 16 Jan 2026 03:04:05 GMT; \
         max-age=1209600; secure; HttpOnly; SameSite=Lax"
    );
    assert_eq!(
        remember_me.set_cookie().removal_header().unwrap(),
        "_my_app_web_user_remember_me=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; \
         max-age=0; secure; HttpOnly; SameSite=Lax"
    );
}

#[test]
fn without_a_moment_the_remember_me_cookie_goes_by_the_clock() {
    let remember_me = RememberMe::new(&secret(), "my_app").unwrap();
    let before = Timestamp::now();
    let verified = remember_me.read(&remember_me.write(&[1; 32]).unwrap()).unwrap();
    assert_eq!(verified.data, [1; 32]);
    assert!((before..=Timestamp::now()).contains(&verified.signed_at.unwrap()));
    assert_eq!(verified.max_age, MaxAge::days(14));
}

#[test]
fn the_remember_me_cookie_holds_32_bytes_and_nothing_else() {
    let remember_me = RememberMe::new(&secret(), "my_app").unwrap();
    let cookie = TokenCookie::signed(&secret(), RememberMe::options("my_app")).unwrap();
    for data in [Term::binary([1; 31]), Term::binary([1; 33]), Term::NIL, Term::byte_list([1; 32])]
    {
        let value = cookie.write_at(&data, NOW).unwrap();
        let error = remember_me.read_with(&value, &Verify::at(NOW)).unwrap_err();
        assert_eq!(error.to_string(), "the data does not fit: expected a binary of 32 bytes");
    }
    assert_eq!(remember_me.read(None), Err(VerifyError::Missing));
    assert_eq!(remember_me.read("SFMyNTY.g2o.AA"), Err(VerifyError::Invalid));
}

#[test]
fn the_remember_me_cookie_of_phoenix_1_7_lives_60_days() {
    let options = RememberMe::options("my_app").max_age(RememberMe::MAX_AGE_1_7);
    let remember_me = RememberMe::with_options(&secret(), options).unwrap();
    let value = remember_me.write_at(&[1; 32], NOW).unwrap();
    let verified = remember_me.read_with(&value, &Verify::at(later(60 * 86_400))).unwrap();
    assert_eq!(verified.max_age, MaxAge::days(60));
}

#[test]
fn each_attribute_stands_where_plug_has_it() {
    let cookie = SetCookie::new("a")
        .path("/admin")
        .domain("example.com")
        .max_age(Duration::from_millis(1999))
        .same_site(SameSite::None)
        .partitioned(true);
    assert_eq!(
        cookie.header("b", NOW).unwrap(),
        "a=b; path=/admin; domain=example.com; expires=Fri, 02 Jan 2026 03:04:06 GMT; max-age=1; \
         secure; HttpOnly; SameSite=None; Partitioned"
    );
    let bare = SetCookie::new("a").secure(false).http_only(false);
    assert_eq!(bare.header("", NOW).unwrap(), "a=; path=/");
    assert_eq!(
        bare.same_site(SameSite::Strict).removal_header().unwrap(),
        "a=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=0; SameSite=Strict"
    );
}

#[test]
fn a_header_has_at_most_4096_bytes_name_and_attributes_included() {
    let cookie = SetCookie::new("name").same_site(SameSite::Lax).max_age(HOUR);
    let room = MAX_BYTES - cookie.header("", NOW).unwrap().len();
    assert_eq!(cookie.header(&"x".repeat(room), NOW).unwrap().len(), MAX_BYTES);
    let overflow = SignError::CookieOverflow { bytes: MAX_BYTES + 1 };
    assert_eq!(cookie.header(&"x".repeat(room + 1), NOW), Err(overflow));
    let long = SetCookie::new("x".repeat(MAX_BYTES));
    assert!(matches!(long.removal_header(), Err(SignError::CookieOverflow { .. })));
}

#[test]
fn nothing_in_a_header_can_end_it() {
    let refused = Err(SignError::CookieCharacter);
    let plain = SetCookie::new("name");
    for bad in ["a;b", "a\r\nSet-Cookie: b=c", "a\0", "a\tb", "ż", "a\u{7f}"] {
        assert_eq!(plain.header(bad, NOW), refused, "{bad:?}");
        assert_eq!(SetCookie::new(bad).header("value", NOW), refused, "{bad:?}");
        assert_eq!(SetCookie::new(bad).removal_header(), refused, "{bad:?}");
        assert_eq!(plain.clone().path(bad).header("value", NOW), refused, "{bad:?}");
        assert_eq!(plain.clone().domain(bad).header("value", NOW), refused, "{bad:?}");
    }
    for bad in ["", "a=b", "a b", "a,b", "a\"", "a\\", "(a)", "[a]", "{a}", "a/b", "a?", "<a>", "@"]
    {
        assert_eq!(SetCookie::new(bad).header("value", NOW), refused, "{bad:?}");
    }
    for bad in ["a b", "a,b", "a\"b", "a\\b"] {
        assert_eq!(plain.header(bad, NOW), refused, "{bad:?}");
    }
    let message = "the cookie holds a character that would end it";
    assert_eq!(SignError::CookieCharacter.to_string(), message);
    let names = "!#$%&'*+-.^_`|~09azAZ";
    let value = "!#$%&'()*+-./09:<=>?@AZ[]^_`az{|}~";
    assert!(SetCookie::new(names).path("/a b,c").header(value, NOW).is_ok());
}

#[test]
fn nothing_secret_is_printed() {
    let cookie = TokenCookie::signed(&secret(), "locale").unwrap();
    let printed = format!("{cookie:?}");
    assert!(printed.starts_with("TokenCookie { key: TokenKey([secret elided]), kind: Signed"));
}

/// The crate `cookie` says the same, in another order.
#[cfg(feature = "cookie")]
#[test]
fn values_of_the_crate_cookie_say_what_the_header_says() {
    let sorted = |header: &str| {
        let mut parts: Vec<_> = header.split("; ").map(str::to_lowercase).collect();
        parts.sort();
        parts
    };
    let base = SetCookie::new("a");
    let full = base.clone().path("/b").domain("example.com").max_age(HOUR).partitioned(true);
    for cookie in [
        base.clone(),
        base.clone().secure(false).same_site(SameSite::None),
        base.secure(false).http_only(false),
        full.clone().same_site(SameSite::Strict),
        full.clone().same_site(SameSite::Lax),
        full.same_site(SameSite::None).max_age(Duration::MAX),
    ] {
        let (header, value) = (cookie.header("v", NOW), cookie.cookie("v", NOW));
        let (header, value) = (header.unwrap(), value.unwrap().to_string());
        // Its seconds are i64.
        let header = header.replace(&u64::MAX.to_string(), &i64::MAX.to_string());
        assert_eq!(sorted(&header), sorted(&value));
        let (header, value) = (cookie.removal_header(), cookie.removal_cookie());
        assert_eq!(sorted(&header.unwrap()), sorted(&value.unwrap().to_string()));
        assert_eq!(cookie.cookie("a;b", NOW).unwrap_err(), SignError::CookieCharacter);
        let overflow = cookie.cookie(&"x".repeat(MAX_BYTES), NOW).unwrap_err();
        assert!(matches!(overflow, SignError::CookieOverflow { .. }));
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(data: (String, Vec<Option<i64>>)) {
        for cookie in kinds(&SetCookie::new("locale")) {
            if let Ok(value) = cookie.write(&data) {
                prop_assert_eq!(&cookie.read::<(String, Vec<Option<i64>>)>(&value).unwrap().data, &data);
                prop_assert!(cookie.set_cookie().header(&value, NOW).is_ok() || value.len() > 4000);
            }
        }
    }

    #[test]
    fn a_header_holds_one_cookie_whatever_it_is_made_of(name: String, value: String, path: String) {
        if let Ok(header) = SetCookie::new(name.clone()).path(path.clone()).header(&value, NOW) {
            prop_assert!(!header.contains(char::is_control));
            let parts: Vec<_> = header.split("; ").collect();
            let pair = format!("{name}={value}");
            let path = format!("path={path}");
            prop_assert_eq!(parts, [pair.as_str(), path.as_str(), "secure", "HttpOnly"]);
        }
    }
}
