//! The crate against a real Erlang/OTP over a pipe, where one is installed: terms in both
//! directions, their order, and odd bytes. `PHOENIX_TOKEN_REQUIRE_OTP=1` makes a missing OTP a
//! failure.
#![cfg(feature = "compressed")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a test may panic"
)]

mod common;

use common::{
    agreement, description, hex,
    otp::{Otp, Verdict},
    rng::Rng,
    say::say,
};
use phoenix_token::term::Term;

/// Terms of each test that makes them.
const TERMS: usize = 4000;

/// As the external term format has it.
const NEGATIVE_ZERO: [u8; 9] = [70, 0x80, 0, 0, 0, 0, 0, 0, 0];

#[test]
fn what_is_written_here_otp_reads_as_the_same_term() {
    let Some(mut otp) = Otp::start("written here") else { return };
    let mut rng = Rng::new(1);
    let described: Vec<_> = (0..TERMS).map(|_| description::random(&mut rng, 4)).collect();
    let terms: Vec<_> = described.iter().map(|term| term.to_term().unwrap()).collect();
    let texts: Vec<_> = described.iter().map(description::erlang).collect();
    let ours: Vec<_> = terms.iter().map(|term| term.encode().unwrap()).collect();

    // Erlang's parser reads the description; its own encoding of that is the same to the byte.
    for ((text, ours), theirs) in texts.iter().zip(&ours).zip(otp.parse(&texts)) {
        assert_eq!(hex::encode(ours), hex::encode(&theirs), "{text}");
    }
    let compressed: Vec<_> = terms.iter().map(|term| term.encode_compressed().unwrap()).collect();
    let verdicts = otp.judge(&compressed);
    let counts = agreement::count(&compressed, &verdicts).unwrap_or_else(|all| panic!("{all}"));
    assert_eq!(counts.get(&agreement::Agreement::Term), Some(&TERMS));
    say(format_args!("OTP {}: {TERMS} terms written here and read there", otp.release()));
}

#[test]
fn what_otp_writes_is_read_here_as_the_same_term() {
    let Some(mut otp) = Otp::start("written by OTP") else { return };
    let mut ways = 0;
    for (number, written) in otp.generate(2, TERMS as u32).iter().enumerate() {
        let term = Term::decode(&written.canonical)
            .unwrap_or_else(|error| panic!("{error}: {}", hex::encode(&written.canonical)));
        let ours = term.encode().unwrap();
        assert_eq!(hex::encode(&ours), hex::encode(&written.canonical), "term {number}");
        for other in &written.others {
            ways += 1;
            let decoded = Term::decode(other);
            assert_eq!(decoded.as_ref(), Ok(&term), "term {number}: {}", hex::encode(other));
        }
    }
    say(format_args!("OTP {}: {TERMS} terms written there, in {ways} ways", otp.release()));
}

#[test]
fn terms_stand_in_the_order_of_otp() {
    let Some(mut otp) = Otp::start("order") else { return };
    let mut rng = Rng::new(3);
    let mut all: Vec<_> = otp.generate(3, 1000).into_iter().map(|term| term.canonical).collect();
    all.extend(
        (0..1000).map(|_| description::random(&mut rng, 3).to_term().unwrap().encode().unwrap()),
    );
    all.retain(|etf| etf.len() < 2000);
    if otp.release() < 27 {
        // To these, 0.0 and -0.0 are one and the same.
        all.retain(|etf| !etf.windows(9).any(|window| window == NEGATIVE_ZERO));
    }
    let pairs: Vec<_> =
        (0..20 * TERMS).map(|_| [rng.choose(&all).clone(), rng.choose(&all).clone()]).collect();
    let answers = otp.compare(&pairs);
    for ([left, right], theirs) in pairs.iter().zip(&answers) {
        let [one, other] = [left, right].map(|etf| Term::decode(etf).unwrap());
        // What is `==` and not `=:=` in Erlang has an order of its own here.
        let order_holds = theirs.order.is_eq() || one.cmp(&other) == theirs.order;
        assert!(
            order_holds && (one == other) == theirs.same,
            "{theirs:?}, here {:?}: {one:?} and {other:?}",
            one.cmp(&other)
        );
    }
    say(format_args!("OTP {}: {} pairs of terms in the same order", otp.release(), pairs.len()));

    for chunk in all.chunks(100) {
        let theirs = otp.sort(chunk);
        let mut ours: Vec<_> = chunk.iter().map(|etf| Term::decode(etf).unwrap()).collect();
        ours.sort();
        let Ok(Term::List(theirs)) = Term::decode(&theirs) else { panic!("no list") };
        let equal = ours.iter().zip(&theirs).all(|(ours, theirs)| ours == theirs);
        assert!(equal, "{ours:?}\n{theirs:?}");
    }
}

#[test]
fn what_would_be_the_end_of_otp_is_refused_here() {
    let Some(mut otp) = Otp::start("fatal bytes") else { return };
    // Found by fuzzing: OTP 25 reads it, and ends at its next garbage collection.
    let fatal = hex::decode(
        "83680368025864000d6e6f6e6f646540ee6f6c6f737400000060000000fc000000005a000064000d\
         6e6f6e6f606262626262626262626262626262626262626262626e61625180",
    );
    let fatal = fatal.unwrap();
    assert_eq!(otp.judge(&[fatal.clone(), vec![131, 106]])[0], Verdict::Fatal);
    assert!(Term::decode(&fatal).is_err());
}

#[test]
fn odd_bytes_have_the_same_verdict() {
    let Some(mut otp) = Otp::start("odd bytes") else { return };
    let odd = odd_bytes();
    let verdicts = otp.judge(&odd);
    let counts = agreement::count(&odd, &verdicts).unwrap_or_else(|all| panic!("{all}"));
    say(format_args!("OTP {}: {} odd terms: {counts:?}", otp.release(), odd.len()));
}

/// What damage seldom meets: old tags at the ends of their ranges, and old floats.
fn odd_bytes() -> Vec<Vec<u8>> {
    let mut odd = Vec::new();
    let mut term = |parts: &[&[u8]]| odd.push([&[131], &parts.concat()[..]].concat());
    let node = b"w\x03a@b";
    let words = [0, 1, 1 << 15, (1 << 18) - 1, 1 << 18, 1 << 28, u32::MAX].map(u32::to_be_bytes);
    for creation in 0..=255 {
        term(&[&[103], node, &words[1], &words[0], &[creation]]);
        term(&[&[101], node, &words[1], &[creation]]);
        term(&[&[114, 0, 1], node, &[creation], &words[1]]);
    }
    for word in &words {
        term(&[&[103], node, word, word, &[0]]);
        term(&[&[88], node, word, word, word]);
        term(&[&[101], node, word, &[0]]);
        term(&[&[114, 0, 1], node, &[0], word]);
        term(&[&[114, 0, 2], node, &[0], &words[0], word]);
        term(&[&[90, 0, 2], node, word, word, word]);
    }
    for count in 0..8 {
        let ids = words[1].repeat(usize::from(count));
        term(&[&[114, 0, count], node, &[0], &ids]);
        term(&[&[90, 0, count], node, &words[1], &ids]);
    }
    for text in [
        "1.5",
        "1,5",
        "1.5e0",
        "1.5E+00",
        "1,5e-3",
        "+1.5",
        "-1.5",
        "-0.0",
        "1.",
        ".5",
        "1",
        "1e5",
        "1.5e",
        "1.5e+",
        "1.5e5.0",
        " 1.5",
        "1.5 ",
        "--1.5",
        "+-1.5",
        "1.5e400",
        "1.5e-400",
        "inf",
        "nan",
        "0x1.8p1",
        "1_0.5",
        "1.5f",
        "1.5e1e1",
        "1,5,5",
        "00001.5",
        "1.50000000000000000000e+00",
        "9999999999999999999999999.99999",
        "",
    ] {
        let mut padded = text.as_bytes().to_vec();
        padded.resize(31, 0);
        term(&[&[99], &padded]);
        if let Some(after) = padded.get_mut(text.len() + 1) {
            // What follows a NUL does not matter.
            *after = b'x';
        }
        term(&[&[99], &padded]);
    }
    odd
}
