//! The plug `protect_from_forgery`.

use ::axum::{
    body::{self, Body},
    http::{StatusCode, header, request::Parts},
};
use std::{borrow::Cow, string::String};

use super::{request, state::Visit};
use crate::csrf_protection::is_unprotected_method;

/// The most bytes of a form, as `Plug.Parsers.URLENCODED` has it.
const MAX_FORM: usize = 1_000_000;

/// Gives the body back, if the request is one that needs no token or brings the right one.
pub(super) async fn check(visit: &Visit, parts: &Parts, body: Body) -> Result<Body, StatusCode> {
    if is_unprotected_method(parts.method.as_str()) || accepts(visit, from_header(parts)) {
        return Ok(body);
    }
    if !is_form(parts) {
        return Err(StatusCode::FORBIDDEN);
    }
    let read = body::to_bytes(body, MAX_FORM).await;
    let bytes = read.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    let accepted = accepts(visit, in_form(&bytes).as_deref());
    if accepted { Ok(Body::from(bytes)) } else { Err(StatusCode::FORBIDDEN) }
}

fn accepts(visit: &Visit, given: Option<&str>) -> bool {
    let token = visit.state().session.csrf_token();
    visit.auth.csrf.check(token.as_ref(), given, &visit.facts.host).is_ok()
}

fn from_header(parts: &Parts) -> Option<&str> {
    request::text(&parts.headers, header::HeaderName::from_static("x-csrf-token"))
}

fn is_form(parts: &Parts) -> bool {
    let kind = request::text(&parts.headers, header::CONTENT_TYPE).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// The last of several fields of the name, as Plug has it.
fn in_form(form: &[u8]) -> Option<String> {
    let fields = form_urlencoded::parse(form);
    fields.filter(|(name, _)| name == "_csrf_token").last().map(|(_, value)| Cow::into_owned(value))
}
