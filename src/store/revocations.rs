//! What this process ended, so that a cache or a replica does not bring it back.

use core::{
    hash::{BuildHasher as _, Hash},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use std::{hash::RandomState, time::Instant, vec::Vec};

use super::{id::Id, settings::CacheSettings};

/// Slots for users and tokens; two that share one only cost each other a look-up.
const SLOTS: usize = 4096;

/// Counts revokes, and remembers for each user and token the last one.
///
/// A look-up notes the count before it asks the database. What it found may be kept only while no
/// revoke of its user or token came after: a revoke counts once the database has answered, so a
/// look-up that began before and found the session alive is told apart.
pub(crate) struct Revocations {
    started: Instant,
    /// Milliseconds since `started`, plus one; zero for never.
    last: AtomicU64,
    count: AtomicU64,
    slots: Vec<AtomicU64>,
    hasher: RandomState,
}

/// What a revoke concerns.
pub(crate) enum Subject<'a> {
    User(Id),
    /// The digest of a token.
    Token(&'a [u8; 32]),
}

impl Revocations {
    pub(crate) fn new(cache: Option<CacheSettings>) -> Self {
        let slots = if cache.is_some() { SLOTS } else { 0 };
        Self {
            started: Instant::now(),
            last: AtomicU64::new(0),
            count: AtomicU64::new(0),
            slots: (0..slots).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }

    /// The count before a look-up.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    pub(crate) fn revoked(&self, subject: &Subject<'_>) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.fetch_max(now.saturating_add(1), Ordering::SeqCst);
        let count = self.count.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        if let Some(slot) = self.slot(subject) {
            slot.fetch_max(count, Ordering::SeqCst);
        }
    }

    /// Counts the revoke when dropped: after the answer of the database, or without one.
    pub(crate) fn on_drop<'a>(&'a self, subject: Subject<'a>) -> impl Drop + 'a {
        OnDrop { revocations: self, subject }
    }

    /// Whether what a look-up found, with this count before it, still holds.
    pub(crate) fn holds(&self, count: u64, user: Id, token: &[u8; 32]) -> bool {
        [Subject::User(user), Subject::Token(token)].iter().all(|subject| {
            self.slot(subject).is_some_and(|slot| slot.load(Ordering::SeqCst) <= count)
        })
    }

    /// Whether the last revoke is no longer ago than `window`.
    pub(crate) fn within(&self, window: Duration) -> bool {
        let last = self.last.load(Ordering::SeqCst);
        let ended = Duration::from_millis(last).saturating_add(window);
        last > 0 && self.started.elapsed() <= ended
    }

    fn slot(&self, subject: &Subject<'_>) -> Option<&AtomicU64> {
        let hash = match subject {
            Subject::User(user) => self.hash(user),
            Subject::Token(digest) => self.hash(digest),
        };
        let index = hash.checked_rem(u64::try_from(self.slots.len()).ok()?)?;
        self.slots.get(usize::try_from(index).ok()?)
    }

    fn hash(&self, value: impl Hash) -> u64 {
        self.hasher.hash_one(value)
    }
}

struct OnDrop<'a> {
    revocations: &'a Revocations,
    subject: Subject<'a>,
}

impl Drop for OnDrop<'_> {
    fn drop(&mut self) {
        self.revocations.revoked(&self.subject);
    }
}
