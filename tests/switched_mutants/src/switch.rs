
#[doc(hidden)]
#[allow(dead_code, missing_docs, unreachable_pub, clippy::all)]
pub mod switched {
    //! Which mutant this process is.
    extern crate std;
    use std::{
        env, format,
        fs::OpenOptions,
        io::Write as _,
        sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    };

    const UNKNOWN: u32 = u32::MAX;
    /// No mutant, and note each site that is come by.
    const NOTE: u32 = UNKNOWN - 1;

    static SWITCH: AtomicU32 = AtomicU32::new(UNKNOWN);
    static NOTED: [AtomicU64; 256] = [const { AtomicU64::new(0) }; 256];

    /// Answers the mutant that is switched on, 0 for none.
    #[inline]
    pub fn at(site: u32) -> u32 {
        let switch = SWITCH.load(Relaxed);
        if switch < NOTE { switch } else { slow(site) }
    }

    #[cold]
    fn slow(site: u32) -> u32 {
        let switch = match env::var("SWITCHED_MUTANT") {
            Ok(note) if note == "note" => NOTE,
            Ok(number) => number.parse().unwrap_or(0),
            Err(_) => 0,
        };
        SWITCH.store(switch, Relaxed);
        if switch < NOTE {
            return switch;
        }
        let (word, bit) = (site as usize / 64, 1 << (site % 64));
        if NOTED[word].fetch_or(bit, Relaxed) & bit == 0 {
            let notes = env::var_os("SWITCHED_NOTES").and_then(|notes| OpenOptions::new().append(true).open(notes).ok());
            let _ = notes.map(|mut notes| notes.write_all(format!("{site}\n").as_bytes()));
        }
        0
    }
}
