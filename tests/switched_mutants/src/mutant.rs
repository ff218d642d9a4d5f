//! What `cargo mutants --list --json` says.

use serde_json::Value;

use crate::Result;

/// Its number in the list, from 1 on.
pub type Id = u32;

pub struct Mutant {
    pub id: Id,
    pub name: String,
    pub file: String,
    pub genre: String,
    pub replacement: String,
    /// Line and column of what is replaced, both from 1 on.
    pub start: (usize, usize),
}

pub fn listed(json: &str) -> Result<Vec<Mutant>> {
    let list: Vec<Value> = serde_json::from_str(json)?;
    let mutants = list.iter().zip(1..).map(|(value, id)| {
        let text = |key: &str| value[key].as_str().map(str::to_owned);
        let number = |key: &str| value["span"]["start"][key].as_u64().map(|number| number as usize);
        Some(Mutant {
            id,
            name: text("name")?,
            file: text("file")?,
            genre: text("genre")?,
            replacement: text("replacement")?,
            start: (number("line")?, number("column")?),
        })
    });
    mutants.collect::<Option<_>>().ok_or("this is not the list of cargo-mutants 27".into())
}
