//! Each mutant with the tests that come by its place, the quickest first.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::{
    Result,
    copy::Copy,
    mutant::{Id, Mutant},
    programs::{Ended, Program, Test},
};

const PROCESSES: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    Caught,
    /// Caught by the time it took.
    Forever,
    Missed,
    /// No test comes by its place.
    Unreached,
}

/// Of each mutant and its site.
pub fn all(
    mutants: &[(&Mutant, Id)],
    programs: &[Program],
    copy: &Copy,
) -> Result<BTreeMap<Id, Verdict>> {
    let done = AtomicUsize::new(0);
    let verdicts = in_parallel(mutants, |(mutant, site)| {
        let verdict = verdict(mutant.id, *site, programs, copy)?;
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if verdict != Verdict::Caught || done.is_multiple_of(100) {
            eprintln!("{done} of {}: {verdict:?} {}", mutants.len(), mutant.name);
        }
        Ok((mutant.id, verdict))
    });
    verdicts.into_iter().collect()
}

fn verdict(mutant: Id, site: Id, programs: &[Program], copy: &Copy) -> Result<Verdict> {
    let mut tests: Vec<(&Program, &Test)> = programs
        .iter()
        .flat_map(|program| program.tests.iter().map(move |test| (program, test)))
        .filter(|(_, test)| test.sites.contains(&site))
        .collect();
    if tests.is_empty() {
        return Ok(Verdict::Unreached);
    }
    tests.sort_by_key(|(_, test)| test.time);
    // A few at first, since one of them mostly is enough; then twice as many each time.
    let mut budget = Duration::from_millis(50);
    while !tests.is_empty() {
        let mut time = Duration::ZERO;
        let size = tests.iter().take_while(|(_, test)| {
            let fits = time < budget;
            time += test.time;
            fits
        });
        let batch: Vec<_> = tests.drain(..size.count()).collect();
        for program in programs {
            let names: Vec<&str> = batch
                .iter()
                .filter(|(of, _)| of.path == program.path)
                .map(|(_, test)| test.name.as_str())
                .collect();
            if names.is_empty() {
                continue;
            }
            let limit = Duration::from_secs(15) + time * 8;
            match program.run(&names, &mutant.to_string(), None, limit, copy)? {
                Ended::Well => {}
                Ended::Failed => return Ok(Verdict::Caught),
                Ended::Never => return Ok(Verdict::Forever),
            }
        }
        budget *= 2;
    }
    Ok(Verdict::Missed)
}

/// The answers in the order of the items.
pub fn in_parallel<I: Sync, O: Send>(items: &[I], work: impl Fn(&I) -> O + Sync) -> Vec<O> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..PROCESSES {
            scope.spawn(|| {
                while let index = next.fetch_add(1, Ordering::Relaxed)
                    && let Some(item) = items.get(index)
                {
                    let answer = work(item);
                    answers.lock().unwrap().insert(index, answer);
                }
            });
        }
    });
    answers.into_inner().unwrap().into_values().collect()
}
