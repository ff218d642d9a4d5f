//! Finds the files, runs them on every core, and tells what was run.

use std::{
    collections::BTreeMap,
    fs,
    panic::resume_unwind,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use super::report::Report;

/// Runs a file of a known name: JSON text in, an error where the file itself is not as the format
/// says.
pub(crate) type Entry = fn(&str, &mut Report) -> Result<(), String>;

struct Job {
    path: PathBuf,
    entry: Entry,
}

/// A line for each file, each wanted difference and each disagreement of releases; and all failures.
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) told: String,
    pub(crate) failures: String,
    /// Why nothing was run.
    pub(crate) unreadable: Option<String>,
}

/// Runs the files in `folder`, or those in each folder of it.
pub(crate) fn run(folder: &Path, known: &[(&str, Entry)]) -> Outcome {
    let jobs = match find(folder, known) {
        Ok(jobs) => jobs,
        Err(unreadable) => return Outcome { unreadable: Some(unreadable), ..Outcome::default() },
    };
    let queue = Mutex::new(jobs.iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || std::iter::from_fn(next).map(|job| (job.path.clone(), run_job(job))).collect();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let done = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let done = workers.into_iter().flat_map(|worker| {
            let done: Vec<_> = worker.join().unwrap_or_else(|panic| resume_unwind(panic));
            done
        });
        done.collect()
    });
    tell(folder, &done)
}

fn run_job(job: &Job) -> Report {
    let mut report = Report::default();
    let text = fs::read_to_string(&job.path).map_err(|error| error.to_string());
    match text.and_then(|text| (job.entry)(&text, &mut report)) {
        Ok(()) if report.cases == 0 => report.fail("no cases"),
        Ok(()) => {}
        Err(unreadable) => report.fail(&unreadable),
    }
    report
}

fn find(folder: &Path, known: &[(&str, Entry)]) -> Result<Vec<Job>, String> {
    let mut folders: Vec<_> = entries(folder)?.into_iter().filter(|path| path.is_dir()).collect();
    folders.push(folder.to_path_buf());
    let mut jobs = Vec::new();
    for folder in folders {
        for path in entries(&folder)? {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let name = path.file_name().unwrap_or_default();
            let entry = known.iter().find(|(known, _)| name == *known);
            let (_, entry) = entry.ok_or_else(|| format!("{}: unknown file", path.display()))?;
            jobs.push(Job { path, entry: *entry });
        }
    }
    if jobs.is_empty() { Err(format!("{}: no vectors", folder.display())) } else { Ok(jobs) }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| format!("{}: {error}", folder.display());
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect()
}

fn tell(folder: &Path, done: &BTreeMap<PathBuf, Report>) -> Outcome {
    let mut told = Vec::new();
    let mut failures = Vec::new();
    let mut all = Report::default();
    for (path, report) in done {
        let name = path.strip_prefix(folder).unwrap_or(path).display();
        told.push(format!("{name}: {report}"));
        all.add(report);
        if let Some(told) = report.failures() {
            failures.push(format!("{name}\n  {told}"));
        }
    }
    told.push(format!("all files: {all}"));
    for (difference, count) in &all.differences {
        told.push(format!("wanted difference {difference}: {count} times"));
    }
    for (name, count) in &all.oddities {
        told.push(format!("taken by OTP, never written, and refused here: {name}: {count} times"));
    }
    Outcome { told: told.join("\n"), failures: failures.join("\n"), unreadable: None }
}
