use core::{
    future::Future,
    mem,
    pin::Pin,
    task::{Context, Poll},
};
use std::{boxed::Box, sync::Arc};

use ::axum::{body::Body, http::Request, response::Response};
use tower::{Layer, Service};

use super::{browser::Browser, csrf, state::Visit, user_auth::UserAuth};
use crate::events;

/// The layer of [`UserAuth::layer`].
#[derive(Clone, Debug)]
pub struct UserAuthLayer {
    auth: Arc<UserAuth>,
}

/// What [`UserAuthLayer`] makes of a service.
#[derive(Clone, Debug)]
pub struct UserAuthService<S> {
    inner: S,
    auth: Arc<UserAuth>,
}

impl UserAuthLayer {
    pub(super) fn new(auth: Arc<UserAuth>) -> Self {
        Self { auth }
    }
}

impl<S> Layer<S> for UserAuthLayer {
    type Service = UserAuthService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        UserAuthService { inner, auth: self.auth.clone() }
    }
}

impl<S, B> Service<Request<Body>> for UserAuthService<S>
where
    S: Service<Request<Body>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    B: Default + Send + 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        // The one that was found ready is the one to be called.
        let clone = self.inner.clone();
        let inner = mem::replace(&mut self.inner, clone);
        Box::pin(respond(inner, self.auth.clone(), request))
    }
}

async fn respond<S, B>(
    mut inner: S,
    auth: Arc<UserAuth>,
    request: Request<Body>,
) -> Result<Response<B>, S::Error>
where
    S: Service<Request<Body>, Response = Response<B>>,
    B: Default,
{
    let (mut parts, mut body) = request.into_parts();
    let visit = Arc::new(Visit::begin(auth, &parts));
    if visit.auth.checks_csrf {
        match csrf::check(&visit, &parts, body).await {
            Ok(same) => body = same,
            Err(refused) => {
                events::csrf_token_refused();
                return Ok(visit.finish(super::error::empty(refused)).await);
            }
        }
    }
    if let Err(error) = visit.authenticate().await {
        return Ok(visit.finish(error.into_empty_response()).await);
    }
    parts.extensions.insert(Browser::new(visit.clone()));
    let response = inner.call(Request::from_parts(parts, body)).await?;
    Ok(visit.finish(response).await)
}
