//! `check`, on what OTP reads and this crate refuses on purpose: told, and no failure.

use phoenix_token::{
    SigningKey,
    key_generator::{Digest, Params, derive},
    message_verifier,
};
use serde_json::{Value, json};

use super::changed_answers::check;

/// A term of each tag, without the version byte.
fn of_each_tag() -> Vec<(String, Value)> {
    let float = format!("63{:0<62}", hex("1.50000000000000000000e+00"));
    let (a, one, two) = (json!({"atom": "a"}), json!({"integer": "1"}), json!({"integer": "2"}));
    let mut all = vec![
        ("6101".to_owned(), one.clone()),
        ("6200000001".into(), one.clone()),
        ("6e010001".into(), one.clone()),
        ("6f000000010001".into(), one.clone()),
        ("463ff8000000000000".into(), json!({"float": "3ff8000000000000"})),
        (float, json!({"float": "3ff8000000000000"})),
        ("6a".into(), json!({"list": []})),
        ("6b00020102".into(), json!({"list": [one, two]})),
        ("6c00000001770161".to_owned() + "6a", json!({"list": [a]})),
        ("6d0000000161".into(), json!({"binary": "61"})),
        ("4d000000010480".into(), json!({"bitstring": {"bytes": "80", "last_bits": 4}})),
        ("680261016102".into(), json!({"tuple": [one, two]})),
        ("69000000026101".to_owned() + "6102", json!({"tuple": [one, two]})),
        ("740000000161016102".into(), json!({"map": [[one, two]]})),
    ];
    all.extend(["64000161", "730161", "76000161", "770161"].map(|it| (it.into(), a.clone())));
    for (kind, before, after) in [
        ("pid", "58", "000000010000000000000001"),
        ("pid", "67", "000000010000000001"),
        ("reference", "65", "0000000101"),
        ("reference", "5a0001", "0000000100000001"),
        ("reference", "720001", "0100000001"),
    ] {
        let etf = format!("{before}770161{after}");
        let term = json!({kind: format!("83{etf}")});
        all.push((etf, term));
    }
    all
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

fn case(etf: &str, term: &Value) -> Value {
    json!({"etf": format!("83{etf}"), "valid": true, "non_executable": true, "term": term})
}

#[track_caller]
fn assert_told(cases: &[Value], told: &str) {
    let ran = check("etf_decode.json", cases);
    let told = format!("{told}: {} times\nall answers are the same\n", cases.len());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(ran.out.ends_with(&told), "{told} {ran:?}");
}

const TRAILING: &str =
    "wanted difference 5. bytes after the term, and tags of one node only, are invalid";

#[test]
fn a_byte_after_a_term_of_any_tag() {
    let terms = of_each_tag();
    let whole: Vec<_> = terms.iter().map(|(etf, term)| case(etf, term)).collect();
    let ran = check("etf_decode.json", &whole);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let alone = terms.iter().map(|(etf, term)| case(&format!("{etf}00"), term));
    let inside = terms.iter().map(|(etf, term)| {
        case(
            &format!("6803{etf}610177016100"),
            &json!({"tuple": [term, {"integer": "1"}, {"atom": "a"}]}),
        )
    });
    assert_told(&alone.chain(inside).collect::<Vec<_>>(), TRAILING);
}

#[test]
fn an_atom_that_one_node_knows_by_its_index() {
    let any = json!({"integer": "1"});
    let mut cases = Vec::new();
    for atom in ["4900", "4b0000", "5200"] {
        for before in ["", "58", "65", "67", "5a0001", "720001", "680261016801"] {
            cases.push(case(&format!("{before}{atom}0000000000000000000000"), &any));
        }
    }
    assert_told(&cases, TRAILING);
    // Behind the term it is none of it.
    let ran = check("etf_decode.json", &[case("61025200", &any)]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
}

#[test]
fn a_term_larger_than_the_limit() {
    let bytes = 5 << 20;
    let etf = format!("6d{bytes:08x}{}", "78".repeat(bytes));
    let term = json!({"repeat": {"kind": "binary of x", "count": bytes}});
    let limit = "wanted difference 2. a size, depth or inflated size over a limit is invalid";
    assert_told(&[case(&etf, &term)], limit);
}

#[test]
fn what_otp_takes_and_never_writes() {
    let any = json!({"integer": "1"});
    for (etf, name) in [
        ("4d000000000000".to_owned(), "a bitstring of no bytes, whose last one has no bits"),
        ("5a000077016100000001".into(), "a reference of no words"),
        ("680172000077016101".into(), "a reference of no words"),
        (format!("63{}", "31".repeat(31)), "a decimal float without an end"),
    ] {
        let told = format!("taken by OTP, never written, and refused here: {name}");
        assert_told(&[case(&etf, &any)], &told);
    }
}

/// Which OTP reads where it was written.
#[test]
fn a_payload_that_one_node_wrote_for_itself() {
    let (secret, salt) = ("a secret key base of more than twenty bytes", "salt");
    let key = derive(secret.as_bytes(), salt.as_bytes(), &Params::new()).unwrap();
    let key = SigningKey::new(key.secret_bytes()).unwrap();
    let payload = [&[131, 121][..], &[0; 8], &[97, 1]].concat();
    let case = json!({
        "why": "written by a node for itself",
        "secret_key_base": secret,
        "salt": salt,
        "generated_at_ms": 1_767_323_045_000_i64,
        "token": message_verifier::sign(&payload, &key, Digest::Sha256),
        "checks": [{"max_age": "infinity", "result": {"ok": {"integer": "1"}}}],
    });
    let ran = check("payload_layout.json", &[case]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.ends_with(&format!("{TRAILING}: 1 times\nall answers are the same\n")),
        "{ran:?}"
    );
}
