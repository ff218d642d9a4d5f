//! Small stacks: what input can drive deeper must not need a large one.

/// Runs `body` on a thread whose stack has so many KiB, and passes on its result or its panic.
pub fn with_kib<T: Send + 'static>(kib: usize, body: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = std::thread::Builder::new().stack_size(kib * 1024).spawn(body);
    match thread.expect("a thread").join() {
        Ok(value) => value,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}
