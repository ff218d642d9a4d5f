//! `check`, on tokens and cookies whose answers are wrong, and on what they were given changed.

use phoenix_token::{
    SecretKeyBase,
    cookie::{Session, SessionCookie},
};
use serde_json::{Value, json};

use super::changed_answers::{
    YEAR_MS, a_few_are_right, another, each_field_counts, each_is_told, later,
};

#[test]
fn a_changed_answer_about_payloads_is_told() {
    const NAME: &str = "payload_layout.json";
    a_few_are_right(NAME);
    for field in ["token", "salt", "secret_key_base"] {
        each_is_told(NAME, "Invalid", |case| {
            let mut checks = case["checks"].as_array()?.iter();
            checks.find(|check| check["result"]["error"] == "expired")?;
            another(&mut case[field])
        });
    }
    each_is_told(NAME, ": Expired { since: ", |case| {
        let mut checks = case["checks"].as_array()?.iter();
        checks.find(|check| check["max_age"] == 3600 && !check["result"]["ok"].is_null())?;
        // It was signed later than any time to come.
        case["why"].as_str().filter(|why| *why != "signed_at is a bignum")?;
        later(&mut case["generated_at_ms"], 100 * YEAR_MS)
    });
    results_of_checks(NAME, &["ok", "expired", "raised"]);
}

#[test]
fn a_changed_answer_about_tokens_is_told() {
    const NAME: &str = "token.json";
    a_few_are_right(NAME);
    each_field_counts(
        NAME,
        &[
            ("secret_key_base", "Invalid"),
            ("salt", "Invalid"),
            ("token", "Invalid"),
            ("data", " for :another"),
            ("data_etf", "not the external term format"),
        ],
    );
    // One without a life is not read, and only written again.
    let has_life = |case: &Value| case["max_age"].as_i64().is_none_or(|age| age > 0);
    for (lives, said) in [(true, ": Verified {"), (false, ": wrote [")] {
        each_is_told(NAME, said, |case| {
            Some(()).filter(|()| has_life(case) == lives)?;
            later(&mut case["signed_at_ms"], 1)
        });
    }
    each_is_told(NAME, ": Verified {", |case| {
        case["max_age"].as_i64().filter(|age| *age > 0)?;
        another(&mut case["max_age"])
    });
    each_is_told(NAME, ": Expired { since: ", |case| {
        case["max_age"].as_i64()?;
        let mut checks = case["checks"].as_array()?.iter();
        checks.find(|check| check["max_age"].is_null() && !check["result"]["ok"].is_null())?;
        later(&mut case["generated_at_ms"], 100 * YEAR_MS)
    });
    each_is_told(NAME, "Invalid", |case| another_number_of_iterations(&mut case["options"]));
    each_is_told(NAME, "Invalid", |case| {
        // A key of any other length than the default signs and does not encrypt.
        case["options"]["key_length"].as_null()?;
        the_other_operation(&mut case["operation"])
    });
    results_of_checks(NAME, &["ok", "expired"]);
    each_is_told(NAME, "Err(Invalid) for Error(Expired)", |case| {
        let result = &mut case["wrong"][0]["result"];
        result["error"].as_str().filter(|error| *error == "invalid")?;
        *result = json!({"error": "expired"});
        Some(())
    });
}

fn another_number_of_iterations(options: &mut Value) -> Option<()> {
    let iterations = options["key_iterations"].as_i64().unwrap_or(1000);
    options["key_iterations"] = json!(iterations + 1);
    Some(())
}

fn the_other_operation(operation: &mut Value) -> Option<()> {
    *operation = json!(if operation.as_str()? == "sign" { "encrypt" } else { "sign" });
    Some(())
}

/// The first check that has this result.
#[track_caller]
fn results_of_checks(name: &str, results: &[&str]) {
    each_is_told(name, "no checks", |case| {
        case["checks"] = json!([]);
        Some(())
    });
    for wanted in results {
        let (another, said) = match *wanted {
            "expired" => ("invalid", " for Error(Invalid)"),
            _ => ("expired", " for Error(Expired)"),
        };
        each_is_told(name, said, |case| {
            let mut checks = case["checks"].as_array_mut()?.iter_mut();
            let check = checks.find(|check| check["result"].to_string().contains(wanted))?;
            check["result"] = json!({"error": another});
            Some(())
        });
    }
}

#[test]
fn a_changed_answer_about_session_cookies_is_told() {
    const NAME: &str = "session_cookie.json";
    a_few_are_right(NAME);
    each_field_counts(
        NAME,
        &[
            ("secret_key_base", "the token is invalid"),
            ("encryption_salt", "the token is invalid"),
            ("session", ": read Session("),
            ("cookie", "the token is invalid"),
        ],
    );
    each_is_told(NAME, "the token is invalid", |case| {
        // An encrypted one makes no use of it.
        case["encryption_salt"].as_null()?;
        another(&mut case["signing_salt"])
    });
    each_is_told(NAME, "the token is invalid", |case| {
        another_number_of_iterations(&mut case["options"])
    });
    each_is_told(NAME, "the tampered one is spelt otherwise: ", |case| {
        case["tampered_result"].as_str().filter(|result| *result == "rejected")?;
        case["tampered_result"] = json!("same");
        Some(())
    });
    each_is_told(NAME, "accepted the tampered one", |case| {
        case["encryption_salt"].as_null()?;
        case["options"].as_object().filter(|options| options.is_empty())?;
        let secret = SecretKeyBase::new(case["secret_key_base"].as_str()?).unwrap();
        let key = SessionCookie::signed(&secret, case["signing_salt"].as_str()?).unwrap();
        let mut session = Session::new();
        session.put_term("another", 1);
        case["tampered"] = json!(key.write(&session).unwrap());
        Some(())
    });
}

#[test]
fn a_changed_answer_about_signed_and_encrypted_cookies_is_told() {
    const NAME: &str = "signed_cookie.json";
    a_few_are_right(NAME);
    let sent = "set_cookie_at_2026_01_02_03_04_05";
    each_field_counts(
        NAME,
        &[
            ("secret_key_base", "the token is invalid"),
            ("name", ": sent as "),
            ("max_age", ": sent as "),
            ("value", ": read "),
            ("cookie", ": sent as "),
            (sent, ": sent as "),
        ],
    );
    each_is_told(NAME, "the token is invalid", |case| the_other_operation(&mut case["kind"]));
    each_is_told(NAME, "the token has expired", |case| {
        later(&mut case["generated_at_ms"], 100 * YEAR_MS)
    });
}
