//! Data in JSON and in Elixir's literals.

use phoenix_token::term::Term;
use proptest::{collection::vec, prelude::*};

use super::{run, run_with, terms};

#[path = "../../src/bin/phoenix-token/json.rs"]
mod json;
#[path = "../../src/bin/phoenix-token/terminal.rs"]
#[allow(dead_code, reason = "shared with the command")]
mod terminal;

/// Data in, and shown again in each format.
fn shown(option: &str, data: &str) -> [String; 2] {
    let token = run(&["sign", "--salt", "s", option, data]);
    ["elixir", "json"].map(|format| {
        run(&["verify", "--salt", "s", "--format", format, token.line()]).line().to_owned()
    })
}

proptest! {
    #[test]
    fn every_term_is_json_on_one_line(term in terms::term()) {
        let text = json::text(&term);
        prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok(), "{}", text);
        prop_assert!(!text.chars().any(char::is_control), "{}", text);
    }

    #[test]
    fn what_json_has_a_word_for_is_read_as_it_was(term in plain()) {
        let text = json::text(&term);
        prop_assert_eq!(json::parse(&text), Ok(term), "{}", text);
    }
}

/// Terms of the kinds that JSON has.
fn plain() -> impl Strategy<Value = Term> {
    let scalar = prop_oneof![
        Just(Term::NIL),
        any::<bool>().prop_map(Term::from),
        any::<i64>().prop_map(Term::from),
        any::<u64>().prop_map(Term::from),
        terms::float(),
        ".{0,12}".prop_map(Term::from),
    ];
    scalar.prop_recursive(4, 48, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Term::list),
            vec((".{0,8}".prop_map(Term::from), inner), 0..6).prop_map(Term::map),
        ]
    })
}

#[test]
fn json_in_becomes_strings_and_nil() {
    let [elixir, json] = shown("--data", r#"{"a": [1, -2.5, true, null, "é\"\n"], "b": {}}"#);
    assert_eq!(elixir, r#"%{"a" => [1, -2.5, true, nil, "é\"\n"], "b" => %{}}"#);
    assert_eq!(json, r#"{"a":[1,-2.5,true,null,"é\"\n"],"b":{}}"#);
}

#[test]
fn what_json_has_no_word_for_is_shown_as_elixirs_text() {
    for (literal, json) in [
        ("%{user_id: 1}", r#"{"user_id":1}"#),
        (":admin", r#"":admin""#),
        ("{:ok, \"x\"}", r#""{:ok, \"x\"}""#),
        ("[1, {2}, <<255>>, <<1::size(4)>>]", r#"[1,"{2}","<<255>>","<<1::size(4)>>"]"#),
        ("[1 | 2]", r#""[1 | 2]""#),
        ("[a: 1]", r#"["{:a, 1}"]"#),
        (r#"%{:a => 1, "b" => 2}"#, r#""%{:a => 1, \"b\" => 2}""#),
        ("%{1 => 2}", r#""%{1 => 2}""#),
        ("%User{id: 1}", r#""%User{id: 1}""#),
        ("~D[2020-01-02]", r#""~D[2020-01-02]""#),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("%{a: %{b: [nil, true, []]}}", r#"{"a":{"b":[null,true,[]]}}"#),
        ("1.0e22", "1.0e22"),
    ] {
        let [elixir, shown] = shown("--elixir", literal);
        assert_eq!(shown, json, "{literal}");
        assert_eq!(elixir, literal);
        serde_json::from_str::<serde_json::Value>(&shown).unwrap();
    }
}

#[test]
fn an_integer_that_json_readers_round_is_refused() {
    for (json, is_taken) in [
        ("18446744073709551615", true),
        ("-9223372036854775808", true),
        ("18446744073709551616", false),
        (r#"{"a": [-9223372036854775809]}"#, false),
        ("123456789012345678901.0", true),
        (r#""18446744073709551616""#, true),
        (r#"["\\", "\"18446744073709551616", 1]"#, true),
        (r#"["\\", 18446744073709551616]"#, false),
    ] {
        let ran = run(&["sign", "--salt", "s", "--data", json]);
        assert_eq!(ran.code == Some(0), is_taken, "{json} {ran:?}");
        if !is_taken {
            ran.says(2, "--data: an integer beyond 64 bits; give it with --elixir");
        }
    }
}

/// As Jason reads it; serde_json makes a float of it.
#[test]
fn zero_with_a_sign_is_an_integer() {
    for (json, elixir) in [
        ("-0", "0"),
        (" -0\n", "0"),
        (
            r#"{"-0": [-0, -0.0, -0e1, -1,-0], "\"-0\\": -0}"#,
            r#"%{"\"-0\\" => 0, "-0" => [0, -0.0, -0.0, -1, 0]}"#,
        ),
        (r#"["é-0", "\\", -0, "-0"]"#, r#"["é-0", "\\", 0, "-0"]"#),
    ] {
        assert_eq!(shown("--data", json)[0], elixir, "{json}");
    }
    for wrong in ["-00", "--0", "1-0", "[1 -0]", "- 0", "true-0", "-", "[-0"] {
        let ran = run(&["sign", "--salt", "s", "--data", wrong]);
        assert!(ran.code == Some(2) && ran.err.contains("--data: no JSON: "), "{wrong} {ran:?}");
    }
    let ran = run(&["sign", "--salt", "s", "--data", "[-0, x]"]);
    ran.says(2, "--data: no JSON: expected value at line 1 column 6");
}

#[test]
fn data_may_come_from_standard_input() {
    for (option, data, shown) in [
        ("--data", "{\"a\":\n1}\n", r#"%{"a" => 1}"#),
        ("--elixir", "# what\n%{\na: 1}\n", "%{a: 1}"),
    ] {
        let token = run_with(data, &["sign", "--salt", "s", option, "-"]);
        assert_eq!(run(&["verify", "--salt", "s", token.line()]).line(), shown);
    }
}

#[test]
fn data_that_cannot_be_read_is_told_by_place_and_argument() {
    let sign = |option, data| run(&["sign", "--salt", "s", option, data]);
    sign("--elixir", "%{a: }").says(2, "--elixir: line 1, column 6: expected a term, found '}'");
    sign("--data", "{").says(2, "--data: no JSON: EOF while parsing an object at line 1 column 1");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for option in ["--elixir", "--data"] {
        let ran = run_with(&deep, &["sign", "--salt", "s", option, "-"]);
        assert_eq!(ran.code, Some(2), "{ran:?}");
    }
}
