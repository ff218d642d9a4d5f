//! The store and its pool, without the name of the database: so that handlers need not name it.

use std::{boxed::Box, string::String, vec::Vec};

use core::{future::Future, pin::Pin};

use sqlx::Pool;

use crate::store::{
    Backend, Created, EndAll, Ended, Handle, Id, NewSession, Session, SessionToken, Store,
    StoreError,
};

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// What this module asks of a [`Store`].
pub(super) trait Sessions: Send + Sync {
    fn lookup<'a>(&'a self, token: &'a [u8]) -> Answer<'a, Option<Session>>;
    fn create<'a>(&'a self, user_id: Id, new: &'a NewSession) -> Answer<'a, Created>;
    fn renew<'a>(&'a self, token: &'a SessionToken) -> Answer<'a, Option<SessionToken>>;
    fn reissue<'a>(&'a self, token: &'a SessionToken) -> Answer<'a, Option<Created>>;
    fn touch<'a>(&'a self, token: &'a SessionToken) -> Answer<'a, bool>;
    fn list<'a>(
        &'a self,
        user_id: Id,
        current: &'a SessionToken,
        limit: u32,
        offset: u32,
    ) -> Answer<'a, Vec<Session>>;
    fn end<'a>(&'a self, token: &'a [u8]) -> Answer<'a, Option<Ended>>;
    fn end_by_handle(&self, user_id: Id, handle: Handle) -> Answer<'_, Option<Ended>>;
    /// Not the e-mail tokens: a log-out everywhere leaves a change of address on its way.
    fn end_all(&self, user_id: Id) -> Answer<'_, Vec<Ended>>;
    fn end_others<'a>(&'a self, user_id: Id, current: &'a SessionToken) -> Answer<'a, Vec<Ended>>;
    fn should_reissue(&self, session: &Session) -> bool;
    fn live_socket_topic(&self, token: &SessionToken) -> String;
}

pub(super) struct On<DB: Backend> {
    pub(super) store: Store<DB>,
    pub(super) pool: Pool<DB>,
}

impl<DB: Backend> Sessions for On<DB> {
    fn lookup<'a>(&'a self, token: &'a [u8]) -> Answer<'a, Option<Session>> {
        Box::pin(self.store.lookup(&self.pool, token))
    }

    fn create<'a>(&'a self, user_id: Id, new: &'a NewSession) -> Answer<'a, Created> {
        Box::pin(self.store.create(&self.pool, user_id, new))
    }

    fn renew<'a>(&'a self, token: &'a SessionToken) -> Answer<'a, Option<SessionToken>> {
        Box::pin(self.store.renew(&self.pool, token.secret_bytes()))
    }

    fn reissue<'a>(&'a self, token: &'a SessionToken) -> Answer<'a, Option<Created>> {
        Box::pin(self.store.reissue(&self.pool, token.secret_bytes()))
    }

    fn touch<'a>(&'a self, token: &'a SessionToken) -> Answer<'a, bool> {
        Box::pin(self.store.touch(&self.pool, token.secret_bytes()))
    }

    fn list<'a>(
        &'a self,
        user_id: Id,
        current: &'a SessionToken,
        limit: u32,
        offset: u32,
    ) -> Answer<'a, Vec<Session>> {
        let current = Some(current.secret_bytes().as_slice());
        Box::pin(self.store.list(&self.pool, user_id, current, limit, offset))
    }

    fn end<'a>(&'a self, token: &'a [u8]) -> Answer<'a, Option<Ended>> {
        Box::pin(self.store.end(&self.pool, token))
    }

    fn end_by_handle(&self, user_id: Id, handle: Handle) -> Answer<'_, Option<Ended>> {
        Box::pin(self.store.end_by_handle(&self.pool, user_id, handle))
    }

    fn end_all(&self, user_id: Id) -> Answer<'_, Vec<Ended>> {
        Box::pin(self.store.end_all(&self.pool, user_id, EndAll::Sessions))
    }

    fn end_others<'a>(&'a self, user_id: Id, current: &'a SessionToken) -> Answer<'a, Vec<Ended>> {
        Box::pin(self.store.end_others(&self.pool, user_id, current.secret_bytes()))
    }

    fn should_reissue(&self, session: &Session) -> bool {
        self.store.should_reissue(session)
    }

    fn live_socket_topic(&self, token: &SessionToken) -> String {
        self.store.live_socket_topic(token)
    }
}
