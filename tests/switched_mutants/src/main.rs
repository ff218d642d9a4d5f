//! All mutants that cargo-mutants lists in one program, each behind a switch.
//!
//! `cargo mutants --list --json | switched-mutants OUT [--only FILE] --features F --lib --test=T` reads
//! the list, writes a copy of the package into OUT in which `SWITCHED_MUTANT=N` makes mutant N of it,
//! builds the test programs that the arguments name, and runs for each mutant the tests that come by
//! its place until one fails. What became of each stands in OUT, a file for each outcome.
//! `--only` is a file with names of mutants, where the others need not be tried again.

mod compile;
mod copy;
mod mutant;
mod programs;
mod render;
mod sites;
mod trial;

use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use compile::Compiled;
use copy::Copy;
use mutant::{Id, Mutant};
use programs::Program;
use trial::Verdict;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1).peekable();
    let out = PathBuf::from(args.next().ok_or("where to?")?);
    let only = args.next_if(|arg| arg == "--only").and_then(|_| args.next());
    let only = only.map(|file| fs::read_to_string(file).map(names)).transpose()?;
    let mut list = String::new();
    io::stdin().read_to_string(&mut list)?;
    let mutants = mutant::listed(&list)?;

    // What did not build before need not be tried again, as long as only some are.
    let known = |file| {
        let names = only
            .as_ref()
            .and(fs::read_to_string(out.join(file)).ok())
            .map(names)
            .unwrap_or_default();
        mutants.iter().filter(move |mutant| names.contains(&mutant.name)).map(|mutant| mutant.id)
    };
    let mut compiled =
        Compiled::new(known("unviable.txt").collect(), known("unswitched.txt").collect());

    let copy = Copy::make(&out.join("copy"))?;
    let cargo: Vec<String> = args.collect();
    compiled.build(&copy, &mutants, &cargo)?;
    report(&out, &mutants, &compiled, &BTreeMap::new())?;
    let programs = Program::all(&compiled.programs, &copy, &out)?;
    let tried: Vec<_> = mutants
        .iter()
        .filter(|mutant| {
            !compiled.unviable.contains(&mutant.id) && !compiled.unswitched.contains(&mutant.id)
        })
        .filter(|mutant| only.as_ref().is_none_or(|only| only.contains(&mutant.name)))
        .map(|mutant| (mutant, compiled.site_of(mutant.id)))
        .collect();
    let verdicts = trial::all(&tried, &programs, &copy)?;
    report(&out, &mutants, &compiled, &verdicts)
}

fn names(text: String) -> BTreeSet<String> {
    text.lines().map(str::to_owned).collect()
}

fn report(
    out: &Path,
    mutants: &[Mutant],
    compiled: &Compiled,
    verdicts: &BTreeMap<Id, Verdict>,
) -> Result<()> {
    let write = |file: &str, has: &dyn Fn(Id) -> bool| {
        let names = mutants
            .iter()
            .filter(|mutant| has(mutant.id))
            .map(|mutant| format!("{}\n", mutant.name));
        fs::write(out.join(file), names.collect::<String>())
    };
    let is = |id: Id, among: &[Verdict]| {
        verdicts.get(&id).is_some_and(|verdict| among.contains(verdict))
    };
    write("unviable.txt", &|id| compiled.unviable.contains(&id))?;
    write("unswitched.txt", &|id| compiled.unswitched.contains(&id))?;
    write("caught.txt", &|id| is(id, &[Verdict::Caught, Verdict::Forever]))?;
    write("forever.txt", &|id| is(id, &[Verdict::Forever]))?;
    write("missed.txt", &|id| is(id, &[Verdict::Missed, Verdict::Unreached]))?;
    write("unreached.txt", &|id| is(id, &[Verdict::Unreached]))?;
    Ok(())
}
