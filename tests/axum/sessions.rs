//! The page of a user's sessions, what is known of them, and what the options of `UserAuth` change.

use std::{collections::HashMap, error::Error as _, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::Query,
    http::{Request, StatusCode, header},
    response::IntoResponse,
    routing::{get, post},
};
use phoenix_token::{
    SignError,
    axum::{AuthError, Browser, CurrentSession, LogIn, Rejection, UserAuth},
    cookie::RememberMe,
    store::{Session, Settings, StoreError},
    term::Term,
};

use crate::{
    databases::{Place as _, sqlite::SqliteMemory},
    jar::Jar,
    service::{self, REMEMBER_ME, SECRET, SESSION, Service},
};

type Params = Query<HashMap<String, String>>;

fn app(auth: &UserAuth) -> Router {
    async fn list(session: CurrentSession, Query(page): Params) -> Result<String, AuthError> {
        let number = |name| page[name].parse().unwrap();
        let listed = session.list(number("limit"), number("offset")).await?;
        let line = |it: &Session| format!("{} {}", it.handle, it.is_current);
        Ok(listed.iter().map(line).collect::<Vec<_>>().join(", "))
    }
    async fn end(session: CurrentSession, Query(params): Params) -> Result<String, AuthError> {
        let ended = session.end(params["handle"].parse().unwrap()).await?;
        Ok(ended.map_or("none".into(), |ended| ended.live_socket_topic))
    }
    async fn end_others(session: CurrentSession) -> Result<String, AuthError> {
        let ended = session.end_others().await?;
        let mut topics: Vec<_> = ended.into_iter().map(|ended| ended.live_socket_topic).collect();
        topics.sort();
        Ok(topics.join(", "))
    }
    Router::new()
        .route("/list", get(list))
        .route("/end", post(end))
        .route("/end-others", post(end_others))
        .layer(auth.layer())
}

/// The row of the browser's session.
async fn row(service: &Service, jar: &Jar) -> Session {
    let token = *service.session(jar).user_token().unwrap();
    service.store.lookup_fresh(&service.pool, &token).await.unwrap().unwrap()
}

fn topic(service: &Service, jar: &Jar) -> String {
    service.session(jar).live_socket_id().unwrap().to_owned()
}

async fn who(service: &Service, jar: &Jar) -> String {
    jar.clone().get(&service.app(), "/").await.body
}

#[tokio::test]
async fn a_user_sees_all_their_sessions_and_no_others_and_the_current_one_is_marked() {
    let service = Service::new().await;
    let app = app(&service.auth);
    let mut jars = Vec::new();
    for user in [1, 2, 1] {
        jars.push(service.logged_in(user).await);
    }
    let (old, new) = (row(&service, &jars[0]).await.handle, row(&service, &jars[2]).await.handle);
    let listed = jars[0].get(&app, "/list?limit=10&offset=0").await.body;
    assert_eq!(listed, format!("{new} false, {old} true"));
    let listed = jars[2].get(&app, "/list?limit=10&offset=0").await.body;
    assert_eq!(listed, format!("{new} true, {old} false"));
    assert_eq!(jars[0].get(&app, "/list?limit=1&offset=0").await.body, format!("{new} false"));
    assert_eq!(jars[0].get(&app, "/list?limit=1&offset=1").await.body, format!("{old} true"));
    assert_eq!(Jar::default().get(&app, "/list?limit=1&offset=0").await.status, StatusCode::FOUND);
}

#[tokio::test]
async fn a_user_ends_one_of_their_sessions_and_stays_logged_in() {
    let service = Service::new().await;
    let app = app(&service.auth);
    let (mut one, two) = (service.logged_in(1).await, service.logged_in(1).await);
    let other = service.logged_in(2).await;
    let of_other = row(&service, &other).await.handle;
    let answer = one.post(&app, &format!("/end?handle={of_other}")).await;
    assert_eq!((answer.body.as_str(), answer.set_cookies().len()), ("none", 0));
    assert_eq!(who(&service, &other).await, "user 2");

    let handle = row(&service, &two).await.handle;
    let answer = one.post(&app, &format!("/end?handle={handle}")).await;
    assert_eq!((answer.body.clone(), answer.set_cookies().len()), (topic(&service, &two), 0));
    assert_eq!(who(&service, &two).await, "nobody");
    assert_eq!(who(&service, &one).await, "user 1");
    let of_no_table = "0186fa3d-1c2f-4c4f-9aaa-1234567890ab";
    for handle in [&handle.to_string(), of_no_table] {
        let again = one.post(&app, &format!("/end?handle={handle}")).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::OK, "none"));
        assert_eq!(again.set_cookies(), [""; 0]);
    }
}

#[tokio::test]
async fn a_user_who_ends_the_session_of_this_browser_is_logged_out_of_it() {
    let service = Service::new().await;
    let mut jar = service.logged_in(1).await;
    let (copy, topic) = (jar.clone(), topic(&service, &jar));
    let handle = row(&service, &jar).await.handle;
    let answer = jar.post(&app(&service.auth), &format!("/end?handle={handle}")).await;
    assert_eq!(answer.body, topic);
    assert_eq!(answer.set_names(), [REMEMBER_ME, SESSION]);
    assert!(service.session(&jar).is_empty());
    assert_eq!(who(&service, &copy).await, "nobody");
}

#[tokio::test]
async fn a_user_ends_all_sessions_but_that_of_this_browser() {
    let service = Service::new().await;
    let mut jar = service.logged_in(1).await;
    let (two, three) = (service.logged_in(1).await, service.logged_in(1).await);
    let other = service.logged_in(2).await;
    let answer = jar.post(&app(&service.auth), "/end-others").await;
    let mut topics = [topic(&service, &two), topic(&service, &three)];
    topics.sort();
    assert_eq!((answer.body.clone(), answer.set_cookies().len()), (topics.join(", "), 0));
    for (jar, is) in [(&jar, "user 1"), (&two, "nobody"), (&three, "nobody"), (&other, "user 2")] {
        assert_eq!(who(&service, jar).await, is);
    }
}

#[tokio::test]
async fn a_visit_is_noted_once_a_minute() {
    let service = Service::new().await;
    let mut jar = service.logged_in(1).await;
    let mut seen = Vec::new();
    for seconds in [10, 59, 1, 60] {
        service.clock.advance(Duration::from_secs(seconds));
        jar.get(&service.app(), "/").await;
        let ago = service.clock.now().as_millis()
            - row(&service, &jar).await.last_seen_at.unwrap().as_millis();
        seen.push(ago / 1000);
    }
    assert_eq!(seen, [0, 59, 0, 0]);
}

#[tokio::test]
async fn a_visit_is_noted_once_a_minute_where_look_ups_are_cached_too() {
    let cached = |settings: Settings| settings.cache(Duration::from_secs(3600), 100);
    let service = Service::with(cached).await;
    for sql in [
        "CREATE TABLE updates (n integer)",
        "CREATE TRIGGER count AFTER UPDATE OF last_seen_at ON users_tokens \
         WHEN NEW.last_seen_at IS NOT NULL BEGIN INSERT INTO updates VALUES (1); END",
    ] {
        SqliteMemory::run(&service.pool, sql).await;
    }
    let mut jar = service.logged_in(1).await;
    let mut updates = Vec::new();
    for seconds in [0, 10, 49, 1, 30, 30] {
        service.clock.advance(Duration::from_secs(seconds));
        assert_eq!(jar.get(&service.app(), "/").await.body, "user 1");
        let sql = "SELECT count(*) FROM updates";
        updates.push(SqliteMemory::number(&service.pool, sql).await);
        // So that an UPDATE finds a row whenever it is sent.
        let forget = "UPDATE users_tokens SET last_seen_at = NULL";
        SqliteMemory::run(&service.pool, forget).await;
    }
    assert_eq!(updates, [1, 1, 1, 2, 2, 3]);
}

/// What Elixir takes for none: `nil` and `false`.
#[tokio::test]
async fn a_session_whose_token_is_none_leaves_it_to_the_remember_me_cookie() {
    let service = Service::new().await;
    let remember_me = RememberMe::new(&service::secret(), "my_app").unwrap();
    let value = remember_me.write_at(&service.token(3).await, service.clock.now()).unwrap();
    for (token, is) in [
        (Term::NIL, "user 3"),
        (false.into(), "user 3"),
        (true.into(), "nobody"),
        ("x".into(), "nobody"),
    ] {
        let mut session = phoenix_token::cookie::Session::new();
        session.put_term("user_token", token);
        let mut jar = Jar::default();
        service.put_session(&mut jar, &session);
        jar.cookies.insert(REMEMBER_ME.into(), value.clone());
        assert_eq!(who(&service, &jar).await, is, "{session:?}");
    }
}

#[tokio::test]
async fn a_session_knows_the_device_it_was_made_on() {
    async fn log_in(
        browser: Browser,
        Query(params): Params,
    ) -> Result<impl IntoResponse, AuthError> {
        let mut options = LogIn::new();
        if let Some(name) = params.get("name") {
            options = options.user_agent(name).ip_address([192, 0, 2, 1]);
        }
        browser.log_in(1, &options).await
    }
    let service = Service::new().await;
    let app = Router::new().route("/", post(log_in)).layer(service.auth.layer());
    for (uri, user_agent, address) in
        [("/", "A browser", None), ("/?name=phone", "phone", Some("192.0.2.1"))]
    {
        let mut jar = Jar::default();
        let request = Request::post(uri).header(header::USER_AGENT, "A browser");
        jar.send(&app, request.body(Body::empty()).unwrap()).await;
        let row = row(&service, &jar).await;
        assert_eq!(row.user_agent.as_deref(), Some(user_agent));
        assert_eq!(row.ip_address.as_deref(), address);
        let request = Request::post("/?name=tablet").header(header::USER_AGENT, "Another");
        jar.send(&app, request.body(Body::empty()).unwrap()).await;
        let row = self::row(&service, &jar).await;
        assert_eq!(row.user_agent.as_deref(), Some(user_agent), "it is the same session");
        assert_eq!(row.ip_address.as_deref(), address);
    }
}

#[tokio::test]
async fn each_option_changes_one_thing() {
    let service = Service::new().await;
    let auth = service.auth.clone();
    let app = service::app(
        &auth
            .session_key("_own_key")
            .session_options(|options| options.path("/own"))
            .secure(false)
            .live_sockets(false)
            .signed_in_path("/in")
            .signed_out_path("/out")
            .log_in_path("/own-log-in")
            .messages("Who are you?", "Are you still there?")
            .sudo_window(Duration::from_secs(60)),
    );
    let mut jar = Jar::default();
    let session = |jar: &Jar| jar.session(&service.session_cookie, "_own_key");
    assert_eq!(jar.get(&app, "/settings").await.location(), Some("/own-log-in"));
    assert_eq!(session(&jar).flash("error"), Some("Who are you?"));
    let mut jar = Jar::default();
    let answer = jar.post(&app, "/log-in?user=1&remember_me=true").await;
    assert_eq!(answer.location(), Some("/in"));
    assert!(
        answer.set_cookies().iter().all(|cookie| !cookie.contains("; secure")),
        "{:?}",
        answer.headers
    );
    assert!(
        answer.set_cookies()[1].starts_with("_own_key=")
            && answer.set_cookies()[1].contains("path=/own")
    );
    assert_eq!(session(&jar).live_socket_id(), None);
    service.clock.advance(Duration::from_secs(59));
    assert_eq!(jar.get(&app, "/sudo").await.body, "sudo of 1");
    service.clock.advance(Duration::from_secs(1));
    assert_eq!(jar.get(&app, "/sudo").await.location(), Some("/own-log-in"));
    assert_eq!(session(&jar).flash("error"), Some("Are you still there?"));
    assert!(jar.post(&app, "/log-out").await.body.starts_with("/out ["));
}

#[tokio::test]
async fn a_handler_that_hides_a_failure_writes_no_cookie_either() {
    async fn log_in(browser: Browser) -> &'static str {
        browser.put_flash("info", "Welcome back!");
        browser.log_in(1, &LogIn::new()).await.map_or("later", |_| "welcome")
    }
    let service = Service::new().await;
    let app = Router::new().route("/", post(log_in)).layer(service.auth.layer());
    service.break_database().await;
    let answer = Jar::default().post(&app, "/").await;
    assert_eq!((answer.body.as_str(), answer.set_cookies().len()), ("later", 0));
}

#[tokio::test]
async fn what_is_printed_names_the_user_and_no_token() {
    async fn printed(browser: Browser, session: Option<CurrentSession>) -> String {
        let row = session.as_ref().map(|session| format!("{:?}", **session));
        assert_eq!(session.as_ref().map(|session| format!("{session:?}")), row);
        format!("{browser:?}")
    }
    let service = Service::new().await;
    let app = Router::new().route("/", get(printed)).layer(service.auth.layer());
    let mut jar = service.logged_in(1).await;
    assert_eq!(jar.get(&app, "/").await.body, "Browser { user_id: Some(Integer(1)), .. }");
    assert_eq!(Jar::default().get(&app, "/").await.body, "Browser { user_id: None, .. }");
    let within = get(async |browser: Browser| browser.with_session(|_| format!("{browser:?}")));
    let app = Router::new().route("/", within).layer(service.auth.layer());
    assert_eq!(jar.get(&app, "/").await.body, "Browser { .. }", "whose session is in use");
    let auth = format!("{:?}", service.auth);
    assert!(auth.starts_with("UserAuth {") && auth.contains(SESSION), "{auth}");
    assert!(auth.contains("release: V1_8") && !auth.contains(SECRET), "{auth}");
}

#[tokio::test]
async fn a_failure_says_what_it_is_and_what_was_ended_all_the_same() {
    let service = Service::new().await;
    let token = service.token(1).await;
    let ended = service.store.end(&service.pool, &token).await.unwrap().unwrap();
    let cause = Box::new(StoreError::TimedOut);
    let error =
        AuthError::from(StoreError::Incomplete { ended: vec![ended.clone()], error: cause });
    assert_eq!(error.ended(), [ended]);
    assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(error.to_string(), "1 of the sessions ended, others may be left");
    assert_eq!(error.source().unwrap().to_string(), StoreError::TimedOut.to_string());

    for error in [StoreError::NoConnection, StoreError::Busy(sqlx::Error::WorkerCrashed)] {
        assert_eq!(AuthError::from(error).status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    for error in [StoreError::IdType, StoreError::AddressTooLong, StoreError::Randomness] {
        assert_eq!(AuthError::from(error).status(), StatusCode::INTERNAL_SERVER_ERROR);
    }

    let error = AuthError::from(SignError::CookieCharacter);
    assert_eq!(error.to_string(), SignError::CookieCharacter.to_string());
    assert_eq!(error.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(error.ended().is_empty() && error.store_error().is_none() && error.source().is_none());

    let log_in_path = None;
    for (rejection, status, text) in [
        (Rejection::NoLayer, 500, "the route is not under the layer of UserAuth"),
        (Rejection::NotLoggedIn { log_in_path: None }, 401, "nobody is logged in"),
        (Rejection::NotSudo { log_in_path }, 403, "the user has to give their credentials again"),
    ] {
        assert_eq!(rejection.to_string(), text);
        assert_eq!(rejection.into_response().status(), status);
    }
    let unfit = Rejection::NotLoggedIn { log_in_path: Some("/\n".into()) };
    assert_eq!(unfit.into_response().status(), StatusCode::INTERNAL_SERVER_ERROR);
}
