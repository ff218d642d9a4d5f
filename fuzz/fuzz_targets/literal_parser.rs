//! Any text as a literal of Elixir's: what is read is written so that it is read again.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../src/bin/phoenix-token/literal/mod.rs"]
mod literal;

fuzz_target!(|text: &str| {
    match literal::parse(text) {
        Ok(term) => {
            let written = term.to_string();
            // `:%` names a struct and a map's beginning alike where nothing is in between.
            if !written.contains("%:%{}") {
                assert_eq!(literal::parse(&written).as_ref(), Ok(&term), "{written}");
            }
        }
        Err(error) => assert!(error.to_string().starts_with("line "), "{error}"),
    }
});
