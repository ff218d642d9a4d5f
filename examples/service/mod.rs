//! The pages of both examples: signing in by a link, the list of one's sessions, and what ends them.
//!
//! The links go to whatever [`Service::send`] is: the console, here.
//! Live sockets of sessions that end are not told; the guide "Beside Phoenix" shows how to.

mod device;
mod html;
mod links;
mod pages;
#[cfg(feature = "postgres")]
#[allow(dead_code, reason = "each example has one database")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
#[allow(dead_code, reason = "each example has one database")]
pub(crate) mod sqlite;
mod times;

use std::{error::Error, future::Future, marker, net::SocketAddr, pin::Pin, sync::Arc};

use axum::Router;
use phoenix_token::{
    axum::UserAuth,
    store::{Id, StoreError},
};
use tokio::net::TcpListener;

use links::Links;

/// What the pages work with.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) auth: UserAuth,
    pub(crate) users: Arc<dyn Users>,
    pub(crate) links: Arc<dyn Links>,
    pub(crate) send: Send,
    /// Under which the service is reached: `http://localhost:3000`.
    pub(crate) origin: String,
}

/// Sends a link, the second, to an address.
pub(crate) type Send = Arc<dyn Fn(&str, &str) + marker::Send + Sync>;

pub(crate) type Answer<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, StoreError>> + marker::Send + 'a>>;

/// The table of users, which is the application's own.
pub(crate) trait Users: marker::Send + Sync {
    /// Whom a link may be sent to.
    fn by_email<'a>(&'a self, email: &'a str) -> Answer<'a, Option<Id>>;

    fn email(&self, id: Id) -> Answer<'_, Option<String>>;

    /// Uses up the token of a link: whom it signs in. `login_user_by_magic_link/1`
    fn take_link<'a>(&'a self, token: &'a str) -> Answer<'a, Option<Id>>;
}

/// Serves the pages until the program is stopped.
pub(crate) async fn serve(listener: TcpListener, service: Service) -> Result<(), Box<dyn Error>> {
    let app = app(service).into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, app).await?)
}

pub(crate) fn app(service: Service) -> Router {
    let layer = service.auth.layer();
    let routes = pages::routes().with_state(service).layer(layer);
    // In this order: what is nowhere is answered by the other router's fallback.
    pages::for_all().merge(routes).layer(axum::middleware::map_response(pages::finish))
}

/// Listens on `localhost`, on the port of `PORT` or on this one, and says under which origin.
pub(crate) async fn listen(port: u16) -> Result<(TcpListener, String), Box<dyn Error>> {
    let port = match std::env::var("PORT") {
        Ok(given) => given.parse().map_err(|_| format!("PORT is {given:?}, which is no port"))?,
        Err(_) => port,
    };
    let bound = TcpListener::bind(("127.0.0.1", port)).await;
    let listener =
        bound.map_err(|error| format!("port {port}: {error}; choose another with PORT"))?;
    let origin = format!("http://localhost:{}", listener.local_addr()?.port());
    Ok((listener, origin))
}

/// Prints the link instead of sending it.
#[allow(clippy::print_stdout, reason = "an example prints")]
pub(crate) fn print(address: &str, link: &str) {
    println!("\nTo: {address}\nSign in with this link, within 15 minutes:\n{link}\n");
}
