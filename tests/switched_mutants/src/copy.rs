//! The copy of the package that is changed in place of it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Result;

pub struct Copy {
    pub root: PathBuf,
}

impl Copy {
    /// Of all that git would commit.
    pub fn make(root: &Path) -> Result<Self> {
        let copy = Self { root: root.to_owned() };
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .output()?;
        for name in String::from_utf8(listed.stdout)?.split_terminator('\0') {
            let Ok(bytes) = fs::read(name) else { continue }; // deleted, or a folder
            match String::from_utf8(bytes) {
                Ok(text) if name.starts_with("tests/") => {
                    let text = keeping_the_switch(text);
                    let switch = if is_program(name) { include_str!("switch.rs") } else { "" };
                    copy.write(name, text + switch)?
                }
                Ok(text) => copy.write(name, text)?,
                Err(binary) => copy.write(name, binary.into_bytes())?,
            }
        }
        Ok(copy)
    }

    /// Cargo builds again what was written, so what is there already is left alone.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> Result<()> {
        let path = self.root.join(name);
        if fs::read(&path).is_ok_and(|there| there == contents.as_ref()) {
            return Ok(());
        }
        self.put(name, contents)
    }

    /// Writes it even so: Cargo takes two copies of a package for one, and what it built of the other
    /// for fresh.
    pub fn put(&self, name: &str, contents: impl AsRef<[u8]>) -> Result<()> {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().ok_or("no folder")?)?;
        Ok(fs::write(path, contents)?)
    }
}

/// Whether it is the first file of a test program, some of which take in files of the command by
/// their path.
fn is_program(name: &str) -> bool {
    match name.split('/').collect::<Vec<_>>()[..] {
        ["tests", file] => file.ends_with(".rs"),
        ["tests", folder, file] => folder != "switched_mutants" && file == "main.rs",
        _ => false,
    }
}

/// A command that a test starts has the test's switch, even where it has nothing else of it.
fn keeping_the_switch(test: String) -> String {
    let switch = ".envs(std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with(\"SWITCHED_\")))";
    test.replace(".env_clear()", &format!(".env_clear(){switch}"))
}
