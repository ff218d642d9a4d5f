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
    slots: Vec<Slot>,
    /// How long the cache keeps an entry.
    max_age: Duration,
    hasher: RandomState,
}

#[derive(Default)]
struct Slot {
    /// The count at the last revoke.
    revoked: AtomicU64,
    /// The last revoke whose outcome is unknown, as `last`.
    unanswered: AtomicU64,
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
            slots: (0..slots).map(|_| Slot::default()).collect(),
            max_age: cache.map_or(Duration::ZERO, |cache| cache.max_age),
            hasher: RandomState::new(),
        }
    }

    /// The count before a look-up.
    pub(crate) fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }

    pub(crate) fn revoked(&self, subject: &Subject<'_>) {
        self.last.fetch_max(self.now(), Ordering::SeqCst);
        self.changed(subject);
    }

    fn changed(&self, subject: &Subject<'_>) {
        let count = self.count.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        if let Some(slot) = self.slot(subject) {
            slot.revoked.fetch_max(count, Ordering::SeqCst);
        }
    }

    /// Counts the revoke when dropped: after the answer of the database, or without one.
    pub(crate) fn begin<'a>(&'a self, subject: Subject<'a>) -> Revoke<'a> {
        Revoke { revocations: self, subject, ends: true, answered: false }
    }

    /// Likewise of what changes and does not end: the cache is to ask again, and a replica may answer.
    pub(crate) fn begin_change<'a>(&'a self, subject: Subject<'a>) -> Revoke<'a> {
        Revoke { revocations: self, subject, ends: false, answered: false }
    }

    /// Whether what a look-up found, with this count before it, still holds.
    pub(crate) fn holds(&self, count: u64, user: Id, token: &[u8; 32]) -> bool {
        [Subject::User(user), Subject::Token(token)].iter().all(|subject| {
            self.slot(subject).is_some_and(|slot| slot.revoked.load(Ordering::SeqCst) <= count)
        })
    }

    /// Whether what a look-up found that began then may be kept: not for an entry's life after a revoke
    /// without an answer, which may yet take effect, and would then be counted no more.
    pub(crate) fn is_settled(&self, user: Id, token: &[u8; 32], began: Instant) -> bool {
        [Subject::User(user), Subject::Token(token)].iter().all(|subject| {
            let last = self.slot(subject).map(|slot| slot.unanswered.load(Ordering::SeqCst));
            !self.is_within(last.unwrap_or_default(), self.max_age, began)
        })
    }

    /// Whether the last revoke is no longer ago than `window`.
    pub(crate) fn within(&self, window: Duration) -> bool {
        self.is_within(self.last.load(Ordering::SeqCst), window, Instant::now())
    }

    /// Milliseconds since `started`, plus one.
    fn now(&self) -> u64 {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        now.saturating_add(1)
    }

    fn is_within(&self, time: u64, window: Duration, at: Instant) -> bool {
        let ended = Duration::from_millis(time).saturating_add(window);
        time > 0 && at.saturating_duration_since(self.started) <= ended
    }

    fn slot(&self, subject: &Subject<'_>) -> Option<&Slot> {
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

/// A revoke that was asked for.
pub(crate) struct Revoke<'a> {
    revocations: &'a Revocations,
    subject: Subject<'a>,
    ends: bool,
    answered: bool,
}

impl Revoke<'_> {
    /// The database has done it.
    pub(crate) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Revoke<'_> {
    fn drop(&mut self) {
        // Before it is counted: a look-up that begins after that is to see it.
        if let (Some(slot), false) = (self.revocations.slot(&self.subject), self.answered) {
            slot.unanswered.fetch_max(self.revocations.now(), Ordering::SeqCst);
        }
        match self.ends {
            true => self.revocations.revoked(&self.subject),
            false => self.revocations.changed(&self.subject),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AGE: Duration = Duration::from_secs(3600);

    fn revocations() -> Revocations {
        Revocations::new(Some(CacheSettings { max_age: AGE, entries: 1 }))
    }

    #[test]
    fn what_was_found_holds_until_its_user_or_token_is_revoked_and_again_after() {
        let (user, token) = (Id::from(1), [1; 32]);
        for subject in [Subject::User(user), Subject::Token(&token)] {
            let revocations = revocations();
            let before = revocations.count();
            assert!(revocations.holds(before, user, &token));
            revocations.revoked(&subject);
            assert!(!revocations.holds(before, user, &token));
            assert!(revocations.holds(revocations.count(), user, &token));
            // Slots are few, so some of the others may share that one.
            let others = (2..100).map(|other: u8| (Id::from(i64::from(other)), [other; 32]));
            let held = others.filter(|(user, token)| revocations.holds(before, *user, token));
            assert!(held.count() > 90);
        }
    }

    #[test]
    fn a_revoke_without_an_answer_leaves_its_user_or_token_in_doubt_for_an_entry_s_life() {
        let (user, token) = (Id::from(1), [1; 32]);
        let revocations = revocations();
        let settled = |at| revocations.is_settled(user, &token, at);
        assert!(settled(Instant::now()));
        revocations.begin(Subject::Token(&token)).answered();
        revocations.begin(Subject::User(user)).answered();
        assert!(settled(Instant::now()));
        drop(revocations.begin(Subject::User(user)));
        let now = Instant::now();
        assert!(!settled(now));
        assert!(now.checked_add(AGE / 2).is_none_or(|later| !settled(later)));
        assert!(now.checked_add(AGE * 2).is_none_or(settled));
    }
}
