//! A state machine against a model in memory: what was ended or has expired is never accepted again,
//! everything else is, and the counts agree.
//!
//! `PHOENIX_TOKEN_HISTORIES` sets how many histories, 24 on each database without it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use phoenix_token::{
    Timestamp,
    store::{
        Backend, EmailContext, EndAll, Expired, Handle, Id, IdType, Live, NewSession, Precision,
        SessionToken, Settings, Store, TokenStorage,
    },
};
use proptest::test_runner::{Config, TestRunner};
use proptest_state_machine::ReferenceStateMachine;
use sqlx::Pool;
use tokio::{runtime::Handle as Runtime, task};

use crate::{
    databases::{self, Place, TestClock},
    session_model::{Model, Session, Step, USERS, picked},
};

fn context(index: usize) -> EmailContext {
    let address = EmailContext::Change("a@b.c".into());
    [EmailContext::Login, address, EmailContext::Confirm, EmailContext::ResetPassword][index]
        .clone()
}

/// The store, with what it gave out for each of the model's sessions and e-mail tokens.
struct Run<'a, DB: Backend> {
    pool: &'a Pool<DB>,
    store: Store<DB>,
    users: [Id; USERS],
    clock: TestClock,
    tokens: Vec<SessionToken>,
    handles: Vec<Handle>,
    emails: Vec<String>,
}

impl<DB: Backend> Run<'_, DB> {
    /// Does what took the model from one state to the next.
    async fn step(&mut self, step: &Step, before: &Model, after: &Model) {
        let (pool, store) = (self.pool, self.store.clone());
        let makes = after.sessions.len() > before.sessions.len();
        match *step {
            Step::Create(user) => {
                let made = store.create(pool, self.users[user], &NewSession::new()).await.unwrap();
                assert_eq!(made.session.inserted_at.as_millis(), before.written());
                self.keep(made.token, made.session.handle);
            }
            Step::Lookup(index) => {
                if let Some((index, session)) = before.session(index) {
                    self.check(before, index, &session).await;
                }
            }
            Step::Touch(index) => {
                let Some((index, session)) = before.session(index) else { return };
                let touched = store.touch(pool, self.tokens[index].secret_bytes()).await.unwrap();
                assert!(!touched || before.is_live(&session));
            }
            Step::Reissue(index) => {
                let Some((index, _)) = before.session(index) else { return };
                let made = store.reissue(pool, self.tokens[index].secret_bytes()).await.unwrap();
                assert_eq!(made.is_some(), makes);
                if let Some(made) = made {
                    self.keep(made.token, made.session.handle);
                }
            }
            Step::Renew(index) => {
                let Some((index, _)) = before.session(index) else { return };
                let new = store.renew(pool, self.tokens[index].secret_bytes()).await.unwrap();
                assert_eq!(new.is_some(), makes);
                if let Some(token) = new {
                    self.keep(token, self.handles[index]);
                }
            }
            Step::End(index) => {
                let Some((index, session)) = before.session(index) else { return };
                let ended = store.end(pool, self.tokens[index].secret_bytes()).await.unwrap();
                assert!(ended.is_some() || !before.is_live(&session));
            }
            Step::EndAll(user, emails) => {
                let what = if emails { EndAll::SessionsAndEmailTokens } else { EndAll::Sessions };
                let ended = store.end_all(pool, self.users[user], what).await.unwrap();
                // What has expired may have been swept.
                let (live, most) = (before.count(user), after.ended() - before.ended());
                assert!((live..=most).contains(&ended.len()), "{live} {} {most}", ended.len());
            }
            Step::EndOthers(user, current) => {
                let Some((current, _)) = before.session(current) else { return };
                let current = self.tokens[current].secret_bytes();
                store.end_others(pool, self.users[user], current).await.unwrap();
            }
            Step::EndByHandle(user, index) => {
                let Some((index, other)) = before.session(index) else { return };
                let ended = store.end_by_handle(pool, self.users[user], self.handles[index]).await;
                assert!(ended.unwrap().is_none() || other.user == user);
            }
            Step::CreateEmail(user, kind, one) => {
                let (live, context) = (if one { Live::One } else { Live::Many }, context(kind));
                let user = self.users[user];
                let made = store.create_email_token(pool, user, &context, "a@b.c", live);
                self.emails.push(made.await.unwrap());
            }
            Step::ConsumeEmail(index, kind) => {
                let Some(index) = picked(index, self.emails.len()) else { return };
                let context = context(kind);
                let used = store.consume_email_token(pool, &context, &self.emails[index], None);
                let is_usable = before.is_usable(&before.emails[index], kind);
                assert_eq!(used.await.unwrap().is_some(), is_usable);
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
        self.see().await;
    }

    /// The store has seen the clock, so that it does not go back behind this.
    async fn see(&self) {
        self.store.count(self.pool, self.users[0]).await.unwrap();
    }

    fn keep(&mut self, token: SessionToken, handle: Handle) {
        self.tokens.push(token);
        self.handles.push(handle);
    }

    async fn check(&self, model: &Model, index: usize, session: &Session) {
        let token = self.tokens[index].secret_bytes();
        let found = self.store.lookup(self.pool, token).await.unwrap();
        assert_eq!(found.is_some(), model.is_live(session), "{session:?}");
        if let Some(found) = found {
            assert_eq!(found.user_id, self.users[session.user]);
            assert_eq!(found.handle, self.handles[index]);
            assert_eq!(found.inserted_at.as_millis(), session.inserted_at);
            let authenticated_at = found.authenticated_at.map(Timestamp::as_millis);
            assert_eq!(authenticated_at, Some(session.authenticated_at));
        }
    }

    async fn check_all(&self, model: &Model) {
        for (index, session) in model.sessions.iter().enumerate() {
            self.check(model, index, session).await;
        }
        for (email, token) in model.emails.iter().zip(&self.emails) {
            let context = context(email.context);
            let found = self.store.verify_email_token(self.pool, &context, token, None);
            assert_eq!(found.await.unwrap().is_some(), model.is_usable(email, email.context));
        }
        for (index, user) in self.users.into_iter().enumerate() {
            let count = self.store.count(self.pool, user).await.unwrap();
            assert_eq!(usize::try_from(count).unwrap(), model.count(index));
            let listed = self.store.list(self.pool, user, None, 1000, 0).await.unwrap();
            assert_eq!(listed.len(), model.count(index));
        }
    }
}

async fn no_history_brings_back_what_was_ended<P: Place>() {
    let Some(pool) = P::fresh().await else { return };
    let histories = std::env::var("PHOENIX_TOKEN_HISTORIES").ok().and_then(|it| it.parse().ok());
    let cases = histories.unwrap_or(24);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let tested =
        TestRunner::new(config).run(&Model::sequential_strategy(1..60), |(model, steps, seen)| {
            let run = run::<P>(&pool, model, &steps, seen.unwrap_or_default());
            task::block_in_place(|| Runtime::current().block_on(run));
            Ok(())
        });
    tested.unwrap_or_else(|failure| panic!("{failure}"));
}

async fn run<P: Place>(
    pool: &Pool<P::DB>,
    mut model: Model,
    steps: &[Step],
    seen: Arc<AtomicUsize>,
) {
    let (clock, setup) = (TestClock::new(), &model.setup);
    let storages =
        [TokenStorage::Raw, TokenStorage::Sha256, TokenStorage::Both { raw_until: clock.now() }];
    let (id_type, users) = match setup.uuids {
        false => (IdType::Integer, [1.into(), 2.into(), i64::MAX.into()]),
        true => (IdType::Uuid, [[0; 16].into(), [1; 16].into(), [0xff; 16].into()]),
    };
    let precision = if setup.microseconds { Precision::Microseconds } else { Precision::Seconds };
    let settings = Settings::new()
        .table(databases::unique())
        .id_type(id_type)
        .precision(precision)
        .token_storage(storages[setup.storage])
        .timeout(Duration::from_secs(60));
    let settings = match setup.cache {
        true => settings.cache(Duration::from_secs(3600), 8),
        false => settings,
    };
    let settings = clock.on(settings);
    Store::create_table(pool, &settings).await.unwrap();
    let store = Store::open(pool, settings).await.unwrap();
    let (tokens, handles, emails) = (Vec::new(), Vec::new(), Vec::new());
    let mut run = Run { pool, store, users, clock, tokens, handles, emails };
    run.see().await;
    for step in steps {
        seen.fetch_add(1, Ordering::SeqCst);
        let after = Model::apply(model.clone(), step);
        run.step(step, &model, &after).await;
        model = after;
    }
    run.check_all(&model).await;
}

on_every_database! {
    no_history_brings_back_what_was_ended
}
