//! What the layer does to requests and responses that are not its business: nothing. And what it does
//! where something ends while a request is on its way.

use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use phoenix_token::{
    axum::{Browser, CurrentSession},
    cookie::Session,
    term::Term,
};
use tokio::sync::Notify;
use tower::{Layer as _, ServiceExt as _, service_fn};

use crate::{
    jar::Jar,
    service::{REMEMBER_ME, SESSION, Service, app},
};

const DAY: Duration = Duration::from_secs(86_400);

/// Browsers of every kind.
async fn jars(service: &Service) -> Vec<(&'static str, Jar)> {
    let anonymous = {
        let mut jar = Jar::default();
        jar.get(&service.app(), "/put?a=b").await;
        jar
    };
    let logged_in = service.logged_in(1).await;
    let logged_out = {
        let jar = service.logged_in(1).await;
        jar.clone().post(&service.app(), "/log-out").await;
        jar
    };
    let mut damaged = logged_in.clone();
    damaged.cookies.get_mut(SESSION).unwrap().push('x');
    damaged.cookies.insert(REMEMBER_ME.into(), "SFMyNTY.x.y".into());
    let mut foreign = Jar::default();
    foreign.cookies.insert(SESSION.into(), "something of another program".into());
    foreign.cookies.insert("other".into(), "1".into());
    vec![
        ("new", Jar::default()),
        ("anonymous", anonymous),
        ("logged in", logged_in),
        ("logged out", logged_out),
        ("damaged", damaged),
        ("foreign", foreign),
    ]
}

#[tokio::test]
async fn a_response_is_the_same_to_the_byte_but_for_cache_control_where_nothing_changed() {
    async fn any(request: Request<Body>) -> Response {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = format!("{} {} {body:?}", parts.method, parts.uri);
        let headers = [("x-own", "1"), ("set-cookie", "other=2"), ("vary", "accept")];
        (StatusCode::IM_A_TEAPOT, headers, body).into_response()
    }
    async fn reads(browser: Browser, session: Option<CurrentSession>) -> String {
        browser.with_session(|session| session.remove("absent"));
        format!("{:?} {}", browser.take_flash(), session.is_some_and(|it| it.is_current))
    }
    async fn puts_what_is_there(browser: Browser) {
        browser.with_session(|session| {
            let before = session.clone();
            session.clear();
            for (key, value) in &before {
                session.put_term(key.as_str().unwrap(), value.clone());
            }
        });
    }
    let service = Service::new().await;
    let bare = Router::new().route("/", get(any).post(any));
    let layered = bare.clone().layer(service.auth.layer());
    let readers = Router::new()
        .route("/reads", get(reads))
        .route("/puts", get(puts_what_is_there))
        .layer(service.auth.layer());
    for (kind, mut jar) in jars(&service).await {
        for method in ["GET", "POST", "HEAD"] {
            let plain = jar.method(&bare, method, "/?a=b").await;
            let mut through = jar.method(&layered, method, "/?a=b").await;
            let added = through.headers.remove(header::CACHE_CONTROL);
            assert_eq!(added.unwrap(), "max-age=0, private, must-revalidate", "{kind}");
            assert_eq!(through.status, plain.status, "{kind}");
            assert_eq!(through.headers, plain.headers, "{kind}");
            assert_eq!(through.body, plain.body, "{kind}");
        }
        for path in ["/reads", "/puts"] {
            assert_eq!(jar.get(&readers, path).await.set_cookies(), [""; 0], "{kind} {path}");
        }
    }
}

#[tokio::test]
async fn a_body_is_handed_on_whatever_it_is_and_not_looked_into() {
    /// No body of HTTP at all, so that nobody could.
    #[derive(Debug, Default, PartialEq)]
    struct Stream(u8);

    let service = Service::new().await;
    let inner = service_fn(async |request: Request<Body>| {
        let has_browser = request.extensions().get::<Browser>().is_some();
        Ok::<_, ()>(axum::http::Response::new(Stream(u8::from(has_browser))))
    });
    let layered = service.auth.layer().layer(inner);
    let response = layered.oneshot(Request::new(Body::empty())).await.unwrap();
    assert_eq!(response.into_body(), Stream(1));
}

#[tokio::test]
async fn a_service_that_is_never_ready_is_not_called() {
    #[derive(Clone)]
    struct Failed;
    impl tower::Service<Request<Body>> for Failed {
        type Response = Response;
        type Error = &'static str;
        type Future = std::future::Ready<Result<Response, &'static str>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
            Poll::Ready(Err("not ready"))
        }
        fn call(&mut self, _: Request<Body>) -> Self::Future {
            std::future::ready(Err("called"))
        }
    }
    let service = Service::new().await;
    let answer = service.auth.layer().layer(Failed).oneshot(Request::new(Body::empty())).await;
    assert_eq!(answer.map(drop), Err("not ready"));
}

#[tokio::test]
async fn what_a_handler_says_of_caches_stands() {
    let service = Service::new().await;
    let handler = async || [(header::CACHE_CONTROL, "no-store")];
    let app = Router::new().route("/", get(handler)).layer(service.auth.layer());
    let answer = Jar::default().get(&app, "/").await;
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn a_shared_cache_may_keep_no_response_with_a_session_cookie() {
    let service = Service::new().await;
    let app = |says: &'static str| {
        let handler = async move || [(header::CACHE_CONTROL, says)];
        Router::new().route("/", get(handler)).layer(service.auth.layer())
    };
    let default = "max-age=0, private, must-revalidate";
    for (says, with_cookie) in [
        ("public, max-age=3600", default),
        ("max-age=3600", default),
        ("private, max-age=60", "private, max-age=60"),
        ("no-store", "no-store"),
    ] {
        let mut jar = service.logged_in(1).await;
        let answer = jar.get(&app(says), "/").await;
        assert_eq!(answer.set_cookies(), [""; 0], "nothing to be sent");
        assert_eq!(answer.headers["cache-control"], says);
        service.clock.advance(8 * DAY);
        let answer = jar.get(&app(says), "/").await;
        assert_eq!(answer.set_names(), [SESSION], "reissued");
        let all: Vec<_> = answer.headers.get_all(header::CACHE_CONTROL).iter().collect();
        assert_eq!(all, [with_cookie], "{says}");
    }
}

#[tokio::test]
async fn a_route_without_the_layer_says_500_and_not_that_nobody_is_logged_in() {
    let app = Router::new()
        .route("/", get(async |_: Option<CurrentSession>| "?"))
        .route("/settings", get(async |_: CurrentSession| "?"));
    for uri in ["/", "/settings"] {
        let answer = Jar::default().get(&app, uri).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    }
}

#[tokio::test]
async fn under_a_nested_router_the_whole_path_is_led_back_to() {
    let service = Service::new().await;
    let inner = Router::new()
        .route("/private", get(async |_: CurrentSession| "private"))
        .layer(service.auth.layer());
    let app = Router::new().nest("/area", inner);
    let mut jar = Jar::default();
    jar.get(&app, "/area/private?x=1").await;
    let back = service.session(&jar).take_user_return_to();
    assert_eq!(back.as_deref(), Some("/area/private?x=1"));
}

/// A service whose handler waits: it says when it has begun, and goes on when it is told to.
struct Slow {
    app: Router,
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl Slow {
    fn new(service: &Service) -> Self {
        let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (say, wait) = (begun.clone(), go_on.clone());
        let handler = async move |browser: Browser, session: Option<CurrentSession>| {
            say.notify_one();
            wait.notified().await;
            browser.put_flash("info", "done");
            session.map_or("nobody".to_owned(), |session| format!("user {}", session.user_id))
        };
        let app = Router::new().route("/slow", get(handler)).layer(service.auth.layer());
        Self { app, begun, go_on }
    }

    /// Sends the request, does `meanwhile` while it is on its way, and gives its answer.
    async fn during(&self, jar: &Jar, meanwhile: impl Future<Output = ()>) -> (Jar, String) {
        let (mut jar, app) = (jar.clone(), self.app.clone());
        let answer = tokio::spawn(async move {
            let body = jar.get(&app, "/slow").await.body;
            (jar, body)
        });
        self.begun.notified().await;
        meanwhile.await;
        self.go_on.notify_one();
        answer.await.unwrap()
    }
}

#[tokio::test]
async fn a_log_out_is_not_undone_by_a_request_in_flight() {
    for path in ["/log-out", "/log-out-everywhere"] {
        for (remembered, age) in
            [(false, Duration::ZERO), (true, Duration::ZERO), (false, 8 * DAY), (true, 8 * DAY)]
        {
            let service = Service::new().await;
            let slow = Slow::new(&service);
            let mut jar = Jar::default();
            jar.post(&service.app(), "/log-in?user=1&remember_me=true").await;
            if remembered {
                jar.cookies.remove(SESSION);
            }
            service.clock.advance(age);
            let mut other = jar.clone();
            let app = service.app();
            let log_out = async {
                assert!(other.post(&app, path).await.set_names().contains(&SESSION));
            };
            let (late, body) = slow.during(&jar, log_out).await;
            assert_eq!(body, "user 1", "it began before");
            assert_eq!(service.rows().await, 0);
            // The browser has both answers' cookies by now, in either order.
            let mut late_last = other.clone();
            late_last.cookies.extend(late.cookies.clone());
            for mut jar in [late, late_last, other] {
                assert_eq!(jar.get(&service.app(), "/").await.body, "nobody");
            }
        }
    }
}

#[tokio::test]
async fn what_another_browser_ended_meanwhile_is_not_reissued() {
    let service = Service::new().await;
    let slow = Slow::new(&service);
    let jar = service.logged_in(1).await;
    service.clock.advance(8 * DAY);
    let token = *service.session(&jar).user_token().unwrap();
    let end = async {
        service.store.end(&service.pool, &token).await.unwrap().unwrap();
    };
    let (jar, _) = slow.during(&jar, end).await;
    assert_eq!(service.rows().await, 0);
    assert_eq!(service.session(&jar).user_token(), Some(&token), "as it was, and of no use");
}

#[tokio::test]
async fn of_two_requests_at_once_each_is_reissued_and_both_stay_logged_in() {
    let service = Service::new().await;
    let slow = Slow::new(&service);
    let jar = service.logged_in(1).await;
    service.clock.advance(8 * DAY);
    let (mut first, mut second) = (jar.clone(), jar.clone());
    let app = service.app();
    let meanwhile = async {
        first.get(&app, "/").await;
    };
    let (late, _) = slow.during(&second, meanwhile).await;
    second = late;
    assert_ne!(service.session(&first).user_token(), service.session(&second).user_token());
    for jar in [&mut first, &mut second] {
        assert_eq!(jar.get(&service.app(), "/").await.body, "user 1");
    }
}

#[tokio::test]
async fn a_log_out_of_a_session_that_was_due_leaves_no_row() {
    let service = Service::new().await;
    let mut jar = service.logged_in(1).await;
    service.clock.advance(8 * DAY);
    jar.post(&service.app(), "/log-out").await;
    assert_eq!(service.rows().await, 0);
}

#[tokio::test]
async fn entries_of_the_other_side_stay_as_they_are() {
    let service = Service::new().await;
    let mut session = Session::new();
    session.put_term("of_phoenix", vec![Term::from(1), Term::from(300)]);
    session.put_flash("info", "from Phoenix");
    let mut jar = Jar::default();
    service.put_session(&mut jar, &session);
    jar.get(&app(&service.auth), "/put?own=1").await;
    let mut after = service.session(&jar);
    after.remove("own");
    assert_eq!(after, session);
}
