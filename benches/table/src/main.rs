//! Measures phoenix-token beside its floors and its peers, and prints one table, and at the end which
//! targets were met.
//!
//! `cargo bench` in the crate's folder runs this; `cargo bench -- verify` the operations that have
//! `verify` in their name. With `--criterion` criterion measures this crate's own operations too,
//! and tells how they changed since the last time.

mod data;
mod floors;
mod measure;
mod operations;
mod otp;
mod peers;
mod targets;

use std::time::Duration;

use measure::{Case, Kind, Measured};

/// Whether what is measured uses `ring`.
const RING: bool = cfg!(feature = "ring");

fn main() {
    let (options, filters): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|argument| argument.starts_with("--"));
    let wanted = |name: &str| filters.is_empty() || filters.iter().any(|part| name.contains(part));
    let otp = otp::Otp::start();
    let operations = operations::all(&otp)
        .into_iter()
        .filter(|operation| wanted(operation.name) && (!RING || operation.uses_cipher));
    let mut table = Vec::new();
    for operation in operations {
        eprintln!("{}", operation.name);
        let mut cases = (operation.cases)();
        if options.iter().any(|option| option == "--criterion") {
            criterion(operation.name, &mut cases);
        }
        table.push((operation.name, measure::measure(&mut cases)));
    }
    if table.is_empty() {
        return;
    }
    print(&table);
    summarize(&table);
    targets::print(&table);
}

/// What changed since the last run, of this crate's operations.
fn criterion(name: &str, cases: &mut [Case<'_>]) {
    let mut criterion = criterion::Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_millis(800))
        .sample_size(30);
    for case in cases.iter_mut().filter(|case| case.kind == Kind::Ours) {
        criterion.bench_function(&format!("{name}/{}", case.name), |bencher| {
            bencher.iter_custom(|runs| {
                Duration::from_secs_f64((case.sample)(runs as usize) * runs as f64 / 1e9)
            });
        });
    }
}

fn print(table: &[(&str, Vec<Measured>)]) {
    println!();
    if RING {
        println!("With the feature `ring`:\n");
    }
    println!("| operation | implementation | median ns | allocations | to the floor |");
    println!("| --- | --- | ---: | ---: | ---: |");
    for (name, measured) in table {
        for Measured { name: case, kind, nanoseconds, allocations, ratio } in measured {
            let case = if *kind == Kind::Ours { format!("**{case}**") } else { (*case).into() };
            let allocations = allocations.map_or(String::new(), |count| count.to_string());
            let ratio = if ratio.is_nan() { String::new() } else { format!("{ratio:.2}") };
            println!("| {name} | {case} | {nanoseconds:.0} | {allocations} | {ratio} |");
        }
    }
}

/// The table of benches/README.md: ratios alone, which another machine gives alike.
fn summarize(table: &[(&str, Vec<Measured>)]) {
    println!("\n| operation | time of the floor | slower by |\n| --- | ---: | --- |");
    for (name, measured) in table {
        let Some(ours) = measured.iter().find(|case| case.kind == Kind::Ours) else { continue };
        let peers: Vec<String> = (measured.iter().filter(|case| case.kind == Kind::Peer))
            .map(|peer| format!("{} {:.1} ×", peer.name, peer.nanoseconds / ours.nanoseconds))
            .collect();
        if ours.ratio.is_finite() {
            println!("| {name} | {:.2} × | {} |", ours.ratio, peers.join(", "));
        }
    }
}
