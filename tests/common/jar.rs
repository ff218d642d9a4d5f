//! A browser as far as cookies go, sending its requests to a service in this process.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub,
    reason = "a test may panic"
)]

use std::collections::BTreeMap;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use phoenix_token::cookie::{Session, SessionCookie};
use tower::ServiceExt as _;

/// What it keeps.
#[derive(Clone, Default)]
pub struct Jar {
    pub cookies: BTreeMap<String, String>,
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Jar {
    pub async fn get(&mut self, app: &Router, uri: &str) -> Answer {
        self.send(app, Request::get(uri).body(Body::empty()).unwrap()).await
    }

    pub async fn post(&mut self, app: &Router, uri: &str) -> Answer {
        self.send(app, Request::post(uri).body(Body::empty()).unwrap()).await
    }

    pub async fn post_form(&mut self, app: &Router, uri: &str, form: &str) -> Answer {
        let request = Request::post(uri)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()));
        self.send(app, request.unwrap()).await
    }

    pub async fn method(&mut self, app: &Router, method: &str, uri: &str) -> Answer {
        let request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap());
        self.send(app, request.uri(uri).body(Body::empty()).unwrap()).await
    }

    /// Sends the request with its cookies, and keeps those of the answer.
    pub async fn send(&mut self, app: &Router, mut request: Request<Body>) -> Answer {
        if !self.cookies.is_empty() {
            let pairs: Vec<String> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request.headers_mut().insert(header::COOKIE, pairs.join("; ").parse().unwrap());
        }
        let response = app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.keep(cookie.to_str().unwrap());
        }
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    fn keep(&mut self, set_cookie: &str) {
        let (name, value) = set_cookie.split(';').next().unwrap().split_once('=').unwrap();
        if set_cookie.contains("max-age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }

    /// What the session cookie holds.
    pub fn session(&self, cookie: &SessionCookie, name: &str) -> Session {
        cookie.read(self.cookies.get(name).map(String::as_str)).unwrap_or_default()
    }

    pub fn put_session(&mut self, cookie: &SessionCookie, name: &str, session: &Session) {
        self.cookies.insert(name.to_owned(), cookie.write(session).unwrap());
    }
}

impl Answer {
    pub fn location(&self) -> Option<&str> {
        self.headers.get(header::LOCATION).map(|location| location.to_str().unwrap())
    }

    /// What it sets, in the order of the headers.
    pub fn set_cookies(&self) -> Vec<&str> {
        let all = self.headers.get_all(header::SET_COOKIE).iter();
        all.map(|cookie| cookie.to_str().unwrap()).collect()
    }

    /// The names of the cookies it sets or removes.
    pub fn set_names(&self) -> Vec<&str> {
        self.set_cookies().iter().map(|cookie| cookie.split('=').next().unwrap()).collect()
    }
}
