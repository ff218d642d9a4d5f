//! Times of two kinds of input that differ in a secret alone, by Welch's t-test, as dudect does:
//! |t| under 5 over a million samples (<https://eprint.iacr.org/2016/1123>).
//!
//! A busy machine adds noise to both kinds alike. What a comparison that returns early gives is
//! printed too, and must be far over 5.

use std::{hint::black_box, process::ExitCode, time::Instant};

use phoenix_token::{
    EncryptionKey, SigningKey, csrf_protection::CsrfToken, key_generator::Digest,
    message_encryptor, message_verifier,
};

const SAMPLES: usize = 1_000_000;
const MOST: f64 = 5.0;

fn main() -> ExitCode {
    let mut failed = false;
    let mut check = |name: &str, t: f64, is_leaky: bool| {
        let as_expected = (t.abs() > MOST) == is_leaky;
        failed |= !as_expected;
        let mark = if as_expected { "ok" } else { "WRONG" };
        println!("{mark}: {name}: t = {t:.2} over {SAMPLES} samples");
    };

    let key = SigningKey::new(b"a secret key of thirty-two bytes").unwrap();
    for digest in [Digest::Sha256, Digest::Sha384, Digest::Sha512] {
        let genuine = message_verifier::sign(b"message", &key, digest);
        let signature = genuine.rfind('.').unwrap() + 1;
        let kinds = [replaced(&genuine, signature), replaced(&genuine, genuine.len() - 2)];
        let t = welch(&kinds, |text| message_verifier::verify(text, &key).is_ok());
        check(&format!("{digest:?}: a MAC wrong at its beginning or its end"), t, false);
    }

    let key = EncryptionKey::new(b"a secret key of thirty-two bytes").unwrap();
    let xcp = message_encryptor::encrypt(b"message", b"", &key).unwrap();
    let kinds = [replaced(&xcp, 4 + 32), replaced(&xcp, 4 + 32 + 20)];
    let t = welch(&kinds, |text| message_encryptor::decrypt(text, b"", &key, b"").is_ok());
    check("XCP: a tag wrong at its beginning or its end", t, false);

    let token = CsrfToken::from_session(b"0123456789abcdefghijklmn").unwrap();
    let masked = token.mask().unwrap();
    let kinds = [replaced(&masked, 0), replaced(&masked, 30)];
    let t = welch(&kinds, |text| token.accepts_masked(text));
    check("a CSRF token wrong at its beginning or its end", t, false);

    #[cfg(feature = "store")]
    {
        use phoenix_token::store::SessionToken;
        let own = SessionToken::from_bytes(&[7; 32]).unwrap();
        let kinds = [0, 31].map(|at| {
            let mut other = [7; 32];
            other[at] ^= 1;
            SessionToken::from_bytes(&other).unwrap()
        });
        let t = welch(&kinds, |other| own == *other);
        check("a session token wrong at its beginning or its end", t, false);
    }

    let own = [7_u8; 32];
    let kinds = [0, 31].map(|at| {
        let mut other = own;
        other[at] ^= 1;
        other
    });
    let early =
        |other: &[u8; 32]| black_box(&own).iter().zip(other).all(|(one, other)| one == other);
    check("control, a comparison that returns early", welch(&kinds, early), true);
    ExitCode::from(u8::from(failed))
}

/// Welch's t of the times of the two kinds, the slowest tenth of all left out: interrupts.
fn welch<T: Clone>(kinds: &[T; 2], mut work: impl FnMut(&T) -> bool) -> f64 {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut samples = Vec::with_capacity(SAMPLES);
    // Both kinds stand in the same place: where a text lies decides its time more than what it says.
    let mut input = kinds[0].clone();
    for _ in 0..SAMPLES {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let kind = (random >> 32) as usize & 1;
        input.clone_from(black_box(&kinds[kind]));
        // Once without the clock, which brings in what was just copied.
        black_box(work(black_box(&input)));
        let start = Instant::now();
        // A few at once, since the clock is coarse.
        for _ in 0..4 {
            black_box(work(black_box(&input)));
        }
        samples.push((kind, start.elapsed().as_nanos() as f64));
    }
    let mut times: Vec<f64> = samples.iter().map(|(_, time)| *time).collect();
    times.sort_by(f64::total_cmp);
    let slowest = times[SAMPLES / 10 * 9];
    let [one, other] = [0, 1].map(|wanted| {
        let kept = samples.iter().filter(|(kind, time)| *kind == wanted && *time <= slowest);
        Moments::of(kept.map(|(_, time)| *time))
    });
    (one.mean - other.mean) / (one.variance / one.count + other.variance / other.count).sqrt()
}

struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    /// By Welford's update.
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for value in values {
            count += 1.0;
            let off: f64 = value - mean;
            mean += off / count;
            squares += off * (value - mean);
        }
        Self { count, mean, variance: squares / (count - 1.0) }
    }
}

/// The text with another character of base64url at a position.
fn replaced(text: &str, at: usize) -> String {
    let other = if text.as_bytes()[at] == b'A' { 'B' } else { 'A' };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}
