//! `check`, on answers that are wrong, and on what they were given changed: every one is told, and how.

use std::fs;

use phoenix_token::term::Term;
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
pub fn a_few_are_right(name: &str) {
    let ran = check(name, &cases(name)[..12]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
}

/// Whatever this makes of a case is told, and this is said of each case.
#[track_caller]
pub fn each_is_told(name: &str, said: &str, change: impl Fn(&mut Value) -> Option<()>) {
    each_of_these_is_told(name, cases(name), said, change);
}

#[track_caller]
fn each_of_these_is_told(
    name: &str,
    cases: Vec<Value>,
    said: &str,
    change: impl Fn(&mut Value) -> Option<()>,
) {
    let changed = |mut case: Value| change(&mut case).map(|()| case);
    let changed: Vec<_> = cases.into_iter().filter_map(changed).collect();
    let ran = check(name, &changed);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let told: Vec<_> = ran.out.lines().filter(|line| line.starts_with("  case ")).collect();
    let untold =
        ran.out.lines().find_map(|line| line.strip_prefix("  and ")?.strip_suffix(" more"));
    let untold = untold.map_or(0, |count| count.parse().unwrap());
    assert!(!told.is_empty() && told.len() == changed.len().min(10), "{ran:?}");
    assert_eq!(told.len() + untold, changed.len(), "{ran:?}");
    for line in told {
        assert!(line.contains(said), "{said}: {line}");
    }
}

/// Another value of the same kind in any of these fields, and what is said of it.
#[track_caller]
pub fn each_field_counts(name: &str, fields: &[(&str, &str)]) {
    for (field, said) in fields {
        each_is_told(name, said, |case| another(case.get_mut(*field)?));
    }
}

/// Makes it another value of the same kind; `None` where it is null.
pub fn another(value: &mut Value) -> Option<()> {
    *value = match &*value {
        Value::Null => return None,
        Value::Bool(it) => json!(!it),
        Value::Number(it) => json!(it.as_i64()? + 1),
        Value::String(it) if it.is_empty() => json!("00"),
        Value::String(it) if it.starts_with('0') => json!(format!("1{}", &it[1..])),
        Value::String(it) => {
            let rest = it.chars().skip(1).collect::<String>();
            json!(format!("0{rest}"))
        }
        _ => json!({"atom": "another"}),
    };
    Some(())
}

/// Another of the digests.
fn another_digest(value: &mut Value) -> Option<()> {
    *value = json!(if value.as_str()? == "sha256" { "sha512" } else { "sha256" });
    Some(())
}

fn bytes(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

pub const YEAR_MS: i64 = 365 * 86_400_000;

pub fn later(time: &mut Value, ms: i64) -> Option<()> {
    *time = json!(time.as_i64()? + ms);
    Some(())
}

#[test]
fn a_changed_answer_about_the_age_at_the_millisecond_is_told() {
    const NAME: &str = "age_at_clock.json";
    a_few_are_right(NAME);
    each_field_counts(NAME, &[("token", "Invalid")]);
    for (is, becomes, said) in
        [("ok", "expired", " for Error(Expired)"), ("expired", "ok", ": Expired { since: ")]
    {
        each_is_told(NAME, said, |case| {
            case["result"].as_str().filter(|result| *result == is)?;
            case["result"] = json!(becomes);
            Some(())
        });
    }
    for (field, by, said) in [
        ("max_age_in_token", 1, "ends before "),
        ("max_age_in_token", -1, "does not end at "),
        ("signed_at_ms", 1, "ends before "),
        ("signed_at_ms", -1, "does not end at "),
    ] {
        each_is_told(NAME, said, |case| {
            case["max_age_given"].as_null()?;
            case["max_age_in_token"].as_i64().filter(|age| *age > 1)?;
            later(&mut case[field], by)
        });
    }
    each_is_told(NAME, ": Expired { since: ", |case| {
        case["result"].as_str().filter(|result| *result == "ok")?;
        let given = &case["max_age_given"];
        let age = if given.is_null() { &case["max_age_in_token"] } else { given };
        age.as_f64()?;
        later(&mut case["now_ms"], 100 * YEAR_MS)
    });
    each_is_told(NAME, ": Expired { since: ", |case| {
        case["result"].as_str().filter(|result| *result == "ok")?;
        let signed_at = case["signed_at_ms"].as_i64()?;
        case["max_age_given"].as_f64().filter(|_| case["now_ms"].as_i64() >= Some(signed_at))?;
        case["max_age_given"] = json!(-1);
        Some(())
    });
}

#[test]
fn a_changed_answer_about_csrf_tokens_is_told() {
    const NAME: &str = "csrf.json";
    a_few_are_right(NAME);
    each_field_counts(NAME, &[("secret_key_base", "not as upstream")]);
    for index in 0..10 {
        each_is_told(NAME, "not as upstream", |case| {
            let accepted = &mut case["tries"][index]["accepted"];
            *accepted = json!(!accepted.as_bool()?);
            Some(())
        });
    }
    for (field, said) in [("masked_token", "masked as "), ("host_token", "bound as ")] {
        each_is_told(NAME, said, |case| {
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
    each_is_told(NAME, "no session token", |case| {
        case["session_token"] = json!("short");
        Some(())
    });
    each_is_told(NAME, "no tries", |case| {
        case["tries"] = json!([]);
        Some(())
    });
}

#[test]
fn a_changed_answer_about_what_otp_reads_is_told() {
    const NAME: &str = "etf_decode.json";
    a_few_are_right(NAME);
    each_field_counts(NAME, &[("term", " for 83")]);
    for field in ["valid", "non_executable", "deep"] {
        each_field_counts(NAME, &[(field, "fields that do not go together")]);
    }
    each_is_told(NAME, "Err(Malformed)", |case| {
        case["valid"].as_bool().filter(|valid| *valid)?;
        another(&mut case["etf"])
    });
    // What this crate reads, as if OTP refused it.
    each_is_told(NAME, "Ok(", |case| {
        let etf = case["etf"].clone();
        Term::decode(&bytes(etf.as_str()?)).ok()?;
        *case = json!({"etf": etf, "valid": false});
        Some(())
    });
}

#[test]
fn a_changed_answer_about_what_otp_writes_is_told() {
    const NAME: &str = "etf_encode.json";
    a_few_are_right(NAME);
    each_field_counts(
        NAME,
        &[
            ("term", ": read as Ok("),
            ("etf", ": read as Err(Malformed)"),
            ("compressed", "compressed: read as Err(Malformed)"),
            ("etf_sha256", " bytes of hash "),
            ("etf_bytes", " bytes of hash "),
        ],
    );
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
fn a_changed_answer_about_derived_keys_is_told() {
    const NAME: &str = "key_derivation.json";
    a_few_are_right(NAME);
    // A key of one byte may be the same by chance.
    let long = |case: &Value| case["length"].as_u64().filter(|length| *length > 1);
    for field in ["secret", "salt", "iterations", "length", "key"] {
        each_is_told(NAME, "derived ", |case| {
            long(case)?;
            another(&mut case[field])
        });
    }
    each_is_told(NAME, "derived ", |case| {
        long(case)?;
        another_digest(&mut case["digest"])
    });
}

#[test]
fn a_changed_answer_about_signed_messages_is_told() {
    const NAME: &str = "message_verifier.json";
    a_few_are_right(NAME);
    each_field_counts(NAME, &[("message", "signed as ")]);
    each_is_told(NAME, "signed as ", |case| another_digest(case.get_mut("digest")?));
    each_is_told(NAME, "message and digest go together", |case| {
        case.as_object_mut()?.remove("digest")?;
        Some(())
    });
    inputs_of_messages(NAME, cases(NAME), &["key", "token"]);
    results_of_messages(NAME);
}

#[test]
fn a_changed_answer_about_encrypted_messages_is_told() {
    const NAME: &str = "message_encryptor.json";
    a_few_are_right(NAME);
    each_field_counts(NAME, &[("message", "message is not the result")]);
    inputs_of_messages(NAME, cases(NAME), &["secret", "aad", "token"]);
    // The older layout alone is made with this one.
    inputs_of_messages(
        NAME,
        cases("../plug_crypto-1.2.5/message_encryptor.json"),
        &["sign_secret"],
    );
    results_of_messages(NAME);
}

/// Of messages that are opened, what is needed for that.
#[track_caller]
fn inputs_of_messages(name: &str, cases: Vec<Value>, fields: &[&str]) {
    for field in fields {
        each_of_these_is_told(name, cases.clone(), "refused ", |case| {
            case["result"]["ok"].as_str()?;
            another(&mut case[*field])
        });
    }
}

fn results_of_messages(name: &str) {
    each_is_told(name, "accepted ", |case| {
        case["message"].as_str()?;
        case["result"] = json!("error");
        Some(())
    });
    each_is_told(name, "opened as ", |case| {
        case["message"].as_str()?;
        case["result"]["ok"] = json!(format!("{}00", case["result"]["ok"].as_str()?));
        Some(())
    });
    each_is_told(name, "refused ", |case| {
        case["result"].as_str()?;
        case["result"] = json!({"ok": "00"});
        Some(())
    });
}
