//! `check`, on answers each of which is wrong: every one is noticed.

use std::fs;

use phoenix_token::{
    SecretKeyBase,
    cookie::{Session, SessionCookie},
};
use serde_json::{Value, json};

use super::{Ran, cases, command, finish, folder, vectors};

/// Runs the file with these cases in place of its own.
pub fn check(name: &str, cases: &[Value]) -> Ran {
    let text = fs::read_to_string(vectors().join(name)).unwrap();
    let mut file: Value = serde_json::from_str(&text).unwrap();
    file["cases"] = json!(cases);
    let folder = folder();
    fs::write(folder.join(name), file.to_string()).unwrap();
    finish(command().arg("check").arg(folder))
}

/// A few cases as they are, which are right.
fn a_few_are_right(name: &str) {
    let ran = check(name, &cases(name)[..12]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
}

/// Whatever this makes of a case is noticed, and this is said of it.
#[track_caller]
fn each_is_noticed(name: &str, said: &str, change: impl Fn(&mut Value) -> Option<()>) {
    let changed = |mut case: Value| change(&mut case).map(|()| case);
    let changed: Vec<_> = cases(name).into_iter().filter_map(changed).collect();
    let ran = check(name, &changed);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let told = ran.out.matches("\n  case ").count();
    let untold = ran.out.trim_end().rsplit("\n  and ").next().unwrap();
    let untold = untold.strip_suffix(" more").map_or(0, |count| count.parse().unwrap());
    assert!(told > 0 && told == changed.len().min(10), "{ran:?}");
    assert_eq!(told + untold, changed.len(), "{ran:?}");
    assert_eq!(ran.out.matches(said).count().min(told), told, "{said} {ran:?}");
}

/// Another value of the same kind in any of these fields.
#[track_caller]
fn each_field_counts(name: &str, fields: &[&str]) {
    for field in fields {
        each_is_noticed(name, "", |case| {
            let value = case.get_mut(*field).filter(|value| !value.is_null())?;
            *value = match value {
                Value::Bool(it) => json!(!*it),
                Value::Number(it) => json!(it.as_i64()? + 1),
                Value::String(it) if it.starts_with('0') => json!(format!("1{}", &it[1..])),
                Value::String(it) => json!(format!("0{}", it.get(1..).unwrap_or("0"))),
                _ => json!({"atom": "another"}),
            };
            Some(())
        });
    }
}

#[test]
fn of_the_age_at_the_millisecond() {
    const NAME: &str = "age_at_clock.json";
    a_few_are_right(NAME);
    each_field_counts(NAME, &["token"]);
    each_is_noticed(NAME, "", |case| {
        case["result"] = json!(if case["result"] == "ok" { "expired" } else { "ok" });
        Some(())
    });
    each_is_noticed(NAME, "does not end at", |case| {
        let age = case["max_age_in_token"].as_i64().filter(|age| *age > 0)?;
        case["max_age_given"].as_null()?;
        case["max_age_in_token"] = json!(age + 1);
        Some(())
    });
}

#[test]
fn of_csrf_tokens() {
    const NAME: &str = "csrf.json";
    a_few_are_right(NAME);
    each_field_counts(NAME, &["secret_key_base"]);
    for index in 0..10 {
        each_is_noticed(NAME, "not as upstream", |case| {
            let accepted = &mut case["tries"][index]["accepted"];
            *accepted = json!(!accepted.as_bool()?);
            Some(())
        });
    }
    for (field, said) in [("masked_token", "masked as "), ("host_token", "bound as ")] {
        each_is_noticed(NAME, said, |case| {
            case[field] = json!(format!("{}x", case[field].as_str()?));
            Some(())
        });
    }
    // Accepted by Plug, and in its canonical spelling here.
    let mut padded = cases(NAME);
    let mut count = 0;
    for attempt in padded.iter_mut().flat_map(|case| case["tries"].as_array_mut().unwrap()) {
        let given = attempt["given"].as_str().unwrap();
        if attempt["accepted"] == true && given.starts_with("SFMyNTY.") {
            attempt["given"] = json!(format!("{given}="));
            count += 1;
        }
    }
    let ran = check(NAME, &padded);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let told = format!("1. non-canonical base64 is invalid: {count} times\n");
    assert!(count > 0 && ran.out.contains(&told), "{ran:?}");
    each_is_noticed(NAME, "no session token", |case| {
        case["session_token"] = json!("short");
        Some(())
    });
    each_is_noticed(NAME, "no tries", |case| {
        case["tries"] = json!([]);
        Some(())
    });
}

#[test]
fn of_what_otp_reads() {
    const NAME: &str = "etf_decode.json";
    a_few_are_right(NAME);
    each_field_counts(NAME, &["term", "valid", "non_executable", "deep"]);
    each_is_noticed(NAME, "Ok(", |case| {
        case["term"].as_object().filter(|term| term.contains_key("integer"))?;
        *case = json!({"etf": "836101", "valid": false});
        Some(())
    });
}

#[test]
fn of_what_otp_writes() {
    const NAME: &str = "etf_encode.json";
    a_few_are_right(NAME);
    each_field_counts(NAME, &["term", "etf", "compressed", "etf_sha256", "etf_bytes"]);
    // In two orders; that of strings is OTP's own choice in none, and in maps of more than 32 keys.
    let string =
        |key: usize| (json!({"binary": format!("{key:02x}")}), format!("6d00000001{key:02x}"));
    let atom = (json!({"atom": "a"}), "770161".to_owned());
    let strings = |count| (0..count).map(string).collect::<Vec<_>>();
    for (keys, is_free) in [
        (strings(2), false),
        (vec![atom, string(0)], false),
        (strings(32), false),
        (strings(33), true),
    ] {
        let term: Vec<_> = keys.iter().map(|(key, _)| json!([key, {"integer": "1"}])).collect();
        let pairs: Vec<_> = keys.iter().map(|(_, etf)| format!("{etf}6101")).collect();
        let with = |pairs: String| {
            let etf = format!("8374{:08x}{pairs}", keys.len());
            check(NAME, &[json!({"term": {"map": term}, "etf": etf})])
        };
        assert_eq!(with(pairs.concat()).code, Some(0));
        let turned = with(pairs.into_iter().rev().collect());
        assert_eq!(turned.code == Some(0), is_free, "{turned:?}");
        assert_ne!(turned.out.contains("case 0: order of pairs: "), is_free, "{turned:?}");
    }
    let repeated = |count: usize| {
        let term = json!({"repeat": {"kind": "binary of x", "count": count}});
        check(NAME, &[json!({"term": term, "etf_sha256": "00", "etf_bytes": 1})]).out
    };
    assert!(repeated(10_000_001).contains("case 0: 10000001 elements"));
    assert!(!repeated(10_000_000).contains("elements"));
}

#[test]
fn of_derived_keys() {
    a_few_are_right("key_derivation.json");
    each_field_counts("key_derivation.json", &["secret", "salt", "length", "key"]);
}

#[test]
fn of_signed_messages() {
    const NAME: &str = "message_verifier.json";
    a_few_are_right(NAME);
    each_field_counts(NAME, &["message"]);
    each_is_noticed(NAME, "signed as ", |case| {
        let digest = case["digest"].as_str()?;
        case["digest"] = json!(if digest == "sha256" { "sha512" } else { "sha256" });
        Some(())
    });
    each_is_noticed(NAME, "message and digest go together", |case| {
        case.as_object_mut()?.remove("digest")?;
        Some(())
    });
    results_of_messages(NAME);
}

#[test]
fn of_encrypted_messages() {
    a_few_are_right("message_encryptor.json");
    results_of_messages("message_encryptor.json");
}

fn results_of_messages(name: &str) {
    each_is_noticed(name, "accepted ", |case| {
        case["message"].as_str()?;
        case["result"] = json!("error");
        Some(())
    });
    each_is_noticed(name, "opened as ", |case| {
        case["message"].as_str()?;
        case["result"]["ok"] = json!(format!("{}00", case["result"]["ok"].as_str()?));
        Some(())
    });
    each_is_noticed(name, "refused ", |case| {
        case["result"].as_str()?;
        case["result"] = json!({"ok": "00"});
        Some(())
    });
}

#[test]
fn of_payloads() {
    const NAME: &str = "payload_layout.json";
    a_few_are_right(NAME);
    results_of_checks(NAME, &["ok", "expired", "raised"]);
}

#[test]
fn of_tokens() {
    const NAME: &str = "token.json";
    a_few_are_right(NAME);
    let fields = ["secret_key_base", "salt", "data", "data_etf", "signed_at_ms", "token"];
    each_field_counts(NAME, &fields);
    results_of_checks(NAME, &["ok", "expired"]);
    each_is_noticed(NAME, "", |case| {
        let result = &mut case["wrong"][0]["result"];
        result["error"].as_str().filter(|error| *error == "invalid")?;
        *result = json!({"error": "expired"});
        Some(())
    });
}

/// The first check that has this result.
fn results_of_checks(name: &str, results: &[&str]) {
    each_is_noticed(name, "no checks", |case| {
        case["checks"] = json!([]);
        Some(())
    });
    for wanted in results {
        each_is_noticed(name, "", |case| {
            let mut checks = case["checks"].as_array_mut()?.iter_mut();
            let check = checks.find(|check| check["result"].to_string().contains(wanted))?;
            let another = if *wanted == "expired" { "invalid" } else { "expired" };
            check["result"] = json!({"error": another});
            Some(())
        });
    }
}

#[test]
fn of_session_cookies() {
    const NAME: &str = "session_cookie.json";
    a_few_are_right(NAME);
    each_field_counts(NAME, &["secret_key_base", "encryption_salt", "session", "cookie"]);
    each_is_noticed(NAME, "", |case| {
        case["tampered_result"].as_str().filter(|result| *result == "rejected")?;
        case["tampered_result"] = json!("same");
        Some(())
    });
    each_is_noticed(NAME, "accepted the tampered one", |case| {
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
fn of_signed_and_encrypted_cookies() {
    const NAME: &str = "signed_cookie.json";
    a_few_are_right(NAME);
    let sent = "set_cookie_at_2026_01_02_03_04_05";
    each_field_counts(NAME, &["secret_key_base", "name", "max_age", "value", "cookie", sent]);
}
