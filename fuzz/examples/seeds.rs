//! Writes `corpus/`: the terms and payloads of `../vectors/`, as each target takes them.

use std::{
    collections::BTreeSet,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

use phoenix_token::{
    EncryptionKey, key_generator::Digest, message_encryptor, message_encryptor::AAD,
    message_verifier, term::Term,
};
use phoenix_token_fuzz::{Repeating, SALT, SIGNING_KEY, a128gcm_token, derived};
use serde_json::Value;

/// Longer ones are slow and show nothing that shorter ones do not.
const LONGEST: usize = 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut terms, mut payloads) = (BTreeSet::new(), BTreeSet::new());
    for folder in fs::read_dir(root.join("../vectors"))? {
        let folder = folder?.path();
        for name in ["etf_encode", "etf_decode", "token", "payload_layout", "age_at_clock"] {
            let Ok(text) = fs::read_to_string(folder.join(name).with_extension("json")) else {
                continue;
            };
            for case in serde_json::from_str::<Value>(&text)?["cases"].as_array().ok_or("cases")? {
                terms.extend(
                    ["etf", "compressed", "data_etf"].iter().filter_map(|it| hex(&case[it])),
                );
                payloads.extend(payload(&case["token"]));
            }
        }
    }
    terms.retain(|term| term.len() <= LONGEST);
    payloads.retain(|payload| payload.len() <= LONGEST);

    let corpus = Corpus(root.join("corpus"));
    let key = EncryptionKey::for_xcp(derived(SALT))?;
    let mut tokens = Vec::new();
    let mut encrypted = vec![a128gcm_token()];
    for payload in &payloads {
        tokens.extend(
            [Digest::Sha256, Digest::Sha384, Digest::Sha512]
                .map(|digest| message_verifier::sign(payload, &SIGNING_KEY, digest)),
        );
        let rng = &mut Repeating(payload);
        encrypted.push(message_encryptor::encrypt_with_rng(payload, AAD, &key, rng)?);
    }
    let all = terms.union(&payloads);
    corpus.write("term_decode", 0, all.clone())?;
    corpus.write("term_differential", 0, all)?;
    let literals = terms.iter().filter_map(|term| Some(Term::decode(term).ok()?.to_string()));
    corpus.write("literal_parser", 0, literals.collect::<BTreeSet<_>>())?;
    // What stands before the bytes is read as no damage, key 0 and no options.
    corpus.write("session_cookie", 4, &terms)?;
    corpus.write("keyring", 21, &terms)?;
    corpus.write("messages", 41, &payloads)?;
    corpus.write("envelope", 3, &payloads)?;
    corpus.write("token_verify", 0, &tokens)?;
    corpus.write("token_decrypt", 0, &encrypted)?;
    Ok(())
}

struct Corpus(PathBuf);

impl Corpus {
    /// A file for each, behind so many zeros.
    fn write<B: AsRef<[u8]>>(
        &self,
        target: &str,
        zeros: usize,
        inputs: impl IntoIterator<Item = B>,
    ) -> std::io::Result<()> {
        let folder = self.0.join(target);
        fs::create_dir_all(&folder)?;
        for (index, input) in inputs.into_iter().enumerate() {
            let bytes = [&vec![0; zeros], input.as_ref()].concat();
            fs::write(folder.join(format!("vector-{index:04}")), bytes)?;
        }
        Ok(())
    }
}

fn hex(text: &Value) -> Option<Vec<u8>> {
    let digits = text.as_str()?;
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok())
        .collect()
}

/// What a signed token holds.
fn payload(token: &Value) -> Option<Vec<u8>> {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};

    let encoded = token.as_str()?.strip_prefix("SFM")?.split('.').nth(1)?;
    BASE64_URL_SAFE_NO_PAD.decode(encoded).ok()
}
