//! Requests to valgrind from inside the program that it runs; without it they do nothing.

use std::arch::asm;

/// `'M' 'C'`, as memcheck.h numbers its requests.
const MEMCHECK: u64 = 0x4d43_0000;
const MAKE_MEM_UNDEFINED: u64 = MEMCHECK + 1;
const MAKE_MEM_DEFINED: u64 = MEMCHECK + 2;
const RUNNING_ON_VALGRIND: u64 = 0x1001;
const COUNT_ERRORS: u64 = 0x1201;

pub fn is_running() -> bool {
    request([RUNNING_ON_VALGRIND, 0, 0, 0, 0, 0]) > 0
}

/// The bytes are secret from here on: memcheck reports a branch on them, or an address made of them.
pub fn make_secret(bytes: &[u8]) {
    request([MAKE_MEM_UNDEFINED, bytes.as_ptr() as u64, bytes.len() as u64, 0, 0, 0]);
}

/// The value may be known from here on.
pub fn make_public<T: ?Sized>(value: &T) {
    let address = std::ptr::from_ref(value).cast::<u8>() as u64;
    request([MAKE_MEM_DEFINED, address, size_of_val(value) as u64, 0, 0, 0]);
}

/// Errors that memcheck has reported so far.
pub fn errors() -> u64 {
    request([COUNT_ERRORS, 0, 0, 0, 0, 0])
}

/// The sequence of instructions, of no effect, that valgrind takes for a request (valgrind.h, amd64).
fn request(arguments: [u64; 6]) -> u64 {
    let mut result = 0_u64;
    // SAFETY: four rotations that add up to two whole turns, and a register exchanged with itself.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") arguments.as_ptr(),
            inout("rdx") result,
            options(nostack),
        );
    }
    result
}
