//! Logging in and out with axum: the module `UserAuth` of phx.gen.auth.
//!
//! The session cookie, the remember-me cookie and the table are Phoenix's, so a browser that one side
//! has logged in is logged in on the other, and who logs out there is logged out here.
//!
//! ```
//! # #[cfg(feature = "sqlite")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use axum::{Router, response::{Html, IntoResponse}, routing::{get, post}};
//! use phoenix_token::{
//!     SecretKeyBase,
//!     axum::{AuthError, Browser, CurrentSession, LogIn, SudoSession, UserAuth},
//!     cookie::SessionCookie,
//!     store::{Settings, Store},
//! };
//! # use axum::{body::Body, http::Request};
//! # use tower::ServiceExt;
//!
//! # let secret_key_base = "a secret key base for cookies has at least sixty-four bytes, as here";
//! let secret = SecretKeyBase::new(secret_key_base)?; // at least 64 bytes
//! let pool = sqlx::SqlitePool::connect("sqlite::memory:").await?;
//! Store::create_table(&pool, &Settings::new()).await?; // where Phoenix has not made it
//! let store = Store::open(&pool, Settings::new()).await?;
//!
//! let session_cookie = SessionCookie::signed(&secret, "Sb5x9SKE")?; // signing_salt of endpoint.ex
//! let user_auth = UserAuth::new(&secret, "my_app", session_cookie, store, pool)?
//!     .log_in_path("/users/log-in");
//!
//! async fn home(session: Option<CurrentSession>) -> String {
//!     session.map_or("Hello!".into(), |session| format!("Hello, user {}!", session.user_id))
//! }
//!
//! // A form that is posted without a CSRF token is answered with status 403.
//! async fn log_in_page(browser: Browser) -> Result<Html<String>, AuthError> {
//!     let csrf_token = browser.csrf_token()?;
//!     Ok(Html(format!(
//!         "<form method=post><input type=hidden name=_csrf_token value=\"{csrf_token}\">
//!         <!-- the user's credentials --><button>Log in</button></form>"
//!     )))
//! }
//!
//! async fn log_in(browser: Browser) -> Result<impl IntoResponse, AuthError> {
//!     // Once the credentials have been checked:
//!     browser.log_in(42, &LogIn::new().remember_me(true)).await
//! }
//!
//! async fn log_out(browser: Browser) -> Result<impl IntoResponse, AuthError> {
//!     let logged_out = browser.log_out().await?;
//!     // Broadcast "disconnect" to logged_out.live_socket_topics, where there are live sockets.
//!     Ok(logged_out)
//! }
//!
//! async fn settings(session: CurrentSession) -> String {
//!     format!("You logged in at {:?}.", session.authenticated_at)
//! }
//!
//! async fn delete_account(_: SudoSession) -> &'static str {
//!     "Gone."
//! }
//!
//! let app: Router = Router::new()
//!     .route("/", get(home))
//!     .route("/users/log-in", get(log_in_page).post(log_in))
//!     .route("/users/log-out", post(log_out))
//!     .route("/users/settings", get(settings).delete(delete_account))
//!     .layer(user_auth.layer());
//! #
//! # let request = |uri| Request::get(uri).body(Body::empty());
//! # let response = app.clone().oneshot(request("/")?).await?;
//! # assert!(response.status().is_success() && !response.headers().contains_key("set-cookie"));
//! # let response = app.clone().oneshot(request("/users/settings")?).await?;
//! # assert_eq!(response.headers()["location"], "/users/log-in");
//! # let response = app.clone().oneshot(request("/users/log-in")?).await?;
//! # let cookie = response.headers()["set-cookie"].to_str()?.split(';').next().unwrap().to_owned();
//! # let page = axum::body::to_bytes(response.into_body(), 1_000).await?;
//! # let token = str::from_utf8(&page)?.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
//! # for (form, status) in [(String::new(), 403), (format!("_csrf_token={token}"), 302)] {
//! #     let request = Request::post("/users/log-in").header("cookie", &cookie);
//! #     let request = request.header("content-type", "application/x-www-form-urlencoded");
//! #     let response = app.clone().oneshot(request.body(Body::from(form))?).await?;
//! #     assert_eq!(response.status(), status);
//! # }
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "sqlite"))]
//! # fn main() {}
//! ```
//!
//! | in `UserAuth` | here |
//! | --- | --- |
//! | `plug :fetch_session`, `:fetch_current_scope_for_user`, `:fetch_current_user` | [`UserAuth::layer`] |
//! | `plug :protect_from_forgery` | the same, see [`UserAuth::check_csrf`] |
//! | `:require_authenticated_user` | the extractor [`CurrentSession`] |
//! | `:require_sudo_mode` | the extractor [`SudoSession`] |
//! | `:redirect_if_user_is_authenticated` | the extractor `Option<CurrentSession>` |
//! | `log_in_user/3` | [`Browser::log_in`] |
//! | `log_out_user/1`, `disconnect_sessions/1` | [`Browser::log_out`], [`LoggedOut::live_socket_topics`] |
//! | `get_csrf_token/0`, `put_flash/3`, `get_session/2`, `put_session/3` | [`Browser`] |
//!
//! # What differs from upstream
//! - A session is reissued after the handler ran, not before: one that was ended meanwhile is not.
//! - A user who gives their credentials again keeps the row of the session, under a new token; the old
//!   token is no more. Upstream leaves its row, and so two sessions in the list. The price: a request
//!   that is on its way with the old cookie meanwhile, from another tab, is nobody's; and where its
//!   answer sends the session (a message, a page to be led back to), the browser may keep that in the
//!   place of the fresh one, and the user logs in once more.
//! - A remember-me cookie that held the old token holds the new one then, also where the form does not
//!   ask for it. Upstream leaves it, as its row is still there.
//! - Logging in as somebody else ends the session before. Upstream leaves its row.
//! - A message stays in the flash until a page takes it; upstream drops it with the first response
//!   that is no redirect. [`Browser::take_flash`] gives those that are text; others go with them.
//! - The token of a remember-me cookie goes into the session only if its row is there; upstream puts it
//!   there anyway.
//! - The path to be led back to is noted as it came; upstream puts it together anew, without a slash at
//!   its end or a second one inside.
//! - A user who logs in while logged in is led to `signed_in_path` as anyone; upstream, with LiveView,
//!   leads them to `/users/settings`.
//! - A CSRF token is looked for in forms and in the header `x-csrf-token`; upstream finds one in JSON too.
//! - Where the database fails the answer is status 503, or 500 where waiting mends nothing, and no cookie
//!   is sent.
//! - A redirect leads to this site only; upstream raises for what would lead elsewhere.
//! - The user is led back to no page whose path and query together are longer than 1,536 bytes, or too long
//!   to fit into the session cookie beside what else is there. Upstream notes any that fits, and raises
//!   where none does.
//! - A `cache-control` that lets shared caches keep the response gives way to the default where a
//!   cookie of this module is sent.
//!
//! A response through the layer has `cache-control: max-age=0, private, must-revalidate`, as all of
//! Plug's have, unless the handler said otherwise; and with a session or remember-me cookie it has
//! that whatever the handler said, but for `private` and `no-store`: a shared cache that keeps a
//! `public` response may hand its cookies to others. Any response may bring a cookie, such as that of
//! a session which is due to be reissued, so what is to be kept by such a cache does not belong under
//! the layer. `Vary` is not set, as upstream: the cache of one browser is all that may keep the
//! response.
//!
//! # Beside tower-sessions
//! Nothing of it is needed: the session is in the cookie, and what can be ended is the row. Both may be
//! used in one service, with cookies of different names: tower-sessions for data that is too large
//! for a cookie or that Phoenix has no business with, this module for who is logged in. A
//! `SessionStore` over Phoenix's cookie could not be written, for such a store is given an id to find the
//! data by, and here the cookie is the data.

mod browser;
mod caching;
mod csrf;
mod current_session;
mod error;
mod layer;
mod log_in;
mod request;
mod sessions;
mod state;
mod user_auth;

pub use self::{
    browser::Browser,
    current_session::{CurrentSession, SudoSession},
    error::{AuthError, Rejection},
    layer::{UserAuthLayer, UserAuthService},
    log_in::{LogIn, LoggedIn, LoggedOut},
    user_auth::{Release, UserAuth},
};
