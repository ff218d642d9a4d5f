//! The tests that README.md beside this file and SECURITY.md name do exist, and the dependencies that
//! README.md and the documentation name are those of Cargo.toml.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::path::Path;

/// Tests of plug_crypto, 40, and of Phoenix.Token, 21.
const UPSTREAM: usize = 61;

/// The failures that SECURITY.md must name.
const FAILURES: [&str; 20] = [
    "CVE-2026-21619",
    "CVE-2026-48853",
    "CVE-2026-25537",
    "CVE-2026-39324",
    "CVE-2025-46336",
    "HS256",
    "`none`",
    "A128GCM",
    "Empty keys",
    "Timing",
    "Decompression",
    "Stack",
    "Non-canonical base64",
    "Negative, zero",
    "NaN",
    "Seconds taken for milliseconds",
    "A cookie replayed",
    "Context confusion",
    "Session fixation",
    "Huge",
];

#[test]
fn each_test_of_upstream_has_a_counterpart_that_exists() {
    let table = include_str!("README.md");
    let (_, table) = table.split_once("## Counterparts").unwrap();
    let rows: Vec<_> = rows(table).collect();
    assert_eq!(rows.len(), UPSTREAM);
    for row in rows {
        assert!(named_tests(row) > 0, "no test: {row}");
    }
}

#[test]
fn each_known_failure_has_a_test_that_exists() {
    let (_, table) = include_str!("../SECURITY.md").split_once("## Known failures").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap_or((table, ""));
    for row in rows(table) {
        assert!(named_tests(row) > 0, "no test: {row}");
    }
    for failure in FAILURES {
        assert!(rows(table).any(|row| row.contains(failure)), "no row: {failure}");
    }
}

#[test]
#[should_panic(expected = "has no test no_such_test")]
fn a_test_that_does_not_exist_is_noticed() {
    named_tests("| upstream | `tests/tables.rs: no_such_test` |");
}

#[test]
fn the_dependencies_that_users_are_to_name_have_the_versions_of_this_crate() {
    let own = include_str!("../Cargo.toml");
    for (place, text, names) in [
        ("README.md", include_str!("../README.md"), &["axum", "sqlx", "tokio"][..]),
        ("src/store.rs", include_str!("../src/store.rs"), &["sqlx", "tokio"]),
        (
            "src/guide/beside_phoenix.md",
            include_str!("../src/guide/beside_phoenix.md"),
            &["axum", "sqlx", "tokio"],
        ),
    ] {
        let named: Vec<_> =
            dependencies(text).filter(|(name, _)| *name != "phoenix-token").collect();
        assert_eq!(named.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names, "{place}");
        for (name, value) in named {
            let (_, ours) = dependencies_of(own).find(|(own, _)| *own == name).unwrap();
            assert_eq!(version(value), version(ours), "{place}: {name}");
        }
        for (_, value) in dependencies(text).filter(|(name, _)| *name == "phoenix-token") {
            for feature in value.split_once("features = [").map_or("", |(_, it)| it).split('"') {
                let is_name =
                    feature.bytes().all(|c| c.is_ascii_lowercase()) && !feature.is_empty();
                assert!(
                    !is_name || own.contains(&format!("\n{feature} = [")),
                    "{place}: {feature}"
                );
            }
        }
    }
}

/// What stands in blocks of TOML, in a comment or not.
fn dependencies(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("```toml\n").skip(1).filter_map(|it| it.split_once("```")).flat_map(|(block, _)| {
        block.lines().filter_map(|line| line.trim_start_matches("//! ").split_once(" = "))
    })
}

fn dependencies_of(manifest: &str) -> impl Iterator<Item = (&str, &str)> {
    let (_, table) = manifest.split_once("\n[dependencies]\n").unwrap();
    table.lines().filter_map(|line| line.split_once(" = "))
}

/// Of `"1.2"` or `{ version = "1.2", … }`.
fn version(value: &str) -> &str {
    let text = value.split_once("version = ").map_or(value, |(_, text)| text);
    text.split('"').nth(1).unwrap()
}

/// The rows below the heads of all tables.
fn rows(text: &str) -> impl Iterator<Item = &str> {
    let is_row = |line: &&str| line.starts_with("| ") && !line.starts_with("| ---");
    let lines: Vec<_> = text.lines().collect();
    let heads =
        lines.windows(2).filter(|pair| pair.last().is_some_and(|line| line.starts_with("| ---")));
    let heads: Vec<_> = heads.filter_map(|pair| pair.first().copied()).collect();
    lines.into_iter().filter(is_row).filter(move |line| !heads.contains(line))
}

/// How many tests the row names, as "`file: name`"; panics where one does not exist.
fn named_tests(row: &str) -> usize {
    let spans = row.split('`').skip(1).step_by(2);
    let tests = spans.filter_map(|span| span.split_once(".rs: "));
    tests.map(|(file, name)| must_exist(&format!("{file}.rs"), name)).count()
}

fn must_exist(file: &str, name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    // Tests of the store run on every database that a list at the end of their file names.
    if text.contains(&format!("async fn {name}<P: Place>(")) {
        assert!(text.contains(&format!("    {name}\n")), "{file}: {name} is in no list");
        return;
    }
    let found = text.split_once(&format!("fn {name}("));
    let (before, _) = found.unwrap_or_else(|| panic!("{file} has no test {name}"));
    // Its attributes stand right above, with nothing that ends an item in between.
    let attributes = before.rsplit(['}', ';']).next().unwrap_or_default();
    let is_test = ["#[test]", "#[tokio::test", "fuzz_target!"];
    assert!(is_test.iter().any(|mark| attributes.contains(mark)), "{file}: {name} is no test");
}
