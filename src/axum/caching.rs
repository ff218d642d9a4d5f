//! Who may keep a response.

use ::axum::http::{HeaderMap, HeaderValue, header};

/// What Plug starts every response with.
pub(super) const DEFAULT: HeaderValue =
    HeaderValue::from_static("max-age=0, private, must-revalidate");

/// What caches of several browsers go by, before `Cache-Control`: RFC 9213, and an older form of it.
const OF_SHARED_CACHES: [&str; 2] = ["cdn-cache-control", "surrogate-control"];

/// Lets no cache of several browsers keep the response: it might hand its `Set-Cookie`, and so the
/// session, to others.
pub(super) fn keep_for_one_browser(headers: &mut HeaderMap) {
    for name in OF_SHARED_CACHES {
        headers.remove(name);
    }
    if !is_for_one_browser(headers) {
        headers.insert(header::CACHE_CONTROL, DEFAULT);
    }
}

/// Whether the response says so itself. A directive of some fields only (`private="…"`) says less, and
/// what stands in quotes nothing.
fn is_for_one_browser(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CACHE_CONTROL).iter();
    values.any(|value| {
        if value.as_bytes().contains(&b'"') {
            return false;
        }
        let mut directives = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        directives
            .any(|it| it.eq_ignore_ascii_case(b"private") || it.eq_ignore_ascii_case(b"no-store"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

    use super::*;

    #[test]
    fn only_private_and_no_store_keep_a_response_from_shared_caches() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CACHE_CONTROL, value.parse().unwrap());
            }
            is_for_one_browser(&headers)
        };
        assert!(of(&["private"]) && of(&["max-age=0, Private ,x"]) && of(&["NO-STORE"]));
        assert!(of(&["max-age=60", "private, max-age=60"]) && of(&[DEFAULT.to_str().unwrap()]));
        for shared in ["public", "max-age=60", "no-cache", "", "s-maxage=1", "x-private"] {
            assert!(!of(&[shared]), "{shared}");
        }
        assert!(!of(&[]) && !of(&["private=\"set-cookie\""]) && !of(&["public, private=\"x\""]));
        assert!(!of(&["no-cache=\"x, private, y\""]) && !of(&["private=\"a, no-store, b\""]));
    }

    #[test]
    fn what_is_said_to_shared_caches_alone_is_taken_back() {
        let mut headers = HeaderMap::new();
        for name in OF_SHARED_CACHES {
            headers.insert(name, "max-age=60".parse().unwrap());
        }
        headers.insert(header::CACHE_CONTROL, "private, max-age=5".parse().unwrap());
        keep_for_one_browser(&mut headers);
        assert_eq!(headers.len(), 1);
        assert_eq!(headers[header::CACHE_CONTROL], "private, max-age=5");
        headers.insert(header::CACHE_CONTROL, "public".parse().unwrap());
        keep_for_one_browser(&mut headers);
        assert_eq!(headers[header::CACHE_CONTROL], DEFAULT);
    }
}
