//! Base64url as Elixir's `Base.url_decode64(_, padding: false)` takes it: padded or not, and
//! whatever the unused bits of the last character are.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub fn encode(bytes: &[u8]) -> String {
    LENIENT.encode(bytes)
}

pub fn decode(text: &str) -> Option<Vec<u8>> {
    LENIENT.decode(text).ok()
}

/// The one canonical spelling of a dotted token, where each part but the first `labels` is base64url.
pub fn canonical(token: &str, labels: usize) -> Option<String> {
    let parts = token.split('.').enumerate().map(|(at, part)| {
        if at < labels { Some(part.to_owned()) } else { decode(part).map(|bytes| encode(&bytes)) }
    });
    parts.collect::<Option<Vec<_>>>().map(|parts| parts.join("."))
}
