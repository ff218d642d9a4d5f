//! Builds the copy without the mutants that cannot be built.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    Result,
    copy::Copy,
    mutant::{Id, Mutant},
    render::{self, Place, Rendered},
    sites::{self, Site},
};

/// Errors that the switch may make and not the mutant: of constants, of lifetimes, of types that are
/// not known, of arms that are missing.
const OF_THE_SWITCH: [&str; 16] = [
    "", "E0004", "E0015", "E0282", "E0283", "E0373", "E0381", "E0382", "E0499", "E0502", "E0505",
    "E0506", "E0507", "E0515", "E0597", "E0716",
];

pub struct Compiled {
    pub unviable: BTreeSet<Id>,
    pub unswitched: BTreeSet<Id>,
    /// The test programs, by a name for people.
    pub programs: Vec<(String, PathBuf)>,
    sites: BTreeMap<Id, Id>,
}

impl Compiled {
    pub fn new(unviable: BTreeSet<Id>, unswitched: BTreeSet<Id>) -> Self {
        Self { unviable, unswitched, programs: Vec::new(), sites: BTreeMap::new() }
    }

    pub fn site_of(&self, mutant: Id) -> Id {
        self.sites.get(&mutant).copied().unwrap_or(mutant)
    }

    pub fn build(&mut self, copy: &Copy, mutants: &[Mutant], cargo: &[String]) -> Result<()> {
        let mut files: BTreeMap<&str, (String, Vec<Site>)> = BTreeMap::new();
        for mutant in mutants {
            if !files.contains_key(mutant.file.as_str()) {
                let text = std::fs::read_to_string(&mutant.file)?;
                let found =
                    sites::find(&text, mutants.iter().filter(|other| other.file == mutant.file))?;
                files.insert(&mutant.file, (text, found));
            }
        }
        let found = || files.values().flat_map(|(_, sites)| sites);
        let switched: BTreeSet<Id> =
            found().flat_map(|site| &site.mutants).map(|(id, _)| *id).collect();
        self.unswitched
            .extend(mutants.iter().map(|mutant| mutant.id).filter(|id| !switched.contains(id)));
        loop {
            let dropped = &self.unviable | &self.unswitched;
            let rendered: BTreeMap<_, _> = files
                .iter()
                .map(|(name, (text, sites))| (*name, render::file(text, sites, &dropped)))
                .collect();
            write(copy, &rendered)?;
            let errors = self.cargo(copy, cargo)?;
            if errors.is_empty() {
                self.sites = found()
                    .flat_map(|site| {
                        let mut left = site
                            .mutants
                            .iter()
                            .map(|(id, _)| *id)
                            .filter(|id| !dropped.contains(id));
                        let first = left.next();
                        first.into_iter().chain(left).filter_map(move |id| Some((id, first?)))
                    })
                    .collect();
                return Ok(());
            }
            for error in &errors {
                self.drop_mutants(error, &rendered);
            }
            if dropped == &self.unviable | &self.unswitched {
                let shown: Vec<_> =
                    errors.iter().filter_map(|error| error["rendered"].as_str()).collect();
                return Err(format!("no mutant is to blame for\n{}", shown.join("\n")).into());
            }
            eprintln!(
                "without {} that do not build and {} that cannot be switched",
                self.unviable.len(),
                self.unswitched.len()
            );
        }
    }

    /// Takes the mutants away that an error of the compiler is about.
    fn drop_mutants(&mut self, error: &Value, files: &BTreeMap<&str, Rendered>) {
        let code = error["code"]["code"].as_str().unwrap_or("");
        let mut spans: Vec<_> = error["spans"].as_array().into_iter().flatten().collect();
        spans.sort_by_key(|span| span["is_primary"] != true);
        for span in spans {
            let Some(file) = span["file_name"].as_str().and_then(|name| files.get(name)) else {
                continue;
            };
            let byte = |key: &str| span[key].as_u64().unwrap_or(0) as usize;
            let at = byte("byte_start")..byte("byte_end");
            let blamed = blamed(file, &at);
            if blamed.is_empty() {
                continue;
            }
            for place in blamed {
                match place {
                    Place::Mutant(id) if !OF_THE_SWITCH.contains(&code) => self.unviable.insert(id),
                    Place::Mutant(id) => self.unswitched.insert(id),
                    Place::Site(ids) => {
                        self.unswitched.extend(ids);
                        true
                    }
                };
            }
            return;
        }
    }

    /// The errors, or the programs.
    fn cargo(&mut self, copy: &Copy, args: &[String]) -> Result<Vec<Value>> {
        let output = Command::new("cargo")
            .args(["test", "--no-run", "--profile=mutants", "--message-format=json"])
            .args(args)
            .current_dir(&copy.root)
            // One build and thousands of runs: worth to be optimised as far as the tests expect.
            .env("CARGO_PROFILE_MUTANTS_OPT_LEVEL", "1")
            .stderr(Stdio::inherit())
            .output()?;
        let messages: Vec<Value> = output
            .stdout
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect();
        if output.status.success() {
            let artifacts = messages.iter().filter(|message| message["profile"]["test"] == true);
            self.programs = artifacts
                .filter_map(|artifact| {
                    let name = format!(
                        "{} {}",
                        artifact["target"]["kind"][0].as_str()?,
                        artifact["target"]["name"].as_str()?
                    );
                    Some((name, PathBuf::from(artifact["executable"].as_str()?)))
                })
                .collect();
            return Ok(Vec::new());
        }
        let errors = messages
            .iter()
            .map(|message| &message["message"])
            .filter(|message| message["level"] == "error");
        let errors: Vec<_> = errors
            .filter(|error| error["spans"].as_array().is_some_and(|spans| !spans.is_empty()))
            .cloned()
            .collect();
        if errors.is_empty() { Err("cargo failed".into()) } else { Ok(errors) }
    }
}

/// The innermost place around the error, or else all inside it.
fn blamed(file: &Rendered, at: &Range<usize>) -> Vec<Place> {
    let around =
        file.places.iter().filter(|(range, _)| range.start <= at.start && at.end <= range.end);
    match around.min_by_key(|(range, _)| range.len()) {
        Some((_, place)) => vec![place.clone()],
        None => {
            let inside = file
                .places
                .iter()
                .filter(|(range, _)| at.start <= range.start && range.end <= at.end);
            inside
                .filter(|(_, place)| matches!(place, Place::Site(_)))
                .map(|(_, place)| place.clone())
                .collect()
        }
    }
}

fn write(copy: &Copy, rendered: &BTreeMap<&str, Rendered>) -> Result<()> {
    const COMMAND: &str = "src/bin/phoenix-token/main.rs";
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for root in ["src/lib.rs", COMMAND] {
        let is_of_command = root == COMMAND;
        if rendered.keys().any(|name| name.starts_with("src/bin/") == is_of_command) {
            texts.insert(root, std::fs::read_to_string(root)?);
        }
    }
    let roots: Vec<_> = texts.keys().copied().collect();
    texts.extend(rendered.iter().map(|(name, file)| (*name, file.text.clone())));
    for (name, mut text) in texts {
        if roots.contains(&name) {
            text.push_str(include_str!("switch.rs"));
            copy.put(name, text)?;
        } else {
            copy.write(name, text)?;
        }
    }
    Ok(())
}
