//! What a table of sessions and e-mail tokens should do, in memory.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic"
)]

use proptest::prelude::*;
use proptest_state_machine::ReferenceStateMachine;

use crate::databases::TestClock;

pub const DAY: i64 = 86_400_000;
pub const USERS: usize = 3;

/// One step; a token is named by its place among all that there ever were, counted round and round.
#[derive(Clone, Debug)]
pub enum Step {
    Create(usize),
    Lookup(usize),
    Touch(usize),
    Reissue(usize),
    Renew(usize),
    End(usize),
    EndAll(usize, bool),
    EndOthers(usize, usize),
    EndByHandle(usize, usize),
    CreateEmail(usize, usize, bool),
    ConsumeEmail(usize, usize),
    Sweep,
    Advance(i64),
    GoBack(i64),
}

pub fn step() -> impl Strategy<Value = Step> {
    let (user, token, context) = (0..USERS, 0..1000_usize, 0..4_usize);
    prop_oneof![
        4 => user.clone().prop_map(Step::Create),
        3 => token.clone().prop_map(Step::Lookup),
        2 => token.clone().prop_map(Step::Touch),
        3 => token.clone().prop_map(Step::Reissue),
        3 => token.clone().prop_map(Step::Renew),
        2 => token.clone().prop_map(Step::End),
        1 => (user.clone(), any::<bool>()).prop_map(|(user, all)| Step::EndAll(user, all)),
        1 => (user.clone(), token.clone()).prop_map(|(user, token)| Step::EndOthers(user, token)),
        2 => (user.clone(), token.clone()).prop_map(|(user, token)| Step::EndByHandle(user, token)),
        2 => (user, context.clone(), any::<bool>())
            .prop_map(|(user, context, one)| Step::CreateEmail(user, context, one)),
        3 => (token, context).prop_map(|(token, context)| Step::ConsumeEmail(token, context)),
        1 => Just(Step::Sweep),
        3 => prop_oneof![0..120_000_i64, 0..3 * DAY, Just(7 * DAY), Just(14 * DAY), Just(DAY)]
            .prop_map(Step::Advance),
        1 => (0..DAY).prop_map(Step::GoBack),
    ]
}

/// How the table is kept, and whether a cache is before it: this process alone ends sessions, so that
/// must not be noticed.
#[derive(Clone, Debug)]
pub struct Setup {
    pub uuids: bool,
    pub microseconds: bool,
    pub storage: usize,
    pub cache: bool,
}

#[derive(Clone, Debug)]
pub struct Session {
    pub user: usize,
    /// The first of those that are one row under other tokens.
    pub row: usize,
    pub inserted_at: i64,
    pub authenticated_at: i64,
    pub ended: bool,
}

#[derive(Clone, Debug)]
pub struct Email {
    pub user: usize,
    pub context: usize,
    pub inserted_at: i64,
    pub ended: bool,
}

#[derive(Clone, Debug)]
pub struct Model {
    pub setup: Setup,
    pub clock: i64,
    /// The latest time of the clock, which the store does not go back behind.
    pub now: i64,
    pub sessions: Vec<Session>,
    pub emails: Vec<Email>,
}

impl ReferenceStateMachine for Model {
    type State = Self;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Self> {
        let setup = (any::<bool>(), any::<bool>(), 0..3_usize, any::<bool>());
        let start = TestClock::new().now().as_millis();
        setup
            .prop_map(move |(uuids, microseconds, storage, cache)| Self {
                setup: Setup { uuids, microseconds, storage, cache },
                clock: start,
                now: start,
                sessions: Vec::new(),
                emails: Vec::new(),
            })
            .boxed()
    }

    fn transitions(_: &Self) -> BoxedStrategy<Step> {
        step().boxed()
    }

    fn apply(mut model: Self, step: &Step) -> Self {
        let now = model.written();
        match *step {
            Step::Create(user) => {
                let (row, ended) = (model.sessions.len(), false);
                let new = Session { user, row, inserted_at: now, authenticated_at: now, ended };
                model.sessions.push(new);
            }
            Step::Reissue(index) => {
                if let Some((_, old)) = model.session(index).filter(|(_, it)| model.is_live(it)) {
                    let row = model.sessions.len();
                    model.sessions.push(Session { row, inserted_at: now, ..old });
                }
            }
            Step::Renew(index) => {
                if let Some((index, old)) = model.session(index).filter(|(_, it)| model.is_live(it))
                {
                    model.sessions[index].ended = true;
                    let (inserted_at, authenticated_at) = (now, now);
                    model.sessions.push(Session { inserted_at, authenticated_at, ..old });
                }
            }
            Step::End(index) => {
                let ended = model.session(index).map(|(index, _)| index);
                model.end(|index, _| Some(index) == ended);
            }
            Step::EndAll(user, emails) => {
                model.end(|_, it| it.user == user);
                let own = model.emails.iter_mut().filter(|it| emails && it.user == user);
                own.for_each(|it| it.ended = true);
            }
            Step::EndOthers(user, current) => {
                if let Some((current, _)) = model.session(current) {
                    model.end(|index, it| it.user == user && index != current);
                }
            }
            Step::EndByHandle(user, index) => {
                if let Some((_, other)) = model.session(index).filter(|(_, it)| it.user == user) {
                    model.end(|_, it| it.row == other.row);
                }
            }
            Step::CreateEmail(user, context, one) => {
                let same = |it: &&mut Email| one && it.user == user && it.context == context;
                model.emails.iter_mut().filter(same).for_each(|it| it.ended = true);
                model.emails.push(Email { user, context, inserted_at: now, ended: false });
            }
            Step::ConsumeEmail(index, context) => {
                if let Some(index) = picked(index, model.emails.len()) {
                    model.emails[index].ended |= model.is_usable(&model.emails[index], context);
                }
            }
            Step::Lookup(_) | Step::Touch(_) | Step::Sweep => {}
            Step::Advance(millis) => model.clock += millis,
            Step::GoBack(millis) => model.clock -= millis,
        }
        model.now = model.now.max(model.clock);
        model
    }
}

impl Model {
    /// The time as the table has it.
    pub fn written(&self) -> i64 {
        if self.setup.microseconds { self.now } else { self.now.div_euclid(1000) * 1000 }
    }

    pub fn session(&self, index: usize) -> Option<(usize, Session)> {
        picked(index, self.sessions.len()).map(|index| (index, self.sessions[index].clone()))
    }

    pub fn is_live(&self, session: &Session) -> bool {
        !session.ended && session.inserted_at > self.now - 14 * DAY
    }

    pub fn is_usable(&self, email: &Email, context: usize) -> bool {
        let validity = [15 * 60_000, 7 * DAY, 7 * DAY, DAY][email.context];
        email.context == context && !email.ended && email.inserted_at > self.now - validity
    }

    pub fn count(&self, user: usize) -> usize {
        self.sessions.iter().filter(|it| it.user == user && self.is_live(it)).count()
    }

    pub fn ended(&self) -> usize {
        self.sessions.iter().filter(|it| it.ended).count()
    }

    pub fn end(&mut self, which: impl Fn(usize, &Session) -> bool) {
        let all = self.sessions.iter_mut().enumerate();
        all.filter(|(index, it)| which(*index, it)).for_each(|(_, it)| it.ended = true);
    }
}

pub fn picked(index: usize, len: usize) -> Option<usize> {
    (len > 0).then(|| index % len)
}
