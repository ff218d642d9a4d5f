//! Time and allocations of several implementations of one operation.
//!
//! A machine is never quiet, and its clock rate wanders. So the implementations take turns, a few
//! hundred times, for some 30 µs each, and what is reported as a ratio is the median of the ratios
//! within one turn: what slows the machine for longer than a turn slows both. Time is the thread's
//! own on a processor, so that other programs may run meanwhile.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use rustix::time::{ClockId, clock_gettime};

/// One implementation of an operation.
pub struct Case<'a> {
    pub name: &'static str,
    pub kind: Kind,
    /// Runs it so many times and gives the nanoseconds of one run.
    pub sample: Box<dyn FnMut(usize) -> f64 + 'a>,
    /// Whether time and allocations are those of this thread.
    pub is_local: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What no implementation can avoid; of several, the fastest counts.
    Floor,
    Ours,
    Peer,
}

pub struct Measured {
    pub name: &'static str,
    pub kind: Kind,
    pub nanoseconds: f64,
    pub allocations: Option<usize>,
    /// To the floor.
    pub ratio: f64,
}

impl<'a> Case<'a> {
    pub fn new<T>(kind: Kind, name: &'static str, mut run: impl FnMut() -> T + 'a) -> Self {
        let sample = Box::new(move |repeats| {
            let start = thread_time();
            for _ in 0..repeats {
                std::hint::black_box(run());
            }
            (thread_time() - start) / repeats as f64
        });
        Self { name, kind, sample, is_local: true }
    }

    /// An implementation in another program or in several threads, which measures itself.
    pub fn timed_by_itself(
        kind: Kind,
        name: &'static str,
        sample: impl FnMut(usize) -> f64 + 'a,
    ) -> Self {
        Self { name, kind, sample: Box::new(sample), is_local: false }
    }
}

const TURNS: usize = 301;
const SAMPLE_NANOSECONDS: f64 = 30_000.0;

pub fn measure(cases: &mut [Case<'_>]) -> Vec<Measured> {
    let repeats: Vec<usize> = cases.iter_mut().map(|case| repeats(&mut case.sample)).collect();
    let mut samples = vec![Vec::with_capacity(TURNS); cases.len()];
    let turns = if repeats.iter().any(|&repeats| repeats == 1) { TURNS / 3 } else { TURNS };
    for _ in 0..turns {
        for ((case, &repeats), samples) in cases.iter_mut().zip(&repeats).zip(&mut samples) {
            // A first run brings code and data back into the caches.
            (case.sample)(1);
            samples.push((case.sample)(repeats));
        }
    }
    let medians: Vec<f64> = samples.iter().map(|samples| median(samples.clone())).collect();
    let floors = (0..cases.len()).filter(|&at| cases[at].kind == Kind::Floor);
    let floor = floors.min_by(|&one, &other| medians[one].total_cmp(&medians[other]));
    let measured = |(at, case): (usize, &mut Case<'_>)| Measured {
        name: case.name,
        kind: case.kind,
        nanoseconds: medians[at],
        allocations: case.is_local.then(|| allocations(&mut case.sample)),
        ratio: floor.map_or(f64::NAN, |floor| {
            let pairs = samples[at].iter().zip(&samples[floor]);
            median(pairs.map(|(one, floor)| one / floor).collect())
        }),
    };
    cases.iter_mut().enumerate().map(measured).collect()
}

/// Nanoseconds that this thread has had a processor.
fn thread_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// So many runs take a sample's time; one, where that takes longer.
fn repeats(sample: &mut impl FnMut(usize) -> f64) -> usize {
    let mut repeats = 1;
    while sample(repeats) * (repeats as f64) < SAMPLE_NANOSECONDS / 2.0 {
        repeats *= 2;
    }
    ((SAMPLE_NANOSECONDS / sample(repeats)) as usize).max(1)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Blocks that one run asks for, grown ones among them.
fn allocations(sample: &mut impl FnMut(usize) -> f64) -> usize {
    let before = ALLOCATIONS.get();
    sample(1);
    ALLOCATIONS.get() - before
}

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        unsafe { System.realloc(block, layout, size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;
