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

pub(crate) fn encode(bytes: &[u8]) -> String {
    LENIENT.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    LENIENT.decode(text).ok()
}

/// The one canonical spelling of a dotted token. Each part is base64url but for the header `XCP`.
pub(crate) fn canonical(token: &str) -> Option<String> {
    let parts = token.split('.').map(|part| match part {
        "XCP" => Some(part.to_owned()),
        _ => decode(part).map(|bytes| encode(&bytes)),
    });
    parts.collect::<Option<Vec<_>>>().map(|parts| parts.join("."))
}
