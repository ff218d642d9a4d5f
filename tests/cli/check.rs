//! `check`, on the repository's own answers and on changed ones.

use std::{fs, path::Path, process::Command};

use super::{command, finish, folder, vectors};

fn check(folder: &Path) -> super::Ran {
    finish(command().arg("check").arg(folder))
}

#[test]
fn the_answers_of_the_real_libraries_are_the_same() {
    let ran = check(vectors().parent().unwrap());
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    // Also how much there was to refuse, and how alike it is where it may differ.
    assert_eq!(ran.out, include_str!("check.txt"));
}

#[test]
fn a_changed_answer_is_named() {
    let folder = folder();
    for (name, from, to) in [
        ("message_verifier.json", "\"error\"", "{\"ok\":\"00\"}"),
        ("key_derivation.json", "\"key\":\"", "\"key\":\"00"),
    ] {
        let text = fs::read_to_string(vectors().join(name)).unwrap().replace(": ", ":");
        let at = text.match_indices(from).nth(3).unwrap().0;
        let changed = format!("{}{}", &text[..at], text[at..].replacen(from, to, 1));
        fs::write(folder.join(name), changed).unwrap();
        let ran = check(&folder);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert_eq!(ran.err, "phoenix-token: the backend and this program do not agree\n");
        let told = ran.out.split("these answers differ:\n").nth(1).unwrap();
        assert!(told.starts_with(&format!("{name}\n  case ")), "{told}");
        assert_eq!(told.lines().count(), 2, "{told}");
        fs::remove_file(folder.join(name)).unwrap();
    }
}

#[test]
fn a_folder_without_answers_is_an_error_of_usage() {
    let folder = folder();
    let name = folder.display();
    check(&folder).says(2, &format!("DIR: {name}: no vectors"));
    fs::write(folder.join("jwt.json"), "{}").unwrap();
    check(&folder).says(2, &format!("DIR: {name}/jwt.json: unknown file"));
    fs::remove_file(folder.join("jwt.json")).unwrap();
    let ran = check(&folder.join("none"));
    assert!(ran.code == Some(2) && ran.err.contains("No such file"), "{ran:?}");
}

#[test]
fn the_script_that_makes_answers_is_printed_as_it_stands_in_the_repository() {
    let printed = finish(command().args(["check", "--script"]));
    assert_eq!((printed.code, printed.err.as_str()), (Some(0), ""));
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let whole = fs::read_to_string(vectors.join("generate.exs")).unwrap();
    assert!(printed.out.ends_with(&whole));
    let mut left = printed.out.len() - whole.len();
    for part in fs::read_dir(vectors.join("generate")).unwrap() {
        let part = fs::read_to_string(part.unwrap().path()).unwrap();
        assert!(printed.out.contains(&part));
        left -= part.len();
    }
    assert_eq!(left, "if Code.ensure_loaded?(Plug.Conn) do\nend\n".len(), "and nothing else");
    let ran = finish(command().args(["check", "--script", "answers"]));
    assert_eq!(ran.code, Some(2), "{ran:?}");
}

/// As far as it goes without the libraries of a project: all its modules are compiled before it asks
/// for a folder.
#[test]
fn the_script_is_run_by_a_real_elixir() {
    let script = folder().join("generate.exs");
    let printed = finish(command().args(["check", "--script"])).out;
    fs::write(&script, &printed).unwrap();
    match Command::new("elixir").arg(&script).current_dir(script.parent().unwrap()).output() {
        Ok(ran) => {
            let said = String::from_utf8_lossy(&ran.stderr);
            assert!(said.contains("(RuntimeError) mix run generate.exs OUT [SEED]"), "{said}");
        }
        Err(why) => {
            let required = std::env::var("PHOENIX_TOKEN_REQUIRE_OTP").is_ok_and(|set| set == "1");
            assert!(!required, "PHOENIX_TOKEN_REQUIRE_OTP is set, but {why}");
            eprintln!("skipped: no Elixir to ask ({why})");
        }
    }
}
