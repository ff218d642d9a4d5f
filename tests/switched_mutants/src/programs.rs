//! The test programs, and what each of their tests comes by.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{Result, copy::Copy, mutant::Id, trial};

/// What a mutant may take of memory, which one that runs forever would fill.
const MEMORY: &str = "--as=8000000000";

/// How long a test may take to be of use here.
const PATIENCE: Duration = Duration::from_secs(100);

pub struct Program {
    pub name: String,
    pub path: PathBuf,
    pub tests: Vec<Test>,
}

pub struct Test {
    pub name: String,
    pub time: Duration,
    pub sites: BTreeSet<Id>,
}

#[derive(Debug, PartialEq)]
pub enum Ended {
    Well,
    Failed,
    Never,
}

impl Program {
    pub fn all(built: &[(String, PathBuf)], copy: &Copy, out: &Path) -> Result<Vec<Self>> {
        let mut programs = Vec::new();
        let mut listed = Vec::new();
        for (index, (name, path)) in built.iter().enumerate() {
            let mut list = Command::new(path);
            list.args(["--list", "--format=terse"]).current_dir(&copy.root);
            for line in String::from_utf8(list.output()?.stdout)?.lines() {
                listed.extend(line.strip_suffix(": test").map(|test| (index, test.to_owned())));
            }
            programs.push(Self { name: name.clone(), path: path.clone(), tests: Vec::new() });
        }
        eprintln!("what {} tests come by", listed.len());
        let tests =
            trial::in_parallel(&listed, |(index, name)| programs[*index].observe(name, copy, out));
        for ((index, _), test) in listed.iter().zip(tests) {
            programs[*index].tests.extend(test?);
        }
        Ok(programs)
    }

    /// A test that fails where nothing is changed is told, and not used.
    fn observe(&self, name: &str, copy: &Copy, out: &Path) -> Result<Option<Test>> {
        let notes = out.join(format!("notes-{:?}", std::thread::current().id()));
        fs::write(&notes, "")?;
        let started = Instant::now();
        let mut ended = self.run(&[name], "note", Some(&notes), PATIENCE, copy)?;
        let text = fs::read_to_string(&notes)?;
        let sites = text.lines().map(str::parse).collect::<std::result::Result<_, _>>()?;
        fs::remove_file(notes)?;
        if ended != Ended::Well {
            // It may be one that counts allocations, or looks at files.
            ended = self.run(&[name], "0", None, PATIENCE, copy)?;
        }
        if ended != Ended::Well {
            eprintln!("{} {name} {ended:?} without a mutant", self.name);
            return Ok(None);
        }
        Ok(Some(Test { name: name.to_owned(), time: started.elapsed(), sites }))
    }

    pub fn run(
        &self,
        tests: &[&str],
        switch: &str,
        notes: Option<&Path>,
        limit: Duration,
        copy: &Copy,
    ) -> Result<Ended> {
        let mut command = Command::new("timeout"); // ends what the test has started too
        command.args([
            "-s",
            "KILL",
            &limit.as_secs_f32().to_string(),
            "prlimit",
            MEMORY,
            "--core=0",
        ]);
        command.arg(&self.path).arg("--exact").args(tests).current_dir(&copy.root);
        command.env("CARGO_MANIFEST_DIR", &copy.root).env("SWITCHED_MUTANT", switch);
        command.envs(notes.map(|notes| ("SWITCHED_NOTES", notes)));
        let started = Instant::now();
        let status =
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        Ok(match status.success() {
            true => Ended::Well,
            false if started.elapsed() < limit => Ended::Failed,
            false => Ended::Never,
        })
    }
}
