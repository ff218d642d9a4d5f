//! How the cookies are called and sent, and what else their response says.

use axum::{
    body::Body,
    http::{Request, Version, header},
};
use phoenix_token::{
    SecretKeyBase,
    axum::UserAuth,
    cookie::{RememberMe, SessionCookie, SetCookie},
};

use crate::{
    jar::Jar,
    service::{REMEMBER_ME, SECRET, SESSION, Service, app, secret},
};

type Step = fn(UserAuth) -> UserAuth;

/// All orders of the steps.
fn orders(steps: &[Step]) -> Vec<Vec<Step>> {
    if steps.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for index in 0..steps.len() {
        let mut rest = steps.to_vec();
        let first = rest.remove(index);
        all.extend(orders(&rest).into_iter().map(|order| [&[first], &order[..]].concat()));
    }
    all
}

/// The secret of before a rotation.
fn old() -> SecretKeyBase {
    SecretKeyBase::new(SECRET.replace('w', "v")).unwrap()
}

/// What a log-in sends, with `…` for the values.
async fn sent(auth: &UserAuth) -> Vec<String> {
    let mut jar = Jar::default();
    let answer = jar.post(&app(auth), "/log-in?user=1&remember_me=true").await;
    let elided = |cookie: &str| {
        let (name, rest) = cookie.split_once('=').unwrap();
        format!("{name}=…{}", &rest[rest.find(';').unwrap()..])
    };
    answer.set_cookies().into_iter().map(elided).collect()
}

#[tokio::test]
async fn the_order_in_which_the_options_are_given_makes_no_difference() {
    let service = Service::new().await;
    let also_read: Step = |auth| {
        let session = SessionCookie::signed(&old(), "Sb5x9SKE").unwrap();
        let remember_me = RememberMe::for_schema(&old(), "my_app", "account").unwrap();
        auth.also_read(session, remember_me).unwrap()
    };
    let mut steps: Vec<Step> = vec![
        also_read,
        |auth| auth.secure(false),
        |auth| auth.session_key("_own_key"),
        |auth| auth.session_options(|options| options.domain("example.com")),
        |auth| auth.schema("account"),
    ];
    let old_remember_me = RememberMe::for_schema(&old(), "my_app", "account").unwrap();
    let of_old = old_remember_me.write_at(&service.token(2).await, service.clock.now()).unwrap();
    let session = "_own_key=…; path=/; domain=example.com; HttpOnly; SameSite=Lax";
    let of_schema = "_my_app_web_account_remember_me=…; path=/; \
                     expires=Fri, 16 Jan 2026 03:04:05 GMT; max-age=1209600; HttpOnly; SameSite=Lax";
    for order in orders(&steps) {
        let auth = order.iter().fold(service.auth.clone(), |auth, step| step(auth));
        assert_eq!(sent(&auth).await, [of_schema, session]);
        let mut jar = Jar::default();
        jar.cookies.insert("_my_app_web_account_remember_me".into(), of_old.clone());
        assert_eq!(jar.get(&app(&auth), "/").await.body, "user 2");
    }
    steps.push(|auth| {
        auth.remember_me(RememberMe::with_options(&secret(), SetCookie::new("own")).unwrap())
    });
    for order in orders(&steps) {
        let auth = order.iter().fold(service.auth.clone(), |auth, step| step(auth));
        assert_eq!(sent(&auth).await, ["own=…; path=/; HttpOnly", session]);
    }
}

#[tokio::test]
async fn without_a_word_about_https_each_cookies_own_options_stand() {
    let service = Service::new().await;
    let own = SetCookie::new("own").secure(false);
    let own = RememberMe::with_options(&secret(), own).unwrap();
    let auth = service.auth.clone().remember_me(own);
    let session = "_my_app_key=…; path=/; secure; HttpOnly; SameSite=Lax";
    assert_eq!(sent(&auth).await, ["own=…; path=/; HttpOnly", session]);
}

/// Bandit, before Plug, makes one of those that HTTP/2 brings: there it is the first of a name.
#[tokio::test]
async fn of_two_cookie_headers_it_is_plugs_choice_in_each_version_of_http() {
    let service = Service::new().await;
    let mut jars = Vec::new();
    for user in [1, 2] {
        let mut jar = Jar::default();
        jar.post(&service.app(), &format!("/log-in?user={user}&remember_me=true")).await;
        jars.push(jar);
    }
    for name in [SESSION, REMEMBER_ME] {
        for (version, is) in [
            (Version::HTTP_10, "user 2"),
            (Version::HTTP_11, "user 2"),
            (Version::HTTP_2, "user 1"),
            (Version::HTTP_3, "user 1"),
        ] {
            let mut request = Request::get("/").version(version);
            for jar in &jars {
                request = request.header(header::COOKIE, format!("{name}={}", jar.cookies[name]));
            }
            let request = request.body(Body::empty()).unwrap();
            let answer = Jar::default().send(&service.app(), request).await;
            assert_eq!(answer.body, is, "{name} by {version:?}");
        }
    }
}
