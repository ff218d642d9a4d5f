//! Finds the files, runs them on every core, and prints what was run.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
};

use crate::common::report::{Report, say};

/// Runs a file of a known name: JSON text in, an error where the file itself is not as the format
/// says.
pub type Entry = fn(&str, &mut Report) -> Result<(), String>;

struct Job {
    path: PathBuf,
    entry: Entry,
}

/// Runs the files in `folder`, or those in each folder of it. The error has all failures.
pub fn run(folder: &Path, known: &[(&str, Entry)]) -> Result<(), String> {
    let jobs = find(folder, known)?;
    let done = Mutex::new(BTreeMap::new());
    let queue = Mutex::new(jobs.iter());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(job) = next else { return };
                    let outcome = run_job(job);
                    done.lock().unwrap().insert(job.path.clone(), outcome);
                }
            });
        }
    });
    let done = done.into_inner().unwrap();
    assert_eq!(done.len(), jobs.len(), "a file was lost");
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

/// Prints a line for each file and each difference; the error has all failures.
fn tell(folder: &Path, done: &BTreeMap<PathBuf, Report>) -> Result<(), String> {
    let mut failures = Vec::new();
    let mut cases = 0;
    let mut tampered = 0;
    let mut differences = BTreeMap::new();
    let mut disagreements = BTreeMap::new();
    for (path, report) in done {
        let name = path.strip_prefix(folder).unwrap_or(path).display();
        say(format_args!("{name}: {report}"));
        cases += report.cases;
        tampered += report.tampered;
        for (difference, count) in &report.differences {
            *differences.entry(difference).or_insert(0) += count;
        }
        for (name, count) in &report.disagreements {
            *disagreements.entry(name).or_insert(0) += count;
        }
        if let Some(told) = report.failures() {
            failures.push(format!("{name}\n  {told}"));
        }
    }
    say(format_args!("all files: {cases} cases, {tampered} tampered variants refused"));
    for (difference, count) in differences {
        say(format_args!("wanted difference {difference}: {count} times"));
    }
    for (name, count) in disagreements {
        say(format_args!("releases of OTP disagree, {name}: {count} times"));
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}
