//! What is read off a request.

use core::str;
use std::{borrow::ToOwned, string::String};

use ::axum::{
    extract::OriginalUri,
    http::{HeaderMap, HeaderValue, Method, Version, header, request::Parts},
};

/// The longest path, with its query, that is noted in the session: it leaves half of the cookie to what
/// else is there, and to what the log-in page puts beside it.
const MAX_RETURN_TO: usize = 1536;

/// What later steps want to know of a request that is gone by then.
pub(super) struct Facts {
    /// The host that was asked for, without a port.
    pub(super) host: String,
    /// Path and query of a `GET`, or of a `HEAD`, of which `Plug.Head` makes one: `current_path/1` of
    /// Phoenix. Not one that is too long to be noted.
    pub(super) return_to: Option<String>,
    pub(super) user_agent: Option<String>,
    /// The value of the remember-me cookie.
    pub(super) remember_me: Option<String>,
}

impl Facts {
    pub(super) fn of(parts: &Parts, remember_me: &str) -> Self {
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |original| &original.0);
        let path = uri.path_and_query().map(|path| path.as_str());
        let is_page = matches!(parts.method, Method::GET | Method::HEAD);
        let path = path.filter(|path| is_page && path.len() <= MAX_RETURN_TO && is_local(path));
        Self {
            host: host(parts).to_owned(),
            return_to: path.map(Into::into),
            user_agent: text(&parts.headers, header::USER_AGENT).map(Into::into),
            remember_me: cookie(parts, remember_me).map(Into::into),
        }
    }
}

/// The value of a cookie: within a header the first of that name, and of several headers the last,
/// as `Plug.Conn.fetch_cookies/1` has it. From HTTP/2 on several are parts of one (RFC 9113, section
/// 8.2.3), which Bandit joins before Plug sees them.
pub(super) fn cookie<'r>(parts: &'r Parts, name: &str) -> Option<&'r str> {
    let mut all = parts.headers.get_all(header::COOKIE).iter();
    let find = |header: &'r HeaderValue| in_header(header.as_bytes(), name.as_bytes());
    if parts.version >= Version::HTTP_2 { all.find_map(find) } else { all.rev().find_map(find) }
}

fn in_header<'r>(header: &'r [u8], name: &[u8]) -> Option<&'r str> {
    header.split(|byte| *byte == b';').find_map(|pair| {
        let start = pair.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
        let value = pair.get(start..)?.strip_prefix(name)?.strip_prefix(b"=")?;
        str::from_utf8(value).ok().map(|value| value.trim_end_matches(' '))
    })
}

/// Whether a redirect to it stays on this site, as `Phoenix.Controller.redirect/2` asks of `to:`.
pub(super) fn is_local(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

pub(super) fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn host(parts: &Parts) -> &str {
    let authority = match parts.uri.host() {
        Some(host) => host,
        None => text(&parts.headers, header::HOST).unwrap_or_default(),
    };
    let end = match authority.strip_prefix('[') {
        Some(address) => address.find(']').and_then(|end| end.checked_add(2)),
        None => authority.find(':'),
    };
    end.and_then(|end| authority.get(..end)).unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use super::*;
    use ::axum::http::Request;

    #[test]
    fn of_two_cookies_of_one_name_plugs_choice_is_taken() {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.headers.append(header::COOKIE, "a=1; b=2 ;a=3".parse().unwrap());
        assert_eq!(cookie(&parts, "a"), Some("1"));
        assert_eq!(cookie(&parts, "b"), Some("2"));
        parts.headers.append(header::COOKIE, "xa=9;a=x=y".parse().unwrap());
        assert_eq!(cookie(&parts, "a"), Some("x=y"));
        assert_eq!(cookie(&parts, "c"), None);
    }

    #[test]
    fn the_host_comes_without_its_port() {
        let of = |uri: &str, host: &str| {
            let request = Request::builder().uri(uri).header(header::HOST, host).body(());
            self::host(&request.unwrap().into_parts().0).to_owned()
        };
        assert_eq!(of("/", "www.example.com:4000"), "www.example.com");
        assert_eq!(of("/", "www.example.com"), "www.example.com");
        assert_eq!(of("/", "[::1]:4000"), "[::1]");
        assert_eq!(of("https://a.example:1/x", "b.example"), "a.example");
    }

    #[test]
    fn a_redirect_never_leaves_the_site() {
        for path in ["//evil.example", "https://evil.example", "/\\evil.example", "", "a", "/a b"] {
            assert!(!is_local(path), "{path}");
        }
        assert!(is_local("/") && is_local("/a?b=//c"));
    }
}
