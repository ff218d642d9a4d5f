//! Whether what is printed shows a secret, in any spelling.
#![allow(clippy::panic, missing_docs, unreachable_pub, reason = "a test may panic")]

/// None of them: as text, hex, or a list of numbers, six bytes in a row.
pub fn shows_none_of(printed: &str, secrets: &[&[u8]]) {
    for window in secrets.iter().flat_map(|secret| secret.windows(6)) {
        let hex: String = window.iter().map(|byte| format!("{byte:02x}")).collect();
        let (decimal, hexes) = (format!("{window:?}"), format!("{window:x?}"));
        let inner = |list: &str| list.trim_matches(['[', ']']).to_owned();
        let text = String::from_utf8_lossy(window).into_owned();
        for spelling in [text, hex.to_uppercase(), hex, inner(&decimal), inner(&hexes)] {
            assert!(!printed.contains(&spelling), "shows a secret: {printed}");
        }
    }
}
