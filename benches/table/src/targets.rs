//! What the crate is to reach, beside what was measured.

use crate::{RING, measure::Measured};

const GIVEN: &str = "phoenix-token, time given";
const BY_THE_CLOCK: &str = "phoenix-token, by the clock";
const NONCE_GIVEN: &str = "phoenix-token, time and nonce given";
const TERM: &str = "phoenix-token, Term";

struct Target {
    operation: &'static str,
    case: &'static str,
    bound: Bound,
}

#[derive(Clone, Copy)]
enum Bound {
    /// The time of the floor, at most so many times.
    Floor(f64),
    /// At least so many times as fast as that case.
    Faster(f64, &'static str),
    Allocations(usize),
}

use Bound::{Allocations, Faster, Floor};

fn all() -> Vec<Target> {
    let of_id = if RING { 1.4 } else { 2.0 };
    let of_text = if RING { 1.25 } else { 2.0 };
    [
        ("verify an id", GIVEN, Floor(1.35)),
        ("verify an id", GIVEN, Allocations(0)),
        ("verify an id", BY_THE_CLOCK, Floor(1.5)),
        ("sign an id", GIVEN, Floor(1.45)),
        ("sign an id", GIVEN, Allocations(1)),
        ("verify 1 KiB", GIVEN, Floor(1.3)),
        ("sign 1 KiB", GIVEN, Floor(1.3)),
        ("encrypt an id", NONCE_GIVEN, Floor(of_id)),
        ("decrypt an id", GIVEN, Floor(of_id)),
        ("encrypt 1 KiB", NONCE_GIVEN, Floor(of_text)),
        ("decrypt 1 KiB", GIVEN, Floor(of_text)),
        ("sign an id", BY_THE_CLOCK, Faster(3.0, "jsonwebtoken HS256")),
        ("verify an id", BY_THE_CLOCK, Faster(7.0, "jsonwebtoken HS256")),
        // A cookie has no time in it, and its jar asks no clock.
        ("sign an id", GIVEN, Faster(1.8, "cookie, signed")),
        ("verify an id", GIVEN, Faster(1.8, "cookie, signed")),
        ("verify an id", GIVEN, Faster(10.0, "OTP, :crypto.mac alone")),
        ("decode the term of 1 000 users", TERM, Faster(4.0, "eetf")),
        ("decode the term of 1 000 users", TERM, Faster(4.0, "erltf")),
        ("decode the term of 1 000 users", TERM, Faster(1.0, "OTP, binary_to_term")),
        ("decode the term of 1 000 users", "phoenix-token, serde into structs", Faster(2.0, TERM)),
        ("derive a key", "phoenix-token", Floor(1.02)),
    ]
    .map(|(operation, case, bound)| Target { operation, case, bound })
    .into()
}

/// The targets of the operations that were measured.
pub fn print(table: &[(&str, Vec<Measured>)]) {
    println!("\n| operation | target | measured | |\n| --- | --- | ---: | --- |");
    for Target { operation, case, bound } in all() {
        let measured = table.iter().find(|(name, _)| *name == operation);
        let Some((_, cases)) = measured else { continue };
        let find = |name| cases.iter().find(|case| case.name == name);
        let Some(ours) = find(case) else { continue };
        let (target, reached, is_met) = match bound {
            Floor(most) => {
                (format!("{most} × the floor"), format!("{:.2} ×", ours.ratio), ours.ratio <= most)
            }
            Faster(least, other) => {
                // OTP may not be installed.
                let Some(peer) = find(other) else { continue };
                let times = peer.nanoseconds / ours.nanoseconds;
                let target = format!("{least} × faster than {other}");
                (target, format!("{times:.2} ×"), times >= least)
            }
            Allocations(most) => {
                let count = ours.allocations.unwrap_or(usize::MAX);
                (format!("{most} allocations"), count.to_string(), count <= most)
            }
        };
        let verdict = if is_met { "met" } else { "missed" };
        println!("| {operation}: {case} | {target} | {reached} | {verdict} |");
    }
}
