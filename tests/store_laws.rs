//! Random histories against a model in memory: what was ended or has expired is never accepted
//! again, everything else is, and the counts agree.
//!
//! `PHOENIX_TOKEN_HISTORIES` sets how many, 24 on each database without it.
#![cfg(any(feature = "sqlite", feature = "postgres", feature = "mysql"))]
#![cfg_attr(
    not(all(feature = "sqlite", feature = "postgres", feature = "mysql")),
    allow(dead_code, unused_imports, reason = "one database alone needs a part of it")
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test may panic"
)]

#[path = "common/databases.rs"]
mod databases;

use std::{fmt::Debug, time::Duration};

use databases::{Place, TestClock};
use phoenix_token::{
    Timestamp,
    store::{
        Backend, EmailContext, EndAll, Expired, Handle, Id, IdType, Live, NewSession, Precision,
        SessionToken, Settings, Store, TokenStorage,
    },
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use sqlx::Pool;

const DAY: i64 = 86_400_000;
const USERS: usize = 3;

/// One step; a token is named by its place among all that there ever were.
#[derive(Clone, Debug)]
enum Step {
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

fn step() -> impl Strategy<Value = Step> {
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

#[derive(Clone, Debug)]
struct Session {
    token: SessionToken,
    user: usize,
    handle: Handle,
    inserted_at: Timestamp,
    authenticated_at: Timestamp,
    ended: bool,
}

#[derive(Clone, Debug)]
struct Email {
    token: String,
    user: usize,
    context: usize,
    inserted_at: Timestamp,
    ended: bool,
}

#[derive(Debug, Default)]
struct Model {
    now: Option<Timestamp>,
    sessions: Vec<Session>,
    emails: Vec<Email>,
}

fn context(index: usize) -> EmailContext {
    let address = EmailContext::Change("a@b.c".into());
    [EmailContext::Login, address, EmailContext::Confirm, EmailContext::ResetPassword][index]
        .clone()
}

impl Model {
    fn now(&self) -> i64 {
        self.now.unwrap().as_millis()
    }

    fn is_live(&self, session: &Session) -> bool {
        !session.ended && session.inserted_at.as_millis() > self.now() - 14 * DAY
    }

    fn is_live_email(&self, email: &Email) -> bool {
        let validity = [15 * 60_000, 7 * DAY, 7 * DAY, DAY][email.context];
        !email.ended && email.inserted_at.as_millis() > self.now() - validity
    }

    fn count(&self, user: usize) -> usize {
        self.sessions.iter().filter(|it| it.user == user && self.is_live(it)).count()
    }

    fn end(&mut self, which: impl Fn(&Session) -> bool) -> usize {
        let ended = self.sessions.iter_mut().filter(|it| !it.ended && which(it));
        ended.map(|it| it.ended = true).count()
    }
}

struct Run<'a, DB: Backend> {
    pool: &'a Pool<DB>,
    store: Store<DB>,
    users: [Id; USERS],
    precision: Precision,
    clock: TestClock,
    latest: Timestamp,
    model: Model,
}

impl<DB: Backend> Run<'_, DB> {
    fn cut(&self, time: Timestamp) -> Timestamp {
        match self.precision {
            Precision::Seconds => Timestamp::from_secs(time.as_millis().div_euclid(1000)),
            Precision::Microseconds => time,
        }
    }

    /// The store has seen the clock, so that it does not go back behind this.
    async fn see(&mut self) {
        self.latest = self.latest.max(self.clock.now());
        self.model.now = Some(self.latest);
        self.store.count(self.pool, self.users[0]).await.unwrap();
    }

    async fn step(&mut self, step: &Step) {
        let (pool, store) = (self.pool, self.store.clone());
        self.see().await;
        let now = self.cut(self.latest);
        let pick = |index: usize, len: usize| (len > 0).then(|| index % len);
        let picked = |model: &Model, index| {
            pick(index, model.sessions.len()).map(|index| (index, model.sessions[index].clone()))
        };
        match *step {
            Step::Create(user) => {
                let made = store.create(pool, self.users[user], &NewSession::new()).await.unwrap();
                assert_eq!(made.session.inserted_at, now);
                self.model.sessions.push(Session {
                    token: made.token,
                    user,
                    handle: made.session.handle,
                    inserted_at: now,
                    authenticated_at: now,
                    ended: false,
                });
            }
            Step::Lookup(index) => {
                if let Some((_, session)) = picked(&self.model, index) {
                    self.check(&session).await;
                }
            }
            Step::Touch(index) => {
                if let Some((_, session)) = picked(&self.model, index) {
                    let touched = store.touch(pool, session.token.secret_bytes()).await.unwrap();
                    assert!(!touched || self.model.is_live(&session));
                }
            }
            Step::Reissue(index) => {
                let Some((_, old)) = picked(&self.model, index) else { return };
                let made = store.reissue(pool, old.token.secret_bytes()).await.unwrap();
                assert_eq!(made.is_some(), self.model.is_live(&old));
                if let Some(made) = made {
                    let (token, handle) = (made.token, made.session.handle);
                    let new = Session { token, handle, inserted_at: now, ..old };
                    self.model.sessions.push(new);
                }
            }
            Step::Renew(index) => {
                let Some((index, old)) = picked(&self.model, index) else { return };
                let new = store.renew(pool, old.token.secret_bytes()).await.unwrap();
                assert_eq!(new.is_some(), self.model.is_live(&old));
                if let Some(token) = new {
                    self.model.sessions[index].ended = true;
                    let (inserted_at, authenticated_at) = (now, now);
                    let new = Session { token, inserted_at, authenticated_at, ..old };
                    self.model.sessions.push(new);
                }
            }
            Step::End(index) => {
                let Some((index, old)) = picked(&self.model, index) else { return };
                let ended = store.end(pool, old.token.secret_bytes()).await.unwrap();
                assert!(ended.is_some() || !self.model.is_live(&old));
                self.model.sessions[index].ended = true;
            }
            Step::EndAll(user, emails) => {
                let what = if emails { EndAll::SessionsAndEmailTokens } else { EndAll::Sessions };
                let live = self.model.count(user);
                let ended = store.end_all(pool, self.users[user], what).await.unwrap();
                let most = self.model.end(|it| it.user == user);
                assert!((live..=most).contains(&ended.len()), "{live} {} {most}", ended.len());
                if emails {
                    let own = self.model.emails.iter_mut().filter(|it| it.user == user);
                    own.for_each(|it| it.ended = true);
                }
            }
            Step::EndOthers(user, current) => {
                let Some((_, current)) = picked(&self.model, current) else { return };
                let token = current.token.secret_bytes();
                store.end_others(pool, self.users[user], token).await.unwrap();
                self.model.end(|it| it.user == user && it.token != current.token);
            }
            Step::EndByHandle(user, index) => {
                let Some((_, other)) = picked(&self.model, index) else { return };
                let ended = store.end_by_handle(pool, self.users[user], other.handle).await;
                let ended = ended.unwrap();
                if other.user == user {
                    self.model.end(|it| it.handle == other.handle);
                } else {
                    assert_eq!(ended, None);
                }
            }
            Step::CreateEmail(user, kind, one) => {
                let live = if one { Live::One } else { Live::Many };
                let user_id = self.users[user];
                let context = context(kind);
                let made = store.create_email_token(pool, user_id, &context, "a@b.c", live);
                let token = made.await.unwrap();
                if one {
                    let same = |it: &&mut Email| it.user == user && it.context == kind;
                    self.model.emails.iter_mut().filter(same).for_each(|it| it.ended = true);
                }
                let email = Email { token, user, context: kind, inserted_at: now, ended: false };
                self.model.emails.push(email);
            }
            Step::ConsumeEmail(index, kind) => {
                let Some(index) = pick(index, self.model.emails.len()) else { return };
                let email = self.model.emails[index].clone();
                let context = context(kind);
                let used = store.consume_email_token(pool, &context, &email.token, None);
                let used = used.await.unwrap();
                let is_valid = kind == email.context && self.model.is_live_email(&email);
                assert_eq!(used.is_some(), is_valid);
                self.model.emails[index].ended |= is_valid;
            }
            Step::Sweep => {
                for what in Expired::ALL {
                    store.delete_expired(pool, what, 100).await.unwrap();
                }
            }
            Step::Advance(millis) => {
                self.clock.advance(Duration::from_millis(millis.try_into().unwrap()));
            }
            Step::GoBack(millis) => {
                self.clock.go_back(Duration::from_millis(millis.try_into().unwrap()));
            }
        }
    }

    async fn check(&self, session: &Session) {
        let found = self.store.lookup(self.pool, session.token.secret_bytes()).await.unwrap();
        assert_eq!(found.is_some(), self.model.is_live(session), "{session:?}");
        if let Some(found) = found {
            assert_eq!(found.user_id, self.users[session.user]);
            assert_eq!(found.inserted_at, session.inserted_at);
            assert_eq!(found.authenticated_at, Some(session.authenticated_at));
        }
    }

    async fn check_all(&mut self) {
        self.see().await;
        for session in &self.model.sessions {
            self.check(session).await;
        }
        for email in &self.model.emails {
            let context = context(email.context);
            let found = self.store.verify_email_token(self.pool, &context, &email.token, None);
            assert_eq!(found.await.unwrap().is_some(), self.model.is_live_email(email));
        }
        for (index, user) in self.users.into_iter().enumerate() {
            let count = self.store.count(self.pool, user).await.unwrap();
            assert_eq!(usize::try_from(count).unwrap(), self.model.count(index));
            let listed = self.store.list(self.pool, user, None, 1000, 0).await.unwrap();
            assert_eq!(listed.len(), self.model.count(index));
        }
    }
}

async fn no_history_brings_back_what_was_ended<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let histories = std::env::var("PHOENIX_TOKEN_HISTORIES").ok().and_then(|it| it.parse().ok());
    let strategy = prop::collection::vec(step(), 1..60);
    let mut runner = TestRunner::default();
    for history in 0..histories.unwrap_or(24_u32) {
        let steps = strategy.new_tree(&mut runner).unwrap().current();
        // Told before it runs: a failure shows what led to it.
        let told = Told(&steps);
        run::<P>(&pool, history, &steps).await;
        std::mem::forget(told);
    }
}

async fn run<P: Place>(pool: &Pool<P::DB>, history: u32, steps: &[Step]) {
    let clock = TestClock::new();
    let storages =
        [TokenStorage::Raw, TokenStorage::Sha256, TokenStorage::Both { raw_until: clock.now() }];
    let (id_type, users) = match history % 2 {
        0 => (IdType::Integer, [1.into(), 2.into(), i64::MAX.into()]),
        _ => (IdType::Uuid, [[0; 16].into(), [1; 16].into(), [0xff; 16].into()]),
    };
    let precision = [Precision::Seconds, Precision::Microseconds][history as usize / 2 % 2];
    let settings = Settings::new()
        .table(format!("history_{history}"))
        .id_type(id_type)
        .precision(precision)
        .token_storage(storages[history as usize % storages.len()])
        .timeout(Duration::from_secs(60));
    // Without and with a cache: this process alone ends sessions, so it must not be noticed.
    let settings = match history % 3 {
        0 => settings.cache(Duration::from_secs(3600), 8),
        _ => settings,
    };
    let settings = clock.on(settings);
    Store::create_table(pool, &settings).await.unwrap();
    let store = Store::open(pool, settings).await.unwrap();
    let (latest, model) = (clock.now(), Model::default());
    let mut run = Run { pool, store, users, precision, clock, latest, model };
    for step in steps {
        run.step(step).await;
    }
    run.check_all().await;
}

/// Prints the history where its run panics.
struct Told<'a, T: Debug>(&'a T);

impl<T: Debug> Drop for Told<'_, T> {
    fn drop(&mut self) {
        eprintln!("the history: {:?}", self.0);
    }
}

on_every_database! {
    no_history_brings_back_what_was_ended
}
