//! Sessions that were looked up a moment ago, kept in this process.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{
    revocations::Revocations,
    session::{Session, millis},
    settings::CacheSettings,
};
use crate::time::Timestamp;

/// Bounded in entries and age; the oldest entry goes first.
pub(crate) struct Cache {
    settings: CacheSettings,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    by_digest: HashMap<[u8; 32], Entry>,
    /// By age. A key that was written again stands here twice, with two serial numbers.
    order: VecDeque<([u8; 32], u64)>,
    serial: u64,
}

struct Entry {
    session: Session,
    /// [`Revocations::count`] before the look-up.
    count: u64,
    found: Instant,
    serial: u64,
}

impl Cache {
    pub(crate) fn new(settings: CacheSettings) -> Self {
        Self { settings, entries: Mutex::default() }
    }

    /// A session that was found before, and how long ago.
    pub(crate) fn find(
        &self,
        digest: &[u8; 32],
        revocations: &Revocations,
    ) -> Option<(Session, Duration)> {
        let entries = self.entries();
        let entry = entries.by_digest.get(digest)?;
        let age = entry.found.elapsed();
        let is_fresh = age < self.settings.max_age
            && revocations.holds(entry.count, entry.session.user_id, digest);
        is_fresh.then(|| (entry.session.clone(), age))
    }

    /// Notes that the session was used just now, so that what is found from here on says so: at `now` by
    /// the given clock, or as long after the look-up as it is kept here.
    pub(crate) fn touch(&self, digest: &[u8; 32], now: Option<Timestamp>) {
        let mut entries = self.entries();
        let Some(entry) = entries.by_digest.get_mut(digest) else { return };
        let age = millis(entry.found.elapsed());
        let moved = entry.session.read_at.as_millis().saturating_add(age);
        entry.session.last_seen_at = Some(now.unwrap_or(Timestamp::from_millis(moved)));
    }

    /// Keeps what a look-up found that began at `found` with this count of revokes.
    pub(crate) fn keep(&self, digest: [u8; 32], session: &Session, found: Instant, count: u64) {
        if self.settings.entries == 0 {
            return;
        }
        let mut entries = self.entries();
        let serial = entries.serial.wrapping_add(1);
        entries.serial = serial;
        let entry = Entry { session: session.clone(), count, found, serial };
        entries.by_digest.insert(digest, entry);
        entries.order.push_back((digest, serial));
        while entries.order.len() > self.settings.entries {
            let Some((oldest, serial)) = entries.order.pop_front() else { break };
            if entries.by_digest.get(&oldest).is_some_and(|entry| entry.serial == serial) {
                entries.by_digest.remove(&oldest);
            }
        }
    }

    /// Nothing in it is half written, even where a thread panicked.
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
