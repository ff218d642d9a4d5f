//! Forms: which requests need a CSRF token, and where they bring it.

use axum::{
    Router,
    body::Body,
    http::{Request, StatusCode, header},
    routing::post,
};
use phoenix_token::{
    SecretKeyBase,
    axum::Browser,
    cookie::Session,
    csrf_protection::{CsrfProtection, CsrfToken},
};
use serde_json::Value;

use crate::{
    jar::Jar,
    service::{SESSION, Service, app, secret},
};

/// The service with the check that is on by default, and a browser that was shown a form.
async fn shown() -> (Service, Router, Jar, String) {
    let service = Service::new().await;
    let app = app(&service.auth.clone().check_csrf(true));
    let mut jar = Jar::default();
    let token = jar.get(&app, "/form").await.body;
    (service, app, jar, token)
}

#[tokio::test]
async fn a_form_with_the_token_of_its_session_is_taken_and_comes_whole_to_its_handler() {
    let (service, app, mut jar, token) = shown().await;
    assert!(service.session(&jar).csrf_token().is_some());
    let form = format!("name=a%20b&_csrf_token={token}&rest=%00%ff");
    let answer = jar.post_form(&app, "/form", &form).await;
    assert_eq!((answer.status, answer.body), (StatusCode::OK, form));
}

#[tokio::test]
async fn the_token_may_come_in_the_header_with_a_body_of_any_kind() {
    let (_service, app, mut jar, token) = shown().await;
    for kind in ["application/json", "multipart/form-data; boundary=x", "text/plain"] {
        let request = Request::put("/put").header("x-csrf-token", &token);
        let request = request.header(header::CONTENT_TYPE, kind).body(Body::from("{}"));
        assert_eq!(jar.send(&app, request.unwrap()).await.status, StatusCode::OK, "{kind}");
    }
}

#[tokio::test]
async fn a_form_without_a_token_or_with_another_is_refused_and_changes_nothing() {
    let (service, app, mut jar, token) = shown().await;
    let (_, _, _, foreign) = shown().await;
    let mut damaged = token.clone().into_bytes();
    damaged[3] ^= 1;
    let damaged = String::from_utf8(damaged).unwrap();
    for given in ["", "forged", &foreign, &damaged, &token[1..]] {
        let answer = jar.post_form(&app, "/log-in?user=1", &format!("_csrf_token={given}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{given}");
        assert_eq!((answer.body.as_str(), answer.set_cookies().len()), ("", 0));
    }
    for request in [Request::post("/log-in?user=1"), Request::delete("/settings")] {
        let answer = jar.send(&app, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(service.rows().await, 0);
}

#[tokio::test]
async fn without_a_session_no_token_is_right() {
    let (_service, app, _, token) = shown().await;
    let answer = Jar::default().post_form(&app, "/form", &format!("_csrf_token={token}")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn of_several_fields_of_the_name_the_last_counts_as_with_plug() {
    let (_service, app, mut jar, token) = shown().await;
    let good = format!("_csrf_token=forged&%5fcsrf_token={token}");
    assert_eq!(jar.post_form(&app, "/form", &good).await.status, StatusCode::OK);
    let bad = format!("_csrf_token={token}&_csrf_token=forged");
    assert_eq!(jar.post_form(&app, "/form", &bad).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn in_a_body_that_is_no_form_no_token_is_looked_for() {
    let (_service, app, mut jar, token) = shown().await;
    for kind in ["text/plain", "application/json", "application/x-www-form-urlencodedx"] {
        let request = Request::post("/form").header(header::CONTENT_TYPE, kind);
        let request = request.body(Body::from(format!("_csrf_token={token}"))).unwrap();
        assert_eq!(jar.send(&app, request).await.status, StatusCode::FORBIDDEN, "{kind}");
    }
}

#[tokio::test]
async fn a_form_over_a_megabyte_is_not_read_to_its_end() {
    let (_service, app, mut jar, token) = shown().await;
    let form = format!("_csrf_token={token}&filler={}", "x".repeat(1_000_000));
    let answer = jar.post_form(&app, "/form", &form).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn what_changes_nothing_needs_no_token() {
    let (_service, app, mut jar, _) = shown().await;
    assert_eq!(jar.get(&app, "/").await.status, StatusCode::OK);
    assert_eq!(jar.method(&app, "HEAD", "/").await.status, StatusCode::OK);
    assert_eq!(jar.method(&app, "OPTIONS", "/put").await.status, StatusCode::OK);
    assert_eq!(jar.method(&app, "PUT", "/put").await.status, StatusCode::FORBIDDEN);
    assert_eq!(jar.method(&app, "get", "/put").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_from_before_logging_in_or_out_is_of_no_use_after() {
    let (_service, app, mut jar, token) = shown().await;
    let form = format!("_csrf_token={token}");
    jar.post_form(&app, "/log-in?user=1", &form).await;
    assert_eq!(jar.get(&app, "/").await.body, "user 1");
    assert_eq!(jar.post_form(&app, "/form", &form).await.status, StatusCode::FORBIDDEN);
    let form = format!("_csrf_token={}", jar.get(&app, "/form").await.body);
    assert_eq!(jar.post_form(&app, "/log-out", &form).await.status, StatusCode::OK);
    assert_eq!(jar.post_form(&app, "/form", &form).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_handler_may_ask_for_itself() {
    let service = Service::new().await;
    async fn ask(browser: Browser, token: String) -> StatusCode {
        browser.check_csrf(&token).map_or(StatusCode::FORBIDDEN, |()| StatusCode::OK)
    }
    let routes = Router::new().route("/ask", post(ask)).layer(service.auth.layer());
    let mut jar = Jar::default();
    let token = jar.get(&service.app(), "/form").await.body;
    for (given, status) in [(token, StatusCode::OK), ("forged".into(), StatusCode::FORBIDDEN)] {
        let request = Request::post("/ask").body(Body::from(given)).unwrap();
        assert_eq!(jar.send(&routes, request).await.status, status);
    }
}

#[tokio::test]
async fn tokens_of_the_real_library_are_taken_and_refused_as_it_does() {
    let service = Service::new().await;
    let vectors = std::fs::read_to_string("vectors/plug_crypto-2.1.1/csrf.json").unwrap();
    let vectors: Value = serde_json::from_str(&vectors).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut accepted = [0, 0];
    for case in vectors["cases"].as_array().unwrap() {
        let of_case = SecretKeyBase::new(text(&case["secret_key_base"])).unwrap();
        for given in case["tries"].as_array().unwrap() {
            let Some(token) = CsrfToken::from_session(text(&given["session_token"]).as_bytes())
            else {
                continue;
            };
            let mut csrf = CsrfProtection::new(&of_case);
            for host in given["allow_hosts"].as_array().unwrap() {
                csrf = csrf.allow_host(text(host));
            }
            let app = app(&service.auth.clone().check_csrf(true).csrf_protection(csrf));
            let mut session = Session::new();
            session.put_csrf_token(&token);
            let mut jar = Jar::default();
            service.put_session(&mut jar, &session);
            let form = form_of(&text(&given["given"]));
            let request = Request::post("/form")
                .header(header::HOST, format!("{}:4000", text(&given["request_host"])))
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded; charset=utf-8")
                .body(Body::from(form))
                .unwrap();
            let taken = jar.send(&app, request).await.status == StatusCode::OK;
            assert_eq!(Value::Bool(taken), given["accepted"], "{given}");
            accepted[usize::from(taken)] += 1;
        }
    }
    assert!(accepted.iter().all(|count| *count > 20), "{accepted:?}");
}

fn form_of(token: &str) -> String {
    let encoded: String = token.bytes().map(|byte| format!("%{byte:02x}")).collect();
    format!("_csrf_token={encoded}")
}

#[tokio::test]
async fn a_form_that_the_other_side_rendered_is_taken() {
    let service = Service::new().await;
    let app = app(&service.auth.clone().check_csrf(true));
    let token = CsrfToken::generate().unwrap();
    let mut session = Session::new();
    session.put_csrf_token(&token);
    let mut jar = Jar::default();
    service.put_session(&mut jar, &session);
    let bound = token.bind_to_host(&secret(), "www.example.com").unwrap();
    let request = |host: &str| {
        Request::post("/form").header(header::HOST, host).header("x-csrf-token", &bound)
    };
    for (host, status) in [("www.example.com:443", 200), ("evil.example", 403)] {
        let answer = jar.send(&app, request(host).body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, status, "{host}");
        assert!(!answer.set_names().contains(&SESSION));
    }
}
