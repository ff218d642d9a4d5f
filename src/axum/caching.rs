//! Who may keep a response.

use ::axum::http::{HeaderMap, HeaderValue, header};

/// What Plug starts every response with.
pub(super) const DEFAULT: HeaderValue =
    HeaderValue::from_static("max-age=0, private, must-revalidate");

/// Whether the response says that no cache of several browsers may keep it: else such a cache may hand
/// its `Set-Cookie`, and so the session, to others. `private="…"` is about some fields only.
pub(super) fn is_for_one_browser(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::CACHE_CONTROL).iter();
    values.any(|value| {
        let mut directives = value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        directives
            .any(|it| it.eq_ignore_ascii_case(b"private") || it.eq_ignore_ascii_case(b"no-store"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
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
    }
}
