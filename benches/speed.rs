//! `cargo bench`: measures this crate beside its floors and its peers, and prints one table.
//!
//! The peers bring more than two hundred crates. They are dependencies of a package of their own,
//! `benches/table`, so that neither the tests nor the features of this crate see them. It is built
//! and run twice: as it is, and with the feature `ring`.

use std::{env, path::Path, process::Command};

fn main() {
    let table = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/table/Cargo.toml");
    let arguments: Vec<_> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    for features in [&[][..], &["--features", "ring"]] {
        let status = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--release", "--manifest-path"])
            .arg(&table)
            .args(features)
            .arg("--")
            .args(&arguments)
            .status();
        assert!(status.is_ok_and(|status| status.success()), "benches/table failed");
    }
}
